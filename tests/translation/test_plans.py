"""What the engine makes of rows that no step has yet, and of rules with a defect: that is shown, never sent."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from ocpp_core import v15, v16, v21, v201
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import OcppError
from ocpp_core.model.messages import Payload
from ocpp_core.model.shapes import Boolean, Integer
from ocpp_core.model.versions import Version
from ocpp_core.payloads.binding import REFUSALS
from ocpp_core.translation import engine, translate
from ocpp_core.translation.leaves import Manner, leaf
from ocpp_core.translation.losses import LossReason, Translation
from ocpp_core.translation.plans import Way
from ocpp_core.translation.policies import DEFAULT_POLICY
from ocpp_core.translation.rules import Action, Local, Pair, Written, field, ignore, newer, respond
from ocpp_core.translation.runs import Outcome, Pure, Run, Unfit
from ocpp_core.translation.steps import Step, directions
from ocpp_core.translation.views import View

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
TAG = "04A2B3C4"


@pytest.fixture
def rules(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Has a step, from 1.5 to 1.6 or from 1.6 to 2.0.1, made of these rules alone."""
    made: dict[str, Any] = {}
    module = engine._module

    def give(
        actions: Any = (), pairs: Any = (), older: Version = Version.V1_5, newer: Version = Version.V1_6
    ) -> None:
        name = engine._STEPS[older, newer]
        made[name] = {
            one.source: one
            for one in directions(Step(older=older, newer=newer, actions=actions, pairs=pairs))
        }
        engine.path.cache_clear()  # type: ignore[attr-defined]

    monkeypatch.setattr(engine, "_module", lambda name: made.get(name) or module(name))
    yield give
    engine.path.cache_clear()  # type: ignore[attr-defined]


# Gaps


def gaps(source: type[Payload], target: type[Payload], *pairs: Pair) -> list[str]:
    """What a direction without other rows has nothing for."""
    newest = source.__ocpp__.version < target.__ocpp__.version
    names = {(one.older, one.newer) if newest else (one.newer, one.older): one for one in pairs}
    way = Way(step="step", is_up=newest, pairs=names, tables={}, integers=None)
    way.plan(source, target)
    return way.gaps


def test_a_field_without_a_place_or_a_source_is_a_gap() -> None:
    found = gaps(v16.BootNotificationRequest, v201.BootNotificationRequest)

    assert "step BootNotificationRequest.iccid has no place in BootNotificationRequest" in found
    assert "step BootNotificationRequest.reason comes from nowhere in BootNotificationRequest" in found


def test_what_comes_from_nowhere_is_never_made_up() -> None:
    way = Way(step="step", is_up=True, pairs={}, tables={}, integers=None)
    boot = v16.BootNotificationRequest(charge_point_vendor="V", charge_point_model="M")

    with pytest.raises(Unfit, match="required"):
        way.plan(v16.BootNotificationRequest, v201.BootNotificationRequest)(
            boot, Run("step", way, DEFAULT_POLICY), None
        )


def test_a_token_without_a_place_is_a_gap_once() -> None:
    found = gaps(v16.ResetRequest, v201.ResetRequest)

    assert [
        "step ResetType.Hard has no place in Reset",
        "step ResetType.Soft has no place in Reset",
    ] == found


def test_text_without_a_table_of_tokens_is_a_gap() -> None:
    assert ["step text has no table into IdTokenEnum"] == gaps(v21.IdToken, v201.IdToken)


def test_kinds_that_do_not_fit_are_a_defect() -> None:
    with pytest.raises(TypeError, match=r"SampledValue\.value"):
        gaps(v16.SampledValue, v201.SampledValue)
    assert leaf(Boolean(), Integer(), Manner()) is None


def planned(
    source: type[Payload], target: type[Payload], pair: Pair, value: Payload, is_command: bool = False
) -> tuple[Any, list[tuple[str, str, str]]]:
    """What the rows of a pair make of an object, and what is lost of it."""
    names = {(source.__name__, target.__name__): pair}
    way = Way(step="step", is_up=True, pairs=names, tables={}, integers=None)
    run = Run("step", way, DEFAULT_POLICY)
    made = way.plan(source, target, is_command)(value, run, None)
    losses = Translation((), None, tuple(run.losses)).losses
    return made, [(one.path, one.kind.value, one.reason.value) for one in losses]


