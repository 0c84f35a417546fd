"""Configuration keys of 1.6 and variables of 2.0.1, written: both directions beside each other. See `configuration`."""

from collections.abc import Sequence
from typing import Any

from ocpp_core import v16, v201
from ocpp_core.model.errors import OcppError
from ocpp_core.model.messages import Response
from ocpp_core.model.shapes import Enumeration
from ocpp_core.translation import configuration_values as values
from ocpp_core.translation.configuration_exchanges import (
    SETS,
    UNSUPPORTED,
    Answer,
    Exchange,
    Item,
    chunks,
    component_of,
    drop_custom_data,
    error_reason,
    failure,
    finished,
    info,
    items_of,
    results,
    room,
    sent,
    target_of,
    variable_of,
)
from ocpp_core.translation.configuration_keys import Key, Keys, Rule, Target, table
from ocpp_core.translation.configuration_stations import Station, stand_in, variable
from ocpp_core.translation.configuration_values import Site
from ocpp_core.translation.leaves import Manner, leaf
from ocpp_core.translation.losses import LossReason, Place
from ocpp_core.translation.runs import Run, Unfit
from ocpp_core.translation.steps import account
from ocpp_core.translation.views import View

#: Characters of a value that a station of 2.0.1 takes.
_MOST_UP = 1000

# Up


def change_configuration(
    request: v16.ChangeConfigurationRequest, there: Run, back: Run, station: Station
) -> Exchange[Response | OcppError]:
    """ChangeConfiguration for a station of 2.0.1: SetVariables with an item for each variable of the key.

    A key that is unknown is answered NotSupported, and one that is read-only on either side Rejected, without asking.
    The answer is the worst that any variable has.
    """
    view = View(request, there, is_judged=False)
    try:
        data = _data(view, there, station)
    except Unfit as unfit:
        there.losses.clear()
        there.dropped(unfit.place, unfit.value, unfit.reason)
        return v16.ChangeConfigurationResponse(status=v16.ConfigurationStatus(unfit.status or "Rejected"))
    account(view, there)
    size = yield from room(SETS, len(data), station)
    answers = yield from sent(
        v201.SetVariablesRequest(set_variable_data=chunk) for chunk in chunks(data, size)
    )
    return _changed(answers, data, back)


def _data(view: View, run: Run, station: Station) -> list[v201.SetVariableData]:
    key = table(run.policy.configuration_keys).named(_text(view.key, view.place("key")))
    if key is None or key.rule is Rule.NONE:
        raise Unfit(view.place("key"), view.key, status="NotSupported")
    if not key.is_writable:
        raise Unfit(view.place("key"), view.key, status="Rejected")
    place = view.place("value", ".setVariableData[0].attributeValue")
    site = Site(run, place, key, _limit(key, station))
    data: list[v201.SetVariableData] = []
    for connector, value in values.parts(_text(view.value, place), site):
        targets = [variable(key, connector, station)]
        targets += [key.also] if key.rule is Rule.FAN_OUT else []
        for target in targets:
            if target is None:  # a connector that the station does not have
                raise Unfit(place, view.value, status="Rejected")
            data.append(
                v201.SetVariableData(
                    attribute_value=_short(value, site, _MOST_UP),
                    component=component_of(target),
                    variable=variable_of(target),
                )
            )
    if not data:  # a list without items says nothing of any connector
        raise Unfit(place, view.value, status="Rejected")
    return data


def _limit(key: Key, station: Station) -> int | None:
    """The most that the station allows, if that is known."""
    found = station.variables.get(key.target.folded) if key.target else None
    return int(found.max_limit) if found is not None and found.max_limit else None


#: The worst first.
_ORDER = ("NotSupported", "Rejected", "RebootRequired", "Accepted")


def _changed(
    answers: Sequence[Answer], data: Sequence[v201.SetVariableData], run: Run
) -> v16.ChangeConfigurationResponse | OcppError:
    error = failure(answers)
    if error is not None:
        if error.code not in UNSUPPORTED:
            return error
        return v16.ChangeConfigurationResponse(status=v16.ConfigurationStatus.NOT_SUPPORTED)
    named = (target_of(View(one, run, is_judged=False)) for one in data)
    asked = {target.folded for target in named if target is not None}
    found: dict[Target, tuple[Place, v16.ConfigurationStatus]] = {}
    for answer in answers:
        if isinstance(answer, v201.SetVariablesResponse):
            for _, result, target in results(answer, "set_variable_result", asked, run):
                place = result.place("attribute_status", ".status")
                found[target] = (place, _status(result.attribute_status, v16.ConfigurationStatus, run, place))
    statuses = [status for _, status in found.values()]
    if len(found) < len(asked):  # a part that has no answer is refused
        statuses.append(v16.ConfigurationStatus.REJECTED)
    worst = min(statuses, key=_ORDER.index)
    for place, status in found.values():
        if status != worst:
            run.approximated(place, status, worst, LossReason.MERGED)
    return v16.ChangeConfigurationResponse(status=worst)


# Down


