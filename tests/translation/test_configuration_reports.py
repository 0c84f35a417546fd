"""All of the configuration at once: GetConfiguration without keys, and reports."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import strategies as st

from configured import (
    Done,
    Keys,
    check_said,
    exchange,
    get,
    get_of,
    losses,
    named,
    pairs,
    run,
    target_in,
)
from ocpp_core import v16, v201
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import OcppError
from ocpp_core.testing import messages
from ocpp_core.translation import Policy
from ocpp_core.translation.configuration import (
    Key,
    Known,
    Report,
    Station,
    Target,
    get_base_report,
    get_configuration,
    get_report,
    inventory_answer,
    inventory_request,
    learned,
    read_report,
    report_parts,
)
from ocpp_core.translation.configuration_keys import KEYS, Rule
from properties import for_all
from translations import LOST, check_valid

NOON = datetime(2026, 1, 31, 12, 0, 0, 123456, tzinfo=UTC)
TWO = Station(topology={1: (1, 1), 2: (2, 1)})


# Up


def data(text: str, value: str | None, **more: Any) -> v201.ReportData:
    """A variable of a report; `more` are its characteristics, and its mutability."""
    mutability = more.pop("mutability", None)
    about = (
        v201.VariableCharacteristics(data_type=v201.Data.STRING, supports_monitoring=False, **more)
        if more
        else None
    )
    attribute = v201.VariableAttribute(
        value=value, mutability=None if mutability is None else v201.Mutability(mutability)
    )
    return v201.ReportData(variable_attribute=[attribute], variable_characteristics=about, **named(text))


def part(*ones: v201.ReportData) -> v201.NotifyReportRequest:
    return v201.NotifyReportRequest(request_id=1, generated_at=NOON, seq_no=0, report_data=list(ones) or None)


@pytest.mark.parametrize("base", ["ConfigurationInventory", "FullInventory"])
@pytest.mark.parametrize("keys", [None, []])
def test_without_keys_a_report_is_asked_for(keys: Any, base: str) -> None:
    there = run("1.6", Policy(configuration_report=base))
    made = inventory_request(v16.GetConfigurationRequest(key=keys), there, 7)
    check_valid(made, "2.0.1")

    assert v201.GetBaseReportRequest(request_id=7, report_base=v201.ReportBase(base)) == made
    assert [("$.requestId", "allocated"), ("$.reportBase", "required")] == [
        (loss.target, loss.reason) for loss in losses(there)
    ]


def test_variables_of_a_report_become_keys() -> None:
    back = run("2.0.1", Policy())
    read = read_report(
        part(
            data("OCPPCommCtrlr/HeartbeatInterval", "60", mutability="ReadWrite"),
            data("SampledDataCtrlr/TxUpdatedMeasurands", "SoC", max_limit=Decimal(9), mutability="ReadOnly"),
            data("LocalAuthListCtrlr/Entries", "2", max_limit=Decimal("500.0")),
            data("ReservationCtrlr/Available", "true"),
            data("SecurityCtrlr/BasicAuthPassword", "hunter2hunter2!!"),
            data("Vendor/Thing", "1"),
            data("Connector/PhaseRotation@1.1", "RST"),
            data("FiscalMetering/PublicKey@2", "key"),
            data("SampledDataCtrlr/TxEndedInterval", "5"),
        ),
        back,
        TWO,
    )
    answer = inventory_answer(read, back, TWO)
    check_valid(answer, "1.6")

    assert {
        "ConnectorPhaseRotation": "1.RST",
        "ConnectorPhaseRotationMaxLength": "3",
        "HeartbeatInterval": "60",
        "LocalAuthListMaxLength": "500",
        "MeterPublicKey2": "key",
        "MeterValuesSampledData": "SoC",
        "MeterValuesSampledDataMaxLength": "9",
        "NumberOfConnectors": "2",
        "SupportedFeatureProfiles": "Core,FirmwareManagement,Reservation,RemoteTrigger",
    } == dict(sorted(pairs(answer).items()))
    assert None is answer.unknown_key
    assert {"HeartbeatInterval": False, "MeterValuesSampledData": True}.items() <= {
        one.key: one.readonly for one in answer.configuration_key or ()
    }.items()
    dropped = [loss.path for loss in losses(back) if loss.kind == "dropped"]
    assert [
        "$.reportData[2].variableAttribute[0]",
        *(f"$.reportData[{number}]" for number in (4, 5, 8)),
    ] == [path for path in dropped if path.endswith("]")]
    assert "hunter2" not in repr(losses(back))


def test_only_the_actual_attribute_is_read() -> None:
    one = data("OCPPCommCtrlr/HeartbeatInterval", "60")
    other = v201.VariableAttribute(type=v201.Attribute.MAX_SET, value="900")
    back = run("2.0.1", Policy())
    both = v201.ReportData(
        component=one.component, variable=one.variable, variable_attribute=[*one.variable_attribute, other]
    )

    assert ["60"] == [found.value for found in read_report(part(both), back, TWO).values()]
    assert "$.reportData[0].variableAttribute[1]" in [loss.path for loss in losses(back)]


def test_a_station_without_anything_has_no_keys() -> None:
    back = run("2.0.1", Policy())
    answer = inventory_answer(read_report(part(), back, Station()), back, Station())

    assert "SupportedFeatureProfiles" in pairs(answer)
    assert 1 == len(pairs(answer))


@pytest.mark.parametrize(
    "limit, expected", [("500.0", "500"), ("1." + "9" * 600, "1"), ("1E300", "1" + "0" * 300)]
)
def test_a_limit_is_a_whole_number_in_1_6(limit: str, expected: str) -> None:
    back = run("2.0.1", Policy())
    about = read_report(part(data("LocalAuthListCtrlr/Entries", "2", max_limit=Decimal(limit))), back, TWO)
    answer = inventory_answer(about, back, Station())
    check_valid(answer, "1.6")

    assert expected == pairs(answer)["LocalAuthListMaxLength"]
    assert ("rounded" in [loss.reason for loss in losses(back)]) == (limit.startswith("1."))


def test_a_limit_that_no_double_has_is_left_out() -> None:
    back = run("2.0.1", Policy())
    about = read_report(
        part(data("LocalAuthListCtrlr/Entries", "2", max_limit=Decimal("1E+9999"))), back, TWO
    )

    assert ["SupportedFeatureProfiles"] == list(pairs(inventory_answer(about, back, Station())))
    assert "$.reportData[0].variableCharacteristics.maxLimit" in [loss.path for loss in losses(back)]


def test_any_report_is_read_and_accounted_for() -> None:
    def check(message: Any) -> None:
        back = run("2.0.1", Policy())
        answer = inventory_answer(read_report(message, back, TWO), back, TWO)

        check_valid(answer, "1.6")
        plumbing = v201.NotifyReportRequest(
            request_id=message.request_id, generated_at=NOON, seq_no=message.seq_no, tbc=message.tbc
        )
        check_said(message, [answer, plumbing, *SAID], losses(back))

    for_all(messages(v201.NotifyReportRequest), 20, check)
    for_all(st.lists(_data_of_keys(), min_size=1, max_size=5).map(lambda ones: part(*ones)), 80, check)


#: What a report says by itself: of an attribute that it has, and what is read-only in 1.6 or is not.
SAID = [v201.VariableAttribute(type=v201.Attribute.ACTUAL, mutability=one) for one in v201.Mutability]


@st.composite
def _data_of_keys(draw: Any) -> v201.ReportData:
    """A variable that some key has, with anything said of it."""
    target = draw(st.sampled_from([key.target for key in KEYS if key.target is not None]))
    one = draw(messages(v201.ReportData))
    return v201.ReportData(
        component=v201.Component(name=target.component),
        variable=v201.Variable(name=target.variable, instance=target.instance),
        variable_attribute=one.variable_attribute,
        variable_characteristics=one.variable_characteristics,
    )


def test_what_is_learned_of_a_report_answers_a_limit_later() -> None:
    back = run("2.0.1", Policy())
    about = read_report(part(data("LocalAuthListCtrlr/Entries", "2", max_limit=Decimal(50))), back, TWO)
    done = exchange(
        get_configuration, get("LocalAuthListMaxLength"), lambda _: None, Station(variables=about)
    )

    assert {"LocalAuthListMaxLength": "50"} == pairs(done.outcome)


def test_what_is_learned_of_answers() -> None:
    limit = Target.of("DeviceDataCtrlr/ItemsPerMessage[GetVariables]").folded
    (item,) = get_of("DeviceDataCtrlr/ItemsPerMessage[GetVariables]").get_variable_data
    up = v201.GetVariablesResponse(
        get_variable_result=[
            v201.GetVariableResult(
                attribute_status=v201.GetVariableStatus.ACCEPTED,
                attribute_value="4",
                component=item.component,
                variable=item.variable,
            ),
            v201.GetVariableResult(
                attribute_status=v201.GetVariableStatus.ACCEPTED, attribute_value="s", **named("A/B")
            ),
        ]
    )
    down = v16.GetConfigurationResponse(
        configuration_key=[
            v16.KeyValue(key="getconfigurationMAXkeys", readonly=True, value="9"),
            v16.KeyValue(key="AuthorizationKey", readonly=False, value="secret"),
        ]
    )
    about = Station(variables={limit: Known(mutability="ReadOnly")})

    assert {limit: Known(value="4", mutability="ReadOnly")} == learned(up, run("2.0.1", Policy()), about)
    assert {limit: Known(value="9")} == learned(down, run("1.6", Policy()), Station())
    assert {} == learned(v201.NotifyReportResponse(), run("2.0.1", Policy()), Station())


# Down


def base(kind: str = "FullInventory") -> v201.GetBaseReportRequest:
    return v201.GetBaseReportRequest(request_id=7, report_base=v201.ReportBase(kind))


def wanted(*texts: str, **more: Any) -> v201.GetReportRequest:
    ones = [v201.ComponentVariable(**named(text)) for text in texts]
    return v201.GetReportRequest(request_id=7, component_variable=ones or None, **more)


def reported(function: Any, request: Any, station: Any, about: Station | None = None) -> tuple[Done, Any]:
    done = exchange(function, request, station, about)
    assert isinstance(done.outcome, Report)
    if not isinstance(done.outcome.answer, OcppError):
        check_valid(done.outcome.answer, "2.0.1")
    for one in report_parts(done.outcome.data, 7, NOON):
        check_valid(one, "2.0.1")
    return done, done.outcome


def by_target(report: Report) -> dict[Target, v201.ReportData]:
    return {target_in(one): one for one in report.data}


def value(report: Report, text: str) -> Any:
    target = Target.of(text.partition("@")[0])
    found = by_target(report).get(target.folded)
    return None if found is None else found.variable_attribute[0].value


FULL = {
    "HeartbeatInterval": "60",
    "MeterValueSampleInterval": "30",
    "SupportedFeatureProfiles": "Core,Reservation",
    "NumberOfConnectors": "2",
    "LocalAuthListMaxLength": "500",
    "MeterValuesSampledData": "Voltage.L1,SoC",
    "MeterValuesSampledDataMaxLength": "9",
    "ConnectorPhaseRotation": "0.RST,1.RTS",
    "AuthorizationKey": "303132",
    "MeterPublicKey1": "key",
    "Vendor": "thing",
    "CpoName": None,
}


def test_keys_become_variables_of_a_report() -> None:
    done, report = reported(get_base_report, base(), Keys(dict(FULL), readonly={"HeartbeatInterval"}))
    there = by_target(report)

    assert "Accepted" == report.answer.status
    assert ["60", "30", "30", "Voltage,SoC", "RST", "false", "true", ""] == [
        value(report, text)
        for text in (
            "OCPPCommCtrlr/HeartbeatInterval",
            "SampledDataCtrlr/TxUpdatedInterval",
            "SampledDataCtrlr/TxEndedInterval",
            "SampledDataCtrlr/TxUpdatedMeasurands",
            "ChargingStation/PhaseRotation",
            "SmartChargingCtrlr/Available",
            "ReservationCtrlr/Available",
            "SecurityCtrlr/OrganizationName",
        )
    ]
    assert "true" == there[Target("evse", "available", evse=2)].variable_attribute[0].value
    assert "RTS" == there[Target("connector", "phaserotation", None, 1, 1)].variable_attribute[0].value
    assert "key" == there[Target("fiscalmetering", "publickey", evse=1)].variable_attribute[0].value
    limits = {
        text: there[Target.of(text).folded].variable_characteristics
        for text in ("LocalAuthListCtrlr/Entries", "SampledDataCtrlr/TxUpdatedMeasurands")
    }
    assert [500, 9] == [about and about.max_limit for about in limits.values()]
    interval = there[Target.of("OCPPCommCtrlr/HeartbeatInterval").folded]
    assert ("ReadOnly", "integer", "s") == (
        interval.variable_attribute[0].mutability,
        interval.variable_characteristics and interval.variable_characteristics.data_type,
        interval.variable_characteristics and interval.variable_characteristics.unit,
    )
    assert ["$.configurationKey[10]"] == [
        loss.path for loss in done.back if loss.kind == "dropped" and loss.path.endswith("]")
    ]


def test_a_report_has_no_password() -> None:
    done, report = reported(get_base_report, base(), Keys({"AuthorizationKey": "6869646d65"}))
    (attribute,) = by_target(report)[Target.of("SecurityCtrlr/BasicAuthPassword").folded].variable_attribute

    assert (None, "WriteOnly") == (attribute.value, attribute.mutability)
    assert "6869646d65" not in repr((report, done.back))
    assert "$.configurationKey[0].value" in [loss.path for loss in done.back if loss.kind in LOST]


def test_what_can_be_set_is_what_the_station_lets_be_set() -> None:
    keys = Keys(
        {"HeartbeatInterval": "1", "ResetRetries": "2", "SecurityProfile": "1"}, readonly={"ResetRetries"}
    )
    _, report = reported(get_base_report, base("ConfigurationInventory"), keys)

    assert [Target.of("OCPPCommCtrlr/HeartbeatInterval").folded] == list(by_target(report))


def test_a_summary_is_the_availability_and_nothing_is_asked() -> None:
    station = Keys({})
    about = Station(statuses={0: "Available", 1: "Charging", 2: "Faulted"})
    _, report = reported(get_base_report, base("SummaryInventory"), station, about)

    assert [] == station.seen
    assert {
        ("chargingstation", None, None): "Available",
        ("evse", 1, None): "Occupied",
        ("evse", 2, None): "Faulted",
        ("connector", 1, 1): "Occupied",
        ("connector", 2, 1): "Faulted",
    } == {
        (target.component, target.evse, target.connector): one.variable_attribute[0].value
        for target, one in by_target(report).items()
    }


@pytest.mark.parametrize("kind", ["SummaryInventory", "ConfigurationInventory"])
def test_nothing_to_report_is_said(kind: str) -> None:
    _, report = reported(get_base_report, base(kind), Keys({}))

    assert ("EmptyResultSet", ()) == (report.answer.status, report.data)


@pytest.mark.parametrize(
    "texts, expected",
    [
        ((), 5),
        (("OCPPCommCtrlr/HeartbeatInterval",), 1),
        (("ocppcommctrlr/heartbeatINTERVAL", "OCPPCommCtrlr/ResetRetries"), 2),
        (("EVSE/Available@2",), 1),
        (("EVSE/Available",), 2),
        (("EVSE/Available@9",), 0),
        (("OCPPCommCtrlr/MessageAttempts[TransactionEvent]",), 1),
        (("OCPPCommCtrlr/MessageAttempts",), 1),
        (("OCPPCommCtrlr/MessageAttempts[Other]",), 0),
        (("Vendor/Thing",), 0),
    ],
)
def test_a_report_has_what_is_named(texts: tuple[str, ...], expected: int) -> None:
    keys = {"HeartbeatInterval": "1", "ResetRetries": "2", "TransactionMessageAttempts": "3"}
    _, report = reported(get_report, wanted(*texts), Keys({**keys}), TWO)

    assert ("Accepted" if expected else "EmptyResultSet") == report.answer.status
    assert expected == len(report.data) if texts else expected < len(report.data)


def test_a_component_without_a_variable_is_all_of_it() -> None:
    one = v201.ComponentVariable(component=v201.Component(name="OCPPCommCtrlr"))
    other = v201.ComponentVariable(component=v201.Component(name="OCPPCommCtrlr", instance="1"))
    keys = Keys({"HeartbeatInterval": "1", "ResetRetries": "2", "CpoName": "3"})

    for component_variable, expected in (([one], 2), ([other], 0), ([one, other], 2)):
        request = v201.GetReportRequest(request_id=7, component_variable=component_variable)
        assert expected == len(reported(get_report, request, keys)[1].data)


def test_criteria_are_not_supported() -> None:
    station = Keys({})
    request = wanted(component_criteria=[v201.ComponentCriterion.PROBLEM])
    done, report = reported(get_report, request, station)

    assert ("NotSupported", []) == (report.answer.status, station.seen)
    assert ["$.componentCriteria"] == [loss.path for loss in done.there]


@pytest.mark.parametrize(
    "answer, expected",
    [
        (OcppError(ErrorCode.NOT_IMPLEMENTED), "NotSupported"),
        (OcppError(ErrorCode.INTERNAL), ErrorCode.INTERNAL),
        (None, ErrorCode.GENERIC),
    ],
)
@pytest.mark.parametrize("function, request_", [(get_base_report, base()), (get_report, wanted())])
def test_a_station_that_does_not_answer(function: Any, request_: Any, answer: Any, expected: str) -> None:
    _, report = reported(function, request_, lambda _: answer)
    told: Any = report.answer

    assert expected == (told.code if isinstance(told, OcppError) else told.status)


@pytest.mark.parametrize("most, sizes", [(1, [1, 1, 1]), (2, [2, 1]), (3, [3]), (50, [3])])
def test_parts_are_numbered_and_the_last_says_so(most: int, sizes: list[int]) -> None:
    ones = [data(f"A/V{number}", "1") for number in range(3)]
    parts = report_parts(ones, 7, NOON, most)

    assert sizes == [len(one.report_data or ()) for one in parts]
    assert list(range(len(parts))) == [one.seq_no for one in parts]
    assert [True] * (len(parts) - 1) + [False] == [one.tbc for one in parts]
    assert {(7, NOON.replace(microsecond=123000))} == {(one.request_id, one.generated_at) for one in parts}


@pytest.mark.parametrize("number", ["1000000000", "999999999", "x", "-1", "²"])
def test_a_station_may_say_any_number_of_connectors(number: str) -> None:
    _, report = reported(get_base_report, base(), Keys({"NumberOfConnectors": number}))

    assert len(report.data) < 5000


@pytest.mark.parametrize(
    "key, text",
    [
        ("LocalAuthListMaxLength", "many"),
        ("ConnectorPhaseRotation", "RST"),
        ("ConnectorPhaseRotation", "3.RST"),
        ("ConnectorPhaseRotationMaxLength", "3"),
        ("BlinkRepeat", "1"),
        ("Vendor", "1"),
    ],
)
def test_what_has_no_variable_is_a_loss(key: str, text: str) -> None:
    done, _ = reported(get_base_report, base(), Keys({key: text}), TWO)

    assert "$.configurationKey[0]" in [loss.path for loss in done.back if loss.kind == "dropped"]


def test_what_the_user_has_a_key_for_has_no_stand_in() -> None:
    key = Key("Maker", "ChargingStation/VendorName")
    boot = v16.BootNotificationRequest(charge_point_vendor="V", charge_point_model="M")
    done = exchange(
        get_base_report,
        base(),
        Keys({"Maker": "W"}),
        Station(boot=boot),
        Policy(configuration_keys=(key,)),
    )

    assert "W" == value(done.outcome, "ChargingStation/VendorName")
    assert "M" == value(done.outcome, "ChargingStation/Model")


def test_all_keys_come_back_from_a_report() -> None:
    """Down and up again: what a station of 1.6 has is what a CSMS of 1.6 behind 2.0.1 would see."""
    keys: dict[str, str | None] = {
        key.name: "1"
        for key in KEYS
        if key.is_value and key.rule not in (Rule.PASSWORD, Rule.PHASE_ROTATION, Rule.PER_CONNECTOR)
    }
    keys |= {"ConnectorPhaseRotation": "0.RST,1.RTS", "NumberOfConnectors": "2", "MeterPublicKey2": "key"}
    keys |= {key.name: "9" for key in KEYS if key.rule is Rule.CHARACTERISTIC}
    _, report = reported(get_base_report, base(), Keys({**keys}), TWO)
    back = run("2.0.1", Policy())
    read: dict[Target, Known] = {}
    for one in report_parts(report.data, 7, NOON):
        read |= read_report(one, back, TWO)
    there = pairs(inventory_answer(read, back, TWO))

    assert keys.items() <= there.items()


@pytest.mark.parametrize(
    "function, cls", [(get_base_report, v201.GetBaseReportRequest), (get_report, v201.GetReportRequest)]
)
def test_any_request_and_any_answer(function: Any, cls: Any) -> None:
    """What comes out is valid, whatever is asked and answered."""

    def check(drawn: Any) -> None:
        request, answer, names = drawn
        if answer is not None and names:
            ones = answer.configuration_key or []
            pairs_ = zip(names, ones, strict=False)
            answer = v16.GetConfigurationResponse(
                configuration_key=[
                    v16.KeyValue(key=name, readonly=one.readonly, value=one.value) for name, one in pairs_
                ]
            )
        reported(function, request, lambda _: answer, TWO)

    name = st.sampled_from([key.name for key in KEYS])
    answers = messages(v16.GetConfigurationResponse) | st.none()
    for_all(st.tuples(messages(cls), answers, st.lists(name, max_size=4)), 60, check)