# Rows about what may be anything


DATA = v201.DataTransferRequest(vendor_id="v", data={"a": 1})


def test_free_data_may_be_left_out_by_a_row() -> None:
    way = Way(
        step="step",
        is_up=False,
        pairs={
            ("DataTransferRequest", "DataTransferRequest"): Pair(
                "DataTransferRequest", newer("data", down=ignore)
            )
        },
        tables={},
        integers=None,
    )
    run = Run("step", way, DEFAULT_POLICY)
    made = way.plan(v201.DataTransferRequest, v16.DataTransferRequest)(DATA, run, None)

    assert v16.DataTransferRequest(vendor_id="v") == made
    assert [] == run.losses


def test_a_token_without_a_place_is_a_gap_once_for_all_plans() -> None:
    way = Way(step="step", is_up=True, pairs={}, tables={}, integers=None)
    for is_command in (False, True):
        way.plan(v16.ResetRequest, v201.ResetRequest, is_command)

    assert 2 == len(way.gaps)


def test_a_function_of_the_value_alone_may_make_a_token() -> None:
    pair = Pair("ResetRequest", field("type", up=Pure(lambda value: "Immediate")))
    made, lost = planned(v16.ResetRequest, v201.ResetRequest, pair, v16.ResetRequest(type=v16.ResetType.HARD))

    assert v201.ResetRequest(type=v201.Reset.IMMEDIATE) == made
    assert [] == lost


def test_free_data_may_be_converted_by_hand() -> None:
    pair = Pair("DataTransferRequest", field("data", up=lambda value, at: f"{len(value)} members"))
    made, _ = planned(v201.DataTransferRequest, v16.DataTransferRequest, pair, DATA)

    assert v16.DataTransferRequest(vendor_id="v", data="1 members") == made


def test_the_first_of_what_is_no_list_has_no_place() -> None:
    odd = v16.GetConfigurationRequest(key="K")  # type: ignore[arg-type]

    with pytest.raises(Unfit) as refused:
        planned(v16.GetConfigurationRequest, v16.AuthorizeRequest, Pair("", field("key", "idTag")), odd)
    assert ErrorCode.TYPE_CONSTRAINT is refused.value.error


# Objects that lack what they have to have

GROUP = v21.IdToken(
    id_token="G",
    type="Central",
    additional_info=[v21.AdditionalInfo(additional_id_token="x" * 40, type="t")],
)


def test_an_object_that_lacks_something_goes_with_all_that_was_meant_for_it() -> None:
    """What was noted of that counts no longer, however deep it stood."""
    info = v21.IdTokenInfo(status=v21.AuthorizationStatus.ACCEPTED, group_id_token=GROUP)
    pair = Pair("", field("groupIdToken.additionalInfo"))
    made, lost = planned(v21.IdTokenInfo, v201.IdTokenInfo, pair, info)

    assert v201.IdTokenInfo(status=v201.AuthorizationStatus.ACCEPTED) == made
    assert [
        ("$.groupIdToken.additionalInfo", "dropped", "required"),
        ("$.groupIdToken.idToken", "dropped", "no_counterpart"),
        ("$.groupIdToken.type", "dropped", "no_counterpart"),
    ] == sorted(lost)


def test_a_command_is_refused_for_an_object_that_lacks_something() -> None:
    """Without its EVSE it would be for all."""
    request = v16.ChangeAvailabilityRequest(connector_id=1, type=v16.AvailabilityType.OPERATIVE)
    pair = Pair("", field("connectorId", "evse.connectorId"), field("type", "operationalStatus"))

    with pytest.raises(Unfit, match="required"):
        planned(v16.ChangeAvailabilityRequest, v201.ChangeAvailabilityRequest, pair, request, True)


# Defects


def broken(value: Any, at: Any) -> Any:
    raise KeyError(value)