def set_variables(
    request: v201.SetVariablesRequest, there: Run, back: Run, station: Station
) -> Exchange[Response | OcppError]:
    """SetVariables for a station of 1.6: one ChangeConfiguration for each item, in their order.

    An item that 1.6 cannot express is answered without asking, with the reason. What shares its value with another
    variable comes last, and is accepted if it has the value already.
    """
    keys = table(there.policy.configuration_keys)
    view = View(request, there, is_judged=False)
    view.drop("custom_data")
    items = items_of(view, "set_variable_data", station, keys)
    made: dict[int, v201.SetVariableResult] = {}
    answers: list[Answer] = []
    for item in sorted(items, key=lambda one: one.found is not None and one.found.is_second):
        mark = len(there.losses)
        path = f".setVariableResult[{item.number}]"
        try:
            answer = yield from _set(item, there, keys)
        except Unfit as unfit:
            del there.losses[mark:]
            item.refused(there, unfit)
            made[item.number] = _result(item, v201.SetVariableStatus(unfit.status or "Rejected"), unfit.code)
            back.made((None, "", path), made[item.number], LossReason.FROM_REQUEST)
        else:
            drop_custom_data(item.view)
            answers.append(answer)
            made[item.number] = _answered(item, answer, back, path)
    account(view, there)
    error = failure(answers) if len(answers) == len(items) else None
    if error is not None:
        return error
    response = v201.SetVariablesResponse(set_variable_result=[made[one.number] for one in items])
    return finished(response, request, there)


def _set(item: Item, run: Run, keys: Keys) -> Exchange[Answer]:
    """Writes an item, and gives what the station says.

    Raises:
        Unfit: It cannot be written.
    """
    item.check_attribute()
    place = item.view.place("attribute_value", ".value")
    text = _text(item.view.attribute_value, place)
    found = item.found
    if found is None and item.target is not None and stand_in(item.target) is not None:
        raise item.unfit("Rejected", "ReadOnly")
    if found is None:
        raise item.unknown(keys)
    key = found.key
    if not key.is_writable:
        raise item.unfit("Rejected", "ReadOnly")
    site = Site(run, place, key)
    value = values.down(text, site)
    if found.connector is not None or found.is_second:
        answer = yield v16.GetConfigurationRequest(key=[key.name])
        if not isinstance(answer, v16.GetConfigurationResponse):
            return answer
        now = _value_of(key, answer)
        if found.is_second:
            return _shared(value, now, site)
        value = _with_rotation(value, now, found.connector or 0, site)
    return (yield v16.ChangeConfigurationRequest(key=key.name, value=_short(value, site, values.MOST)))


def _value_of(key: Key, answer: v16.GetConfigurationResponse) -> str:
    """What the station has now; nothing, if it does not say."""
    name = key.name.casefold()
    there = (one.value for one in answer.configuration_key or () if str(one.key).casefold() == name)
    return str(next(there, None) or "")


def _shared(value: str, now: str, site: Site) -> v16.ChangeConfigurationResponse:
    """The answer to a write of what shares its value: it may have only what it has already."""
    if now.strip() != value.strip():
        raise Unfit(site.place, value, status="Rejected", code="UnsupportedParam")
    site.run.dropped(site.place, value, LossReason.MERGED)
    return v16.ChangeConfigurationResponse(status=v16.ConfigurationStatus.ACCEPTED)


def _with_rotation(value: str, now: str, connector: int, site: Site) -> str:
    """The list of all connectors, with this value for one of them."""
    try:
        rotations = values.rotations(now)
    except ValueError:  # what cannot be read is not to be overwritten with a part of it
        raise Unfit(site.place, value, status="Rejected", code="InternalError") from None
    made = values.rotation_list({**rotations, connector: value})
    return site.became(value, made, LossReason.MERGED)


def _answered(item: Item, answer: Answer, run: Run, path: str) -> v201.SetVariableResult:
    item.note_echo(run, path)
    if not isinstance(answer, v16.ChangeConfigurationResponse):
        status = v201.SetVariableStatus.REJECTED
        run.made((None, "", f"{path}.attributeStatus"), status, LossReason.GUESSED)
        return _result(item, status, error_reason(answer))
    view = View(answer, run, is_judged=False)
    place = view.place("status", f"{path}.attributeStatus")
    status = _status(view.status, v201.SetVariableStatus, run, place)
    account(view, run)
    return _result(item, status, None)


def _result(item: Item, status: v201.SetVariableStatus, code: str | None) -> v201.SetVariableResult:
    return v201.SetVariableResult(**item.echoed(), attribute_status=status, attribute_status_info=info(code))


# Both


def _text(value: Any, place: Place) -> str:
    """A text of a command. Tolerant reading may have let something else through."""
    if not isinstance(value, str):
        raise Unfit(place, value, status="Rejected", code="InvalidValue")
    return value


def _short(value: str, site: Site, most: int) -> str:
    if len(value) > most:
        raise Unfit(site.place, value, LossReason.TOO_LONG, status="Rejected", code="TooLargeElement")
    return value


def _status(value: Any, enum: Any, run: Run, place: Place) -> Any:
    """A status in the other version; Rejected for what is none."""
    source = v201.SetVariableStatus if enum is v16.ConfigurationStatus else v16.ConfigurationStatus
    tokens = run.way.tables[(source.__name__, enum.__name__)]
    convert = leaf(Enumeration(source), Enumeration(enum), Manner(), tokens)
    assert convert is not None
    try:
        return convert(value, run, place)
    except Unfit:
        run.approximated(place, value, enum.REJECTED, LossReason.NO_COUNTERPART)
        return enum.REJECTED
