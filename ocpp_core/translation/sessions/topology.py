"""Which connector of 1.x is which of which EVSE, where that is not simply connector 1 of the EVSE of its number.

All other rules speak of EVSE N with connector 1 for connector N. Beside the step between 1.6 and 2.0.1 stands a layer
that renumbers the messages of 2.0.1, so that none of them has to know of the table.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import OcppError
from ocpp_core.model.messages import Payload, Request, Response, evolve
from ocpp_core.model.shapes import shape
from ocpp_core.translation.losses import LossKind, LossReason, Note, Place, path_text
from ocpp_core.translation.runs import Run, Unfit
from ocpp_core.translation.sessions.effects import Answer
from ocpp_core.translation.sessions.layers import Message, Passage, Steps
from ocpp_core.translation.sessions.state import State
from ocpp_core.translation.steps import Direction, is_command

#: Connectors of a station that are numbered as they are heard of; a hostile one can name any number.
MOST_LEARNT = 100


class Topology:
    """The table of one station: what was given, and what its reports have added, which is kept in its records."""

    def __init__(self, state: State, given: Mapping[int, tuple[int, int]]) -> None:
        self._state = state
        self._places = dict(given)
        for name, place in state.records.all("connector").items():
            if int(name) not in self._places and tuple(place) not in self._places.values():
                self._places[int(name)] = (place[0], place[1])

    def place(self, number: int, *, learns: bool) -> tuple[int, int] | None:
        """EVSE and connector of a connector of 1.x; None if it is not known."""
        if number not in self._places and learns:
            evses = {evse for evse, _ in self._places.values()}
            self._learn(number, (number if number not in evses else max(evses) + 1, 1))
        return self._places.get(number)

    def number(self, evse: int, connector: int, *, learns: bool) -> int | None:
        """The connector of 1.x; None if it is not known."""
        found = next((number for number, one in self._places.items() if one == (evse, connector)), None)
        if found is None and learns and self._learn(self._next, (evse, connector)):
            return self.number(evse, connector, learns=False)
        return found

    def numbers(self, evse: int) -> list[int]:
        """All connectors of an EVSE, in order."""
        return sorted(number for number, (one, _) in self._places.items() if one == evse)

    def in_use(self, evse: int) -> int | None:
        """The only connector of an EVSE, or the one with a vehicle; None if no connector is more likely than others."""
        numbers = self.numbers(evse)
        if len(numbers) == 1:
            return numbers[0]
        running = (number for number in numbers if self._state.running(number) is not None)
        return next(running, None) or next(filter(self._is_taken, numbers), None)

    def _is_taken(self, number: int) -> bool:
        outlet = self._state.outlets.get(number)
        return outlet is not None and (outlet.status in _TAKEN or "Occupied" in outlet.connectors.values())

    @property
    def _next(self) -> int:
        return next(number for number in range(1, len(self._places) + 2) if number not in self._places)

    def _learn(self, number: int, place: tuple[int, int]) -> bool:
        if len(self._places) >= MOST_LEARNT:
            return False
        self._places[number] = place
        self._state.records.put("connector", str(number), list(place))
        return True


#: Statuses of 1.6 with a vehicle.
_TAKEN = ("Preparing", "Charging", "SuspendedEV", "SuspendedEVSE", "Finishing")


@frozen
class _Renumbering:
    """One message, from the numbers of one side to those of the other.

    Attributes:
        topology: The table.
        run: Where losses are noted.
        is_outward: Whether it leads from connectors of 1.x to EVSEs, and not back.
        learns: Whether it may name what the table lacks, as reports may and commands may not.
    """

    topology: Topology
    run: Run
    is_outward: bool
    learns: bool

    def of(self, value: Any, place: Place = None) -> Any:
        """The value with other numbers, or itself if it has none."""
        names = [one.name for one in shape(type(value)).fields]
        changes = dict(self._inside(value, place))
        evse = "id" if type(value).__name__ == "EVSE" else "evse_id"
        number = getattr(value, evse) if evse in names else None
        if isinstance(number, list):  # a permission for some EVSEs
            changes[evse] = list(dict.fromkeys(self._pair(one, None, value, place)[0] for one in number))
        elif isinstance(number, int) and number > 0:
            connector = getattr(value, "connector_id", None)
            is_exact = "connector_id" in names and not _is_of_component(place)
            changes[evse], found = self._pair(number, connector, value, place, is_exact=is_exact)
            if "connector_id" in names:
                changes["connector_id"] = found
        return evolve(value, **changes) if changes else value

    def _inside(self, value: Any, place: Place) -> Iterator[tuple[str, Any]]:
        for one in shape(type(value)).fields:
            member = getattr(value, one.name)
            here: Place = (place, one.wire, one.wire)
            if isinstance(member, Payload):
                yield one.name, self.of(member, here)
            elif isinstance(member, list) and any(isinstance(item, Payload) for item in member):
                yield (
                    one.name,
                    [
                        self.of(item, (here, number, number)) if isinstance(item, Payload) else item
                        for number, item in enumerate(member)
                    ],
                )

    def _pair(
        self, number: int, connector: int | None, value: Any, place: Place, *, is_exact: bool = False
    ) -> tuple[int, int | None]:
        if self.is_outward:
            return self._outward(number, connector, place, is_exact=is_exact)
        return self._inward(number, connector, place)

    def _outward(
        self, number: int, connector: int | None, place: Place, *, is_exact: bool
    ) -> tuple[int, int | None]:
        found = self.topology.place(number, learns=self.learns)
        if found is None:
            raise Unfit((place, "evseId", "evseId"), number)
        evse, its = found
        is_one_of_several = len(self.topology.numbers(evse)) > 1
        if connector is not None or (is_exact and is_one_of_several):
            return evse, its
        if is_one_of_several and not _is_of_component(place):
            # The whole EVSE is meant now: it serves one vehicle at a time, at whichever connector.
            self.run.approximated((place, "connectorId", "evseId"), number, evse, LossReason.MERGED)
        return evse, None

    def _inward(self, evse: int, connector: int | None, place: Place) -> tuple[int, int | None]:
        topology = self.topology
        if connector is not None:
            found = topology.number(evse, connector, learns=self.learns)
        elif topology.numbers(evse):
            found = topology.in_use(evse)
            if found is None and (self.learns or _is_of_component(place)):
                found = topology.numbers(evse)[0]
                self.run.made((place, "evseId", "connectorId"), found, LossReason.GUESSED)
        else:
            found = topology.number(evse, 1, learns=self.learns)
        if found is None:
            raise Unfit((place, "evseId", "connectorId"), evse)
        return found, None if connector is None else 1


def _is_of_component(place: Place) -> bool:
    """Whether it is the place of a variable, which belongs to an EVSE or to a connector and means no other."""
    return place is not None and place[0] is not None and place[0][1] == "component"


@frozen
class Placing:
    """The layer that renumbers. See `Layer`.

    Attributes:
        topology: The table.
        step: The one it stands beside, as the message takes it.
        refusing: The one from 2.0.1 to 1.6, which knows how a message of 2.0.1 is refused.
        is_outward: Whether requests come from the side of 1.x.
    """

    topology: Topology
    step: Direction
    refusing: Direction
    is_outward: bool

    @property
    def there(self) -> None:
        """None: it leads to no other version."""
        return

    def __call__(self, message: Message, passage: Passage) -> Steps:
        """See `Layer`."""
        run = passage.run(self.step)
        try:
            made = _Renumbering(self.topology, run, self.is_outward, not is_command(message)).of(message)
        except Unfit as unfit:
            refusal = self.refusing.refusal(message, run, unfit)
            passage.take(run)
            return refusal
        if self.is_outward:
            passage.notes[:] = [note for note in passage.notes if not _is_guess(note)]
        passage.take(run)
        answer = yield made
        return self._returned(answer, passage) if isinstance(made, Request) else answer

    def _returned(self, answer: Answer, passage: Passage) -> Answer:
        if not isinstance(answer, Response):
            return answer
        run = passage.run(self.step)
        try:
            made: Response = _Renumbering(self.topology, run, not self.is_outward, True).of(answer)
        except Unfit as unfit:
            return OcppError(
                ErrorCode.INTERNAL, f"{path_text(unfit.place, 1)} names more connectors than fit"
            )
        passage.take(run)
        return made


def _is_guess(note: Note) -> bool:
    """Whether a step has noted that it took connector 1 of an EVSE, which the table knows better."""
    _, kind, place, value, reason, _ = note
    if kind is not LossKind.SYNTHESISED or reason is not LossReason.GUESSED or value != 1:
        return False
    return path_text(place, 2).endswith("connectorId")