AUTHORIZE = v15.AuthorizeRequest(id_tag=TAG)


def test_a_rule_that_fails_on_a_good_request_is_a_defect(rules: Any) -> None:
    rules(pairs=[Pair("AuthorizeRequest", field("idTag", up=broken))])

    with pytest.raises(KeyError):
        translate(AUTHORIZE, to="1.6")


def test_a_rule_that_fails_on_a_good_response_is_a_defect(rules: Any) -> None:
    rules(pairs=[Pair("AuthorizeResponse", field("idTagInfo", up=broken))])
    info = v15.IdTagInfo(status=v15.AuthorizationStatus.ACCEPTED)

    with pytest.raises(KeyError):
        translate(v15.AuthorizeResponse(id_tag_info=info), to="1.6")


def test_a_rule_that_fails_on_a_tolerated_response_is_an_error(rules: Any) -> None:
    rules(pairs=[Pair("AuthorizeResponse", field("idTagInfo", up=broken))])
    info = v15.IdTagInfo(status=v15.AuthorizationStatus.foreign("Perhaps"))
    found = translate(v15.AuthorizeResponse(id_tag_info=info), to="1.6")

    assert isinstance(found.answer, OcppError)
    assert ErrorCode.INTERNAL is found.answer.code
    assert [("$", "suppressed")] == [(one.path, one.reason.value) for one in found.losses]


def test_an_answer_that_breaks_its_schema_is_a_defect(rules: Any) -> None:
    def answer(request: Any, run: Any, why: Any) -> Any:
        return v15.HeartbeatResponse(current_time=None)  # type: ignore[arg-type]

    rules([Action(older="Heartbeat", newer="Heartbeat", up=Local(answer))])

    with pytest.raises(REFUSALS):
        translate(v15.HeartbeatRequest(), to="1.6")


# Requests that part


def test_the_parts_of_a_request_that_all_go_no_further_have_one_answer(rules: Any) -> None:
    """Each answer goes back by the part that it belongs to, and the step that has parted them puts them together."""
    seen: list[Any] = []

    def parted(view: Any, run: Any, direction: Any) -> Outcome:
        return Outcome([v16.AuthorizeRequest(id_tag=f"{view.id_tag}{number}") for number in range(2)])

    def answer(request: Any, run: Any, why: Any) -> Any:
        return respond(request, id_tag_info={"status": "Accepted"})

    def back(value: Any, at: Any) -> Any:
        seen.append(at.run.sent().id_tag)
        return v15.IdTagInfo(status=v15.AuthorizationStatus.BLOCKED)

    rules(
        [Action(older="Authorize", newer="Authorize", up=Written(parted), merge=lambda found: found[-1])],
        [Pair("AuthorizeResponse", field("idTagInfo", down=back))],
    )
    rules(
        [Action(older="Authorize", newer="Authorize", up=Local(answer))],
        older=Version.V1_6,
        newer=Version.V2_0_1,
    )
    found = translate(AUTHORIZE, to="2.0.1")

    assert ["04A2B3C40", "04A2B3C41"] == seen
    assert v15.AuthorizationStatus.BLOCKED == found.answer.id_tag_info.status  # type: ignore[union-attr]
    assert () == found.messages


# What rules written by hand read


def test_a_view_has_the_attributes_of_its_object_and_no_others() -> None:
    view = View(v16.AuthorizeRequest(id_tag=TAG), Run("step", None, DEFAULT_POLICY))

    assert TAG == view.id_tag
    with pytest.raises(AttributeError):
        view.tag_id  # noqa: B018


def test_a_view_of_a_list_is_the_same_each_time() -> None:
    value = v16.MeterValue(timestamp=NOON, sampled_value=[v16.SampledValue(value="1")])
    view = View(
        v16.MeterValuesRequest(connector_id=1, meter_value=[value]), Run("step", None, DEFAULT_POLICY)
    )
    (one,) = view.views("meter_value")
    one.use("timestamp", "sampled_value")

    assert [one] == view.views("meter_value")
    assert [((None, "connectorId", ""), 1, LossReason.NO_COUNTERPART)] == list(view.left())
