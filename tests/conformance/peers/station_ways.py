"""Ways to break one thing in the faultless station."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from types import MethodType
from typing import Any

from attrs import field, frozen

from conformance.peers.station import Station

Json = dict[str, Any]
Change = Callable[[Station], None]
#: Versions that stand for their families.
FIRST = ("1.6",)
SECOND = ("2.0.1",)
THIRD = ("2.1",)
BOTH = ("1.6", "2.0.1")


@frozen
class Fault:
    """One fault.

    Attributes:
        name: What it is, in a few words.
        rule: The rule that it breaks.
        change: Puts it into a faultless station.
        versions: In which it is tried.
        known: Ids of known faults of real stations that are of this kind.
    """

    name: str
    rule: str
    change: Change
    versions: tuple[str, ...] = BOTH
    known: tuple[str, ...] = field(factory=tuple)

    def station(self, version: str) -> Station:
        """A station that has it."""
        station = Station(version)
        self.change(station)
        return station


def always(_: Json) -> bool:
    """For every message."""
    return True


def edits(action: str, edit: Callable[[Json, Json], Json | None]) -> Change:
    """Changes the result of an action: by what `edit` gives, or leaves in it."""

    def change(station: Station) -> None:
        def edited(result: Json, payload: Json) -> Json:
            given = edit(result, payload)
            return result if given is None else given

        station.edits[action] = edited

    return change


def results(action: str, when: Callable[[Json], bool] = always, **members: Any) -> Change:
    """Sets members of the result of an action, where the call is like that; None takes one out."""

    def edit(result: Json, payload: Json) -> Json:
        if when(payload):
            result |= members
        return {name: value for name, value in result.items() if value is not None}

    return edits(action, edit)


def items(action: str, name: str, edit: Callable[[list[Json]], list[Json]]) -> Change:
    """Changes the list of results of an action."""
    return edits(action, lambda result, _: {**result, name: edit(result[name])})


def called(item: Json, component: str, variable: str | None = None) -> bool:
    """Whether an item is about a component, and a variable of it."""
    is_it = item["component"]["name"] == component
    return is_it and (variable is None or item["variable"]["name"] == variable)


def item_status(
    action: str, name: str, status: str, wanted: Callable[[Json], bool], key: str = "attributeStatus"
) -> Change:
    """Says another status of some items."""
    return items(action, name, lambda rows: [{**row, key: status} if wanted(row) else row for row in rows])


def says(action: str, edit: Callable[[Json], Json | None]) -> Change:
    """Changes what is said in a call of the station; None, and it is not made."""

    def change(station: Station) -> None:
        def said(name: str, payload: Json) -> list[tuple[str, Json]]:
            if name != action:
                return [(name, payload)]
            written = edit(json.loads(json.dumps(payload)))
            return [] if written is None else [(name, written)]

        station.said = said

    return change


def twice(action: str, when: Callable[[Json], bool] = always) -> Change:
    """Makes a call of the station twice."""

    def change(station: Station) -> None:
        station.said = lambda name, payload: (
            [(name, payload)] * (2 if name == action and when(payload) else 1)
        )

    return change


def outgoing(turn: Callable[[list[Any]], Iterable[str]]) -> Change:
    """Changes frames on their way out."""

    def change(station: Station) -> None:
        station.outgoing = turn

    return change


def behaving(**methods: Callable[..., Any]) -> Change:
    """Replaces methods: functions that are given the station first."""

    def change(station: Station) -> None:
        for name, method in methods.items():
            setattr(station, name, MethodType(method, station))

    return change


def before(action: str, meddle: Callable[[Station, Json], Json | None]) -> Change:
    """Answers an action with what `meddle` gives; where it gives None, as it should be."""

    def change(station: Station) -> None:
        handler = station.handlers[action]

        def handle(station: Station, payload: Json) -> Json:
            given = meddle(station, payload)
            return handler(station, payload) if given is None else given

        station.handlers[action] = handle

    return change


def after(action: str, meddle: Callable[[Station, Json, Json], Any]) -> Change:
    """Does something to the station when an action has been handled."""

    def change(station: Station) -> None:
        handler = station.handlers[action]

        def handle(station: Station, payload: Json) -> Json:
            result = handler(station, payload)
            meddle(station, payload, result)
            return result

        station.handlers[action] = handle

    return change


def both(*changes: Change) -> Change:
    """The same fault in several messages."""

    def change(station: Station) -> None:
        for each in changes:
            each(station)

    return change


def by_version(first: Change, second: Change) -> Change:
    """The same fault in the words of 1.x and of 2.x."""

    def change(station: Station) -> None:
        (first if station.is_first else second)(station)

    return change


async def never(*_: Any) -> None:
    """Waits for ever."""
    await asyncio.Event().wait()


async def nothing(*_: Any, **__: Any) -> None:
    """Does nothing."""


def without(name: str) -> Change:
    """Does not do what an action entails."""
    return behaving(**{f"after_{name}": nothing})


def instead(name: str, work: Callable[[Station, Json], Awaitable[None]]) -> Change:
    """Does something else than what an action entails."""
    return behaving(**{f"after_{name}": work})


def other_request_id(action: str) -> Change:
    """Tells another request id than the one that was given."""
    return says(action, lambda payload: {**payload, "requestId": payload["requestId"] + 1})
