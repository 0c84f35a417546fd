"""Whatever secret a field holds, no text that is made of it shows it: for every class of every version."""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest
from hypothesis import strategies as st

from classes import ALL_CLASSES
from ocpp_core import v16, v20, v21, v201
from ocpp_core.dispatch.connection import CallReceived, ErrorReceived, PendingCall, ReplyRefused
from ocpp_core.dispatch.redaction import Redaction
from ocpp_core.model import secret_words
from ocpp_core.model.codes import ErrorCode, FrameKind
from ocpp_core.model.errors import (
    CallRejectedError,
    CallResultInvalidError,
    FrameError,
    NoSuchAction,
    OcppError,
    PayloadError,
)
from ocpp_core.model.messages import (
    Call,
    CallError,
    CallResult,
    CallResultError,
    DataType,
    Payload,
    SoapHeaders,
    evolve,
)
from ocpp_core.model.printing import HIDDEN
from ocpp_core.model.secrets import hide, is_secret_path
from ocpp_core.model.shapes import Anything, Enumeration, ListOf, Nested, Text, shape
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.payloads.binding import plain
from ocpp_core.payloads.conversion import from_wire, read, to_wire
from ocpp_core.payloads.validation import explain
from ocpp_core.testing import messages
from properties import for_all

SECRET = "hunter2-hunter2-hunter2"
DIGITS = "4711004711"
NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
#: The settings whose values are secret (OCPP 1.6 errata and security whitepaper; 2.x part 2 appendix).
SETTINGS = ("AuthorizationKey", "BasicAuthPassword", "VpnKey", "ApnPassword", "SimPin", "SharedSecret")


def wire_facts(cls: type[Payload]) -> dict[str, Any]:
    return {one.name: one.metadata["wire"] for one in attrs.fields(cls) if "wire" in one.metadata}


def has_secrets(cls: type[Payload]) -> bool:
    """Whether something in it may be secret, however deep."""
    return any(facts.secret for facts in wire_facts(cls).values()) or any(
        isinstance(kind, Nested) and has_secrets(kind.cls)
        for field in shape(cls).fields
        for kind in [field.kind.item if isinstance(field.kind, ListOf) else field.kind]
    )


def with_secrets(message: Any, secret: str, setting: str) -> Any:
    """The message with secrets in every field that may hold one; where a setting decides, it is a secret one."""
    changes: dict[str, Any] = {}
    facts = wire_facts(type(message))
    for field in shape(type(message)).fields:
        value = getattr(message, field.name)
        rule = facts[field.name].secret
        if rule and isinstance(field.kind, Text | Anything):
            changes[field.name] = secret
        elif isinstance(rule, str) and isinstance(field.kind, ListOf):  # the values of a report
            changes[field.name] = [evolve(item, value=secret) for item in value]
        elif isinstance(rule, str):
            characteristics = value and evolve(value, unit=secret, values_list=secret)
            changes[field.name] = characteristics
        elif isinstance(field.kind, Nested) and value is not None:
            changes[field.name] = with_secrets(value, secret, setting)
        elif isinstance(field.kind, ListOf) and isinstance(field.kind.item, Nested) and value is not None:
            changes[field.name] = [with_secrets(item, secret, setting) for item in value]
    for rule in {one.secret for one in facts.values() if isinstance(one.secret, str)}:
        name = next(name for name, one in facts.items() if one.name == rule)
        beside = getattr(message, name)
        changes[name] = evolve(beside, name=setting) if isinstance(beside, DataType) else setting
    return evolve(message, **changes)


CLASSES = [one for one in ALL_CLASSES if has_secrets(one.values[0])]


def texts_of(message: Any) -> Iterator[str]:
    """Whatever is made of a message for people."""
    yield repr(message)
    yield str(message)
    data = plain(message)
    yield Redaction().apply(data)
    yield repr(hide(data))
    faults = explain(type(message), {**data, "unknown": 1})
    yield from texts_of_error(PayloadError(type(message).__name__, faults))
    yield from map(repr, faults)
    yield repr(Call("1", message))
    yield repr(CallResult("1", message))


