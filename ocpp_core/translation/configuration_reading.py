"""Configuration keys of 1.6 and variables of 2.0.1, read: both directions beside each other. See `configuration`."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import evolve, field, frozen

from ocpp_core import v16, v201
from ocpp_core.model.errors import OcppError
from ocpp_core.model.messages import Response
from ocpp_core.translation import configuration_values as values
from ocpp_core.translation.configuration_exchanges import (
    GETS,
    Answer,
    Exchange,
    Item,
    chunks,
    drop_custom_data,
    error_reason,
    failure,
    finished,
    info,
    items_of,
    question,
    results,
    room,
    room_for_keys,
    sent,
)
from ocpp_core.translation.configuration_keys import Key, Keys, Rule, Target, table
from ocpp_core.translation.configuration_stations import (
    COMPUTED,
    Known,
    Setting,
    Station,
    stand_in,
    variable,
    variables,
)
from ocpp_core.translation.configuration_values import Site
from ocpp_core.translation.leaves import ROUND_FLOOR, whole_number
from ocpp_core.translation.losses import LossKind, LossReason
from ocpp_core.translation.runs import Run, Unfit
from ocpp_core.translation.steps import account
from ocpp_core.translation.views import View

# Up


def get_configuration(
    request: v16.GetConfigurationRequest, there: Run, back: Run, station: Station
) -> Exchange[Response | OcppError]:
    """GetConfiguration with keys for a station of 2.0.1: GetVariables, in as many requests as the station needs.

    Limits, which GetVariables does not read, are those of `Station.variables`. What has no variable, and what the
    station does not answer, is an unknown key. A key that is there twice is answered once.
    """
    keys = table(there.policy.configuration_keys)
    view = View(request, there, is_judged=False)
    asked: dict[str, tuple[str, Key | None]] = {}
    given: Sequence[Any] = view.key or ()
    for number, name in enumerate(given):
        place = (view.place("key"), number, "")
        if not isinstance(name, str):
            there.dropped(place, name)
        elif name.casefold() in asked:
            there.dropped(place, name, LossReason.MERGED)
        else:
            asked[name.casefold()] = (name, keys.named(name))
    account(view, there)
    wanted = [key for _, key in asked.values() if key is not None]
    targets = list(dict.fromkeys(target for key in wanted for target in variables(key, station)))
    size = yield from room(GETS, len(targets), station)
    answers = yield from sent(
        v201.GetVariablesRequest(get_variable_data=[question(one) for one in chunk])
        for chunk in chunks(targets, size)
    )
    error = failure(answers) if answers else None
    if error is not None:
        return error
    read = _read(answers, {target.folded for target in targets}, station, back)
    response = keys_answer(asked.values(), read, {**station.variables, **read}, station, back)
    return finished(response, request, there)


def _read(answers: Sequence[Answer], asked: set[Target], station: Station, run: Run) -> dict[Target, Known]:
    """What the station says of the variables that were asked for."""
    read: dict[Target, Known] = {}
    for answer in answers:
        if not isinstance(answer, v201.GetVariablesResponse):
            continue
        for number, result, target in results(answer, "get_variable_result", asked, run):
            value, status = result.attribute_value, result.attribute_status
            if status == "Accepted":
                text = value if isinstance(value, str) else None
                path = f".getVariableResult[{number}].attributeValue"
                read[target] = evolve(station.variables.get(target, Known()), value=text, path=path)
                continue
            result.drop("attribute_value")
            if status != "UnknownVariable":
                place = result.place("attribute_status", ".unknownKey")
                run.approximated(place, status, None, LossReason.COLLAPSED)
    return read


def keys_answer(
    asked: Iterable[tuple[str, Key | None]],
    read: Mapping[Target, Known],
    limits: Mapping[Target, Known],
    station: Station,
    run: Run,
) -> v16.GetConfigurationResponse:
    """The values of keys, made of variables.

    Args:
        asked: Names as they were asked for, and the keys.
        read: What was read.
        limits: The same, or more, for the limits of variables.
        station: What is known of it.
        run: The step from the station to the CSMS.
    """
    found: list[v16.KeyValue] = []
    unknown: list[str] = []
    for name, key in asked:
        path = f".configurationKey[{len(found)}]"
        made = None if key is None else _key_value(name, key, read, limits, station, run, path)
        if made is None:
            unknown.append(name)
        else:
            found.append(made)
    return v16.GetConfigurationResponse(configuration_key=found or None, unknown_key=unknown or None)


def _key_value(
    name: str,
    key: Key,
    read: Mapping[Target, Known],
    limits: Mapping[Target, Known],
    station: Station,
    run: Run,
    path: str,
) -> v16.KeyValue | None:
    """A key with its value; None if it is not known."""
    value, mutability = None, None
    place = f"{path}.value"
    match key.rule:
        case Rule.COMPUTED:
            value = COMPUTED[key.name].value(station, lambda target: read.get(target.folded))
            if value is not None:
                run.made((None, "", place), value, LossReason.REMEMBERED)
            for target in COMPUTED[key.name].targets:
                known = read.get(target.folded)
                if known is not None and known.value is not None:
                    run.approximated((None, known.path, place), known.value, value, LossReason.MERGED)
        case Rule.CHARACTERISTIC:
            limit = limits.get(key.target.folded) if key.target is not None else None
            if limit is not None and limit.max_limit is not None:
                at = (None, limit.limit_path, place)
                value = str(whole_number(limit.max_limit, run, at, ROUND_FLOOR))
        case Rule.PHASE_ROTATION:
            value = _rotations(key, read, station, run, place)
        case _:
            one = variable(key, None, station)
            known = read.get(one.folded) if one is not None and "R" in key.access else None
            if known is None:
                return None
            mutability = known.mutability
            if known.value is None:
                return v16.KeyValue(key=name, readonly=_is_readonly(key, mutability, run, path))
            site = Site(run, (None, known.path, place), key)
            value = values.fitting(values.down(known.value, site), site)
    if value is None:
        return None
    return v16.KeyValue(key=name, readonly=_is_readonly(key, mutability, run, path), value=value)


def _is_readonly(key: Key, mutability: str | None, run: Run, path: str) -> bool:
    """Whether the station says so, or we would refuse to write it."""
    readonly = not key.is_writable or mutability == "ReadOnly"
    if mutability is None:
        run.made((None, "", f"{path}.readonly"), readonly, kind=LossKind.DEFAULTED)
    return readonly


def _rotations(key: Key, read: Mapping[Target, Known], station: Station, run: Run, place: str) -> str | None:
    """The list of the phases of all connectors; None if none is known."""
    found: dict[int, str] = {}
    sites: list[tuple[Site, str]] = []
    for number in (0, *station.connectors):
        target = variable(key, number, station)
        known = read.get(target.folded) if target is not None else None
        if known is not None and known.value is not None:
            site = Site(run, (None, known.path, place), key)
            found[number] = values.down(known.value, site)
            sites.append((site, known.value))
    made = values.rotation_list(found) if found else None
    for site, value in sites:
        run.approximated(site.place, value, made, LossReason.MERGED)
    return made


# Down


@frozen
class Asked:
    """What a station of 1.6 has answered.

    Attributes:
        there: What it has, and where that stood, by key in small letters.
        failed: The keys of which it has said nothing, and what it answered instead.
    """

    there: dict[str, tuple[v16.KeyValue, str]] = field(factory=dict)
    failed: dict[str, Answer] = field(factory=dict)

    def text(self, name: str) -> str | None:
        """The value of a key, if it is known."""
        one = self.there.get(name.casefold())
        return one[0].value if one is not None and isinstance(one[0].value, str) else None

    def texts(self, names: Iterable[str]) -> dict[str, str]:
        """The values of these keys, as far as they are known."""
        return {name: text for name in names if (text := self.text(name)) is not None}

    def take(
        self, answer: v16.GetConfigurationResponse, run: Run, asked: Iterable[str] | None = None
    ) -> None:
        """Adds what the station answers: of a key that is there twice the first, and nothing that was not asked for."""
        wanted = None if asked is None else {name.casefold() for name in asked}
        view = View(answer, run, is_judged=False)
        for number, text in enumerate(view.unknown_key or ()):
            if wanted is not None and str(text).casefold() not in wanted:
                run.dropped((view.place("unknown_key"), number, ""), text)
        for number, one in enumerate(view.views("configuration_key")):
            _ = (one.key, one.readonly, one.value)
            name = one.key.casefold() if isinstance(one.key, str) else None
            if name is None or name in self.there or (wanted is not None and name not in wanted):
                run.dropped((view.place("configuration_key"), number, ""), one.carried())
            else:
                self.there[name] = (one.whole, f".configurationKey[{number}]")
                if asked is not None:  # of one variable, 2.0.1 does not say whether it is read-only
                    one.drop("readonly")
        account(view, run)


def get_variables(
    request: v201.GetVariablesRequest, there: Run, back: Run, station: Station
) -> Exchange[Response | OcppError]:
    """GetVariables for a station of 1.6: GetConfiguration with the keys, in as many requests as the station needs.

    What no key has, and what 1.6 tells elsewhere, is answered from `station`.
    """
    keys = table(there.policy.configuration_keys)
    view = View(request, there, is_judged=False)
    view.drop("custom_data")
    items = items_of(view, "get_variable_data", station, keys)
    names = list(dict.fromkeys(name for item in items for name in _needed(item)))
    asked = Asked()
    size = yield from room_for_keys(len(names), station)
    for chunk in chunks(names, size):
        answer = yield v16.GetConfigurationRequest(key=chunk)
        if isinstance(answer, v16.GetConfigurationResponse):
            asked.take(answer, back, chunk)
        else:
            asked.failed.update({name.casefold(): answer for name in chunk})
    if all(any(name.casefold() in asked.failed for name in _needed(item)) for item in items):
        error = failure(asked.failed.values())
        assert error is not None, "none of what has failed is a response"
        return error
    made = [_result(item, asked, there, back, station, keys) for item in items]
    account(view, there)
    return finished(v201.GetVariablesResponse(get_variable_result=made), request, there)


def _needed(item: Item) -> tuple[str, ...]:
    """The keys that an item takes."""
    if item.view.attribute_type not in (None, "Actual"):
        return ()
    if item.found is not None:
        return (item.found.key.name,) if "R" in item.found.key.access else ()
    standing = stand_in(item.target) if item.target is not None else None
    return standing.keys if standing is not None else ()


def _result(
    item: Item, asked: Asked, there: Run, back: Run, station: Station, keys: Keys
) -> v201.GetVariableResult:
    path = f".getVariableResult[{item.number}]"
    try:
        value = _value(item, asked, back, station, keys, f"{path}.attributeValue")
    except Unfit as unfit:
        item.refused(there, unfit)
        status = v201.GetVariableStatus(unfit.status or "Rejected")
        result = v201.GetVariableResult(
            **item.echoed(), attribute_status=status, attribute_status_info=info(unfit.code)
        )
        back.made((None, "", path), result, LossReason.FROM_REQUEST)
        return result
    drop_custom_data(item.view)
    item.note_echo(back, path)
    status = v201.GetVariableStatus.ACCEPTED
    return v201.GetVariableResult(**item.echoed(), attribute_status=status, attribute_value=value)


def _value(item: Item, asked: Asked, run: Run, station: Station, keys: Keys, path: str) -> str:
    """The value of a variable.

    Raises:
        Unfit: There is none.
    """
    item.check_attribute()
    found, target = item.found, item.target
    for name in _needed(item):
        if name.casefold() in asked.failed:
            raise item.unfit("Rejected", error_reason(asked.failed[name.casefold()]))
    value = None
    if found is not None:
        if "R" not in found.key.access:
            raise item.unfit("Rejected", "WriteOnly")
        there = asked.there.get(found.key.name.casefold())
        value = None if there is None else value_up(found, *there, run, path)
    elif target is not None:
        standing = stand_in(target)
        if standing is not None:
            value = standing.value(station, target, asked.texts(standing.keys))
            for name in standing.keys:
                one = asked.there.get(name.casefold())
                if one is not None:
                    run.approximated((None, f"{one[1]}.value", path), one[0].value, value, LossReason.SPLIT)
            if value is not None:
                run.made((None, "", path), value, LossReason.REMEMBERED)
    if value is None:
        raise item.unknown(keys)
    return value


def value_up(found: Setting, one: v16.KeyValue, source: str, run: Run, path: str) -> str | None:
    """The value of a variable, of a key that was read; None if the key has none for this connector.

    Args:
        found: The variable.
        one: The key.
        source: Where it stands.
        run: The step from the station to the CSMS.
        path: Where the value will stand.
    """
    place = (None, f"{source}.value", path)
    text = one.value
    if not isinstance(text, str):
        if text is not None:
            run.dropped(place, text)
        run.made(place, "")
        return ""
    if found.connector is not None:
        try:
            rotation = values.rotations(text).get(found.connector)
        except ValueError:
            rotation = None
        if rotation is None:
            run.dropped(place, text)
            return None
        run.approximated(place, text, rotation, LossReason.SPLIT)
        text = rotation
    if found.is_second:
        run.approximated(place, text, text, LossReason.SPLIT)
    return values.up(text, Site(run, place, found.key))