def texts_of_error(error: BaseException) -> Iterator[str]:
    yield from (str(error), repr(error))
    record = logging.LogRecord("x", logging.ERROR, "x", 1, "%s", (error,), (type(error), error, None))
    yield logging.Formatter().format(record)


@pytest.mark.parametrize("cls", CLASSES)
def test_no_secret_of_a_message_is_shown(cls: type[Payload]) -> None:
    def check(values: tuple[Any, str, int]) -> None:
        message, setting, length = values
        # Some are too long for their field, so that there is an error about them.
        told = with_secrets(message, f"{SECRET}-{'x' * length * length}", setting)

        assert all(SECRET[:8] not in text for text in texts_of(told))

    for_all(st.tuples(messages(cls), st.sampled_from(SETTINGS), st.integers(1, 80)), 15, check)


def test_every_version_has_secrets_that_are_stated() -> None:
    found = {
        (cls.values[0].__ocpp__.version, facts.name)
        for cls in ALL_CLASSES
        for facts in wire_facts(cls.values[0]).values()
        if facts.secret
    }
    first = {"value"}
    second = {
        "actualValue",
        "apnPassword",
        "attributeValue",
        "data",
        "key",
        "password",
        "simPin",
        "variableAttribute",
        "variableCharacteristics",
    }

    assert {
        "1.2": first,
        "1.5": {*first, "data"},
        "1.6": {*first, "data"},
        **dict.fromkeys(("2.0", "2.0.1"), second),
        "2.1": {*second, "basicAuthPassword"},
    } == {version: {name for other, name in found if other == version} for version, _ in found}


#: Payloads with a secret that a rule refuses, and the message that they were to be.
REFUSED: dict[str, tuple[type[Payload], Any]] = {
    "too long": (
        v201.SetVariablesRequest,
        {
            "setVariableData": [
                {
                    "attributeValue": SECRET * 200,
                    "component": {"name": "SecurityCtrlr"},
                    "variable": {"name": "BasicAuthPassword"},
                }
            ]
        },
    ),
    "too long in 1.6": (
        v16.ChangeConfigurationRequest,
        {"key": "AuthorizationKey", "value": SECRET * 100},
    ),
    "a misspelt member": (v16.ChangeConfigurationRequest, {"key": "AuthorizationKey", "vallue": SECRET}),
    "another case": (v16.ChangeConfigurationRequest, {"key": "AuthorizationKey", "Value": SECRET}),
    "a wrong type": (v16.ChangeConfigurationRequest, {"key": "AuthorizationKey", "value": [SECRET]}),
    "text for an object": (
        v21.SetNetworkProfileRequest,
        {"configurationSlot": 1, "connectionData": f"password {SECRET}"},
    ),
    "text for an object in it": (
        v21.SetNetworkProfileRequest,
        {"configurationSlot": 1, "connectionData": {"vpn": SECRET, "apn": SECRET}},
    ),
    "an object for a list": (
        v201.SetVariablesRequest,
        {"setVariableData": {"attributeValue": SECRET}},
    ),
    "the data of a vendor": (v16.DataTransferRequest, {"vendorId": "V", "data": [SECRET]}),
    "the data of a vendor, a number": (v16.DataTransferRequest, {"vendorId": "V", "data": int(DIGITS)}),
    "what stands beside a value": (
        v16.GetConfigurationResponse,
        {"configurationKey": [{"key": "AuthorizationKey", "readonly": SECRET}]},
    ),
    "what stands beside a value, too long": (
        v16.GetConfigurationResponse,
        {"configurationKey": [{"key": SECRET * 5, "readonly": False}]},
    ),
    "an unknown member": (v16.HeartbeatRequest, {"x": SECRET}),
    "an unknown member, a number": (v16.HeartbeatRequest, {"x": int(DIGITS)}),
    "the name of a member": (v16.HeartbeatRequest, {f"password={SECRET}": 1}),
    "the name of a member with quotes": (v16.HeartbeatRequest, {f"password='{SECRET}'": {"a": 1}}),
    "the name of a long member": (v16.HeartbeatRequest, {f"ftp://u:{SECRET}@h{'x' * 100}": 1}),
    "the name of a member inside": (
        v201.BootNotificationRequest,
        {
            "reason": "PowerUp",
            "chargingStation": {"model": "m", "vendorName": "v", f"p: 'password={SECRET}": 1},
        },
    ),
    "a list of values": (
        v201.NotifyReportRequest,
        {
            "requestId": 1,
            "generatedAt": "2026-01-31T12:00:00Z",
            "seqNo": 0,
            "reportData": [
                {
                    "component": {"name": "C", "instance": SECRET * 5},
                    "variable": {"name": "BasicAuthPassword"},
                    "variableAttribute": [{"value": "x"}],
                    "variableCharacteristics": {
                        "dataType": "OptionList",
                        "supportsMonitoring": False,
                        "valuesList": SECRET * 100,
                        "unit": int(DIGITS),
                    },
                }
            ],
        },
    ),
    "the end of a long text": (v16.AuthorizeRequest, {"idTag": f"{'x' * 5000} password={SECRET}"}),
    "a list for an object": (v16.ChangeConfigurationRequest, [SECRET]),
    "a password of a vendor": (v16.AuthorizeRequest, {"idTag": "A", "WifiPassword": SECRET}),
    "a URL": (
        v16.GetDiagnosticsRequest,
        {"location": f"ftp://u:{SECRET}@host/", "retries": f"ftp://u:{SECRET}@h/"},
    ),
    "a long URL": (
        v16.GetDiagnosticsRequest,
        {"location": 7, "stopTime": f"ftp://u:{SECRET}{'x' * 3000}@h/"},
    ),
    "a value of a report": (
        v201.NotifyReportRequest,
        {
            "requestId": 1,
            "generatedAt": "2026-01-31T12:00:00Z",
            "seqNo": 0,
            "reportData": [
                {
                    "component": {"name": "C"},
                    "variable": {"name": "BasicAuthPassword"},
                    "variableAttribute": [{"value": SECRET * 200}],
                }
            ],
        },
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_no_error_quotes_a_secret(name: str) -> None:
    cls, payload = REFUSED[name]

    with pytest.raises(PayloadError) as info:
        from_wire(cls, payload)

    texts = list(texts_of_error(info.value))

    assert not any(sign in text for text in texts for sign in (SECRET[:7], DIGITS))
    told = [f"{one.path} {one.value}" for one in info.value.violations]
    assert any(sign in text for text in told for sign in (SECRET[:7], DIGITS)), "whoever asks reads it"


def test_a_message_is_not_changed_by_being_shown() -> None:
    message = v16.ChangeConfigurationRequest(key="AuthorizationKey", value=SECRET)

    assert "ChangeConfigurationRequest(key='AuthorizationKey', value='***')" == repr(message)
    assert {"key": "AuthorizationKey", "value": SECRET} == to_wire(message)


#: The value of a setting whose name a peer has left out.
NAMELESS: list[tuple[type[Payload], Any]] = [
    (v16.ChangeConfigurationRequest, {"value": SECRET}),
    (v16.GetConfigurationResponse, {"configurationKey": [{"readonly": False, "value": SECRET}]}),
    (v201.SetVariableData, {"attributeValue": SECRET, "component": {"name": "C"}}),
    (v201.SetVariableData, {"attributeValue": SECRET, "component": {"name": "C"}, "variable": {}}),
]


@pytest.mark.parametrize("cls, payload", NAMELESS, ids=lambda one: getattr(one, "__name__", ""))
def test_the_value_of_what_has_no_name_is_not_shown(cls: type[Payload], payload: Any) -> None:
    message, _ = read(cls, payload, tolerance=Tolerance.TOLERANT)

    assert SECRET in str(plain(message))
    assert SECRET not in repr(message)


def test_the_value_of_another_setting_is_shown() -> None:
    known = v201.SetVariableData(
        attribute_value="60",
        component=v201.Component(name="OCPPCommCtrlr"),
        variable=v201.Variable(name="HeartbeatInterval"),
    )

    assert "attribute_value='60'" in repr(known)
    assert "value='60'" in repr(v16.ChangeConfigurationRequest(key="HeartbeatInterval", value="60"))


PATHS = {
    "$.value": True,
    "$.key": True,  # of a VPN, if that is what is read
    "$.configurationKey[3].value": True,
    "$.data": True,
    "$.wifi.key": True,
    "$['p-i-n']": True,
    '$["it\'s a password"]': True,
    "$.reportData[0].variableCharacteristics.valuesList": True,
    "$.setVariableData[0].attributeValue": True,
    "$.setVariableData[0].attributeType": False,
    "$.setVariableData": True,
    "$.eventData[0].actualValue": True,
    "$.reportData[0].variableAttribute[1].value": True,
    "$.connectionData.vpn.key": True,
    "$.connectionData.vpn": True,
    "$.connectionData.ocppCsmsUrl": False,
    "$['Basic Auth Password']": True,
    "$.meterValue[0].sampledValue[0].value": False,
    "$.meterValue[0].sampledValue[0].unit": False,
    "$": False,
}


@pytest.mark.parametrize("path", PATHS)
def test_a_path_says_whether_a_value_may_be_secret(path: str) -> None:
    assert PATHS[path] is is_secret_path(path)


@pytest.mark.parametrize(
    "member",
    [
        *("apn", "configurationKey", "connectionData", "eventData", "getVariableResult", "reportData"),
        *("setVariableData", "vpn"),
    ],
)
def test_text_in_place_of_an_object_with_a_secret_may_be_the_secret(member: str) -> None:
    assert is_secret_path(f"$.{member}[0]")
    assert not is_secret_path(f"$.{member}Of[0]")


@pytest.mark.parametrize("text", ['{"password": "%s"}', '[{"password": "%s"}]', r'"{\"password\": \"%s\"}"'])
def test_json_in_a_text_is_looked_into(text: str) -> None:
    shown = hide(text % SECRET)

    assert SECRET not in shown
    assert "password" in shown


def errors() -> Iterator[Any]:
    said = f"AuthorizationKey {SECRET} is too short"
    named = f"password={SECRET}"
    details = {"sent": {"key": "AuthorizationKey", "value": SECRET}}
    frame = FrameError(
        f"{'x' * 10_000}", kind=FrameKind.CALLRESULT, code=ErrorCode.FORMAT, id="1", action="A"
    )
    yield frame
    yield FrameError("x", kind=FrameKind.CALL, code=ErrorCode.FORMAT, id=named, action=named)
    yield NoSuchAction(named, "1.6")
    yield CallRejectedError("ChangeConfiguration", ErrorCode.GENERIC, said, details)
    yield CallRejectedError("ChangeConfiguration", ErrorCode.GENERIC, spelling=named)
    yield CallError(named, ErrorCode.GENERIC, spelling=named)
    yield Call(named, v16.HeartbeatRequest())
    yield CallResult(named, v201.HeartbeatResponse(current_time=NOW))
    yield CallReceived(named, v16.HeartbeatRequest())
    yield ReplyRefused(named, ErrorCode.GENERIC, said, details)
    yield CallResultInvalidError("ChangeConfiguration", frame)
    yield OcppError(ErrorCode.GENERIC, said, details)
    yield CallError("1", ErrorCode.GENERIC, said, details)
    # The one names what the other has.
    apart: Any = ("wrong password", {"sent": SECRET})
    pending: PendingCall[Any] = PendingCall("1", v16.HeartbeatRequest(), None)
    for kind in (CallError, CallResultError, ReplyRefused):
        yield kind("1", ErrorCode.GENERIC, *apart)
    yield ErrorReceived(pending, ErrorCode.GENERIC, *apart)
    yield ErrorReceived(pending, ErrorCode.GENERIC, "", {}, spelling=named, written=named)
    yield CallRejectedError("ChangeConfiguration", ErrorCode.GENERIC, *apart)
    yield OcppError(ErrorCode.GENERIC, *apart)
    address = f"http://u:{SECRET}@host/"
    yield SoapHeaders(from_=address, reply_to=address, to=address, fault_to=address)
    yield SoapHeaders(identity=address, action=named, message_id=named, relates_to=named)
    yield SoapHeaders(**dict.fromkeys(("identity", "action", "message_id", "relates_to", "to"), "x" * 10_000))


@pytest.mark.parametrize("error", list(errors()), ids=lambda error: type(error).__name__)
def test_what_a_peer_says_of_a_secret_is_not_shown(error: Any) -> None:
    for text in (str(error), repr(error)):
        assert SECRET[:7] not in text
        assert len(text) < 2_000


def test_what_belongs_to_a_secret_setting_is_not_shown() -> None:
    custom = v201.CustomData(vendor_id="V", extra={"x": SECRET})
    known = v201.SetVariableData(
        attribute_value=SECRET,
        component=v201.Component(name="SecurityCtrlr", custom_data=custom, extra={"y": SECRET}),
        variable=v201.Variable(name="BasicAuthPassword", instance=SECRET, custom_data=custom),
        custom_data=custom,
        extra={"z": [SECRET]},
    )

    assert SECRET not in repr(known)
    assert SECRET not in repr(v201.SetVariablesRequest(set_variable_data=[known]))
    assert "variable=Variable(" in repr(known)
    assert "name='BasicAuthPassword'" in repr(known)


def test_the_data_of_a_vendor_are_shown_unless_their_message_names_a_secret() -> None:
    shown, unnamed, hidden = (
        repr(v16.DataTransferRequest(vendor_id="V", message_id=name, data="60"))
        for name in ("Interval", None, "SetPin")
    )

    assert "data='60'" in shown
    assert "data='60'" in unnamed
    assert "60" not in hidden


#: Every token that tells how it went with a setting, or what kind it is; not its value.
TOKENS = sorted(
    {
        (field.wire, str(token))
        for case in ALL_CLASSES
        for field in shape(case.values[0]).fields
        if field.wire in ("attributeStatus", "attributeType", "status", "type")
        and isinstance(field.kind, Enumeration)
        for token in field.kind.enum
    }
)


def test_beside_a_secret_every_token_of_a_status_is_shown() -> None:
    shown = [{"key": "AuthorizationKey", name: token, "value": HIDDEN} for name, token in TOKENS]

    assert shown == [hide(one | {"value": SECRET}) for one in shown]
    assert ("type", "MacAddress") in TOKENS


@pytest.mark.parametrize("name", ["apnPassword", "basicAuthPassword", "password", "simPin"])
def test_beside_a_password_a_key_is_secret(name: str) -> None:
    """As in a VPN, wherever that stands: elsewhere ``key`` is the name of a setting."""
    assert {name: HIDDEN, "key": HIDDEN} == hide({name: SECRET, "key": DIGITS})
    assert {"other": "x", "key": DIGITS} == hide({"other": "x", "key": DIGITS})


@pytest.mark.parametrize("name", ["key", "name", "component"])
def test_in_what_a_short_word_names_a_name_may_be_the_secret(name: str) -> None:
    """A name is shown in a component, which tells what stands beside it; what stands in a ``pin`` may be the pin."""
    assert {"pin": {name: HIDDEN}} == hide({"pin": {name: SECRET}})


def test_a_variable_is_named_by_its_component_too() -> None:
    known = v201.SetVariableData(
        attribute_value=SECRET, component=v201.Component(name="VPN"), variable=v201.Variable(name="Key")
    )

    assert SECRET not in repr(known)


@pytest.mark.parametrize("surplus", [{"VALUE": False}, {"value": "x"}])
def test_a_value_that_a_name_should_not_have_is_not_the_one(surplus: dict[str, Any]) -> None:
    variable = v20.Variable(name="AuthorizationKey", extra=surplus)
    attribute = v20.VariableAttribute(value=SECRET, persistence=False, constant=False)
    named = v20.ReportData(
        component=v20.Component(name="C"), variable=variable, variable_attribute=[attribute]
    )

    assert all(SECRET not in text for text in texts_of(named))


@pytest.mark.parametrize("name", ["@key", "key[2]", "@key[12]"])
def test_a_setting_is_named_in_an_attribute_and_by_the_second_of_two_names(name: str) -> None:
    assert {name: "AuthorizationKey", "value": HIDDEN} == hide({name: "AuthorizationKey", "value": "60"})


def test_of_a_list_of_settings_each_has_its_own_value() -> None:
    listed = [{"key": "AuthorizationKey", "value": SECRET}, {"key": "HeartbeatInterval", "value": "60"}]

    assert [HIDDEN, "60"] == [one["value"] for one in hide({"configurationKey": listed})["configurationKey"]]


def test_a_list_beside_a_secret_keeps_its_length_if_its_items_are_looked_at() -> None:
    named = {"key": "AuthorizationKey", "value": ["AuthorizationKey", SECRET]}

    assert {"key": "AuthorizationKey", "value": [HIDDEN, HIDDEN]} == hide(named)
    assert {"key": "AuthorizationKey", "value": HIDDEN} == hide(named | {"value": [SECRET, "60"]})


def test_lists_of_names_are_looked_into_as_deep_as_others() -> None:
    named: Any = "x"
    other: Any = "x"
    for _ in range(100):
        named, other = {"name": [named]}, {"a": [other]}

    assert HIDDEN in str(hide(other))
    assert str(hide(other)) == str(hide(named)).replace("name", "a")


@pytest.mark.usefixtures("names_of_secrets")
def test_names_are_added() -> None:
    shown = [
        {"acme.maintenance_code": SECRET},
        {"key": "MaintenanceCode", "value": SECRET},
        {"doorTan": SECRET},
        f"MAINTENANCE-CODE: {SECRET}",
        f"tan = {SECRET}",
    ]

    assert all(SECRET in repr(hide(value)) for value in shown)
    secret_words.add_secret_names("Maintenance Code", "tan")
    assert not any(SECRET in repr(hide(value)) for value in shown)
    assert {"tangent": SECRET} == hide({"tangent": SECRET})
    assert SECRET not in repr(v16.ChangeConfigurationRequest(key="MaintenanceCode", value=SECRET))


@pytest.mark.parametrize("name", ["", "-", "\u200b"], ids=ascii)
def test_a_name_that_says_nothing_is_not_added(name: str) -> None:
    with pytest.raises(ValueError, match="letters"):
        secret_words.add_secret_names("a name", name)


def test_no_response_shows_its_secrets() -> None:
    setting = {"key": "AuthorizationKey", "readonly": False, "value": SECRET}
    told, _ = read(v16.GetConfigurationResponse, {"configurationKey": [setting]})

    assert SECRET[:7] not in repr(told)


def test_of_a_frame_no_more_is_looked_at_than_is_shown() -> None:
    assert [[3, "1"], [3, "1", {}], [3, "1", {"a": "b"}]] == [
        hide([3, "1", {"a": "b"}, {"c": "d"}], most=most) for most in range(3)
    ]


def test_json_is_looked_for_in_four_strings_around_each_other() -> None:
    quoted: Any = {"status": "Accepted"}
    shown = []
    for _ in range(7):
        quoted = json.dumps({"data": quoted})
        shown.append("Accepted" in hide(quoted))

    assert [True] * 4 + [False] * 3 == shown
