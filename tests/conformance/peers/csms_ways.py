"""Ways to put one fault into a faultless CSMS: each makes a function that changes one of its hooks."""

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from conformance.peers.csms import Csms, Refused, Session, profile
from ocpp_core.conformance.requests import is_first, response
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import PayloadError
from ocpp_core.payloads.conversion import from_wire

Json = dict[str, Any]
# Ways to put a fault into a CSMS


def refusing(
    *actions: str, code: str = "NotSupported", when: Callable[[Json], bool] = lambda _: True
) -> Callable[[Csms], None]:
    """Refuses actions, or some requests of them."""

    def change(csms: Csms) -> None:
        def refuse(_: Session, action: str, payload: Json) -> None:
            if action in actions and when(payload):
                raise Refused(code)

        csms.refusals.append(refuse)

    return change


def editing(action: str, edit: Callable[[Json, Json], Json]) -> Callable[[Csms], None]:
    """Changes what an action is answered."""

    def change(csms: Csms) -> None:
        csms.edits[action] = edit

    return change


def saying(action: str, **members: Any) -> Callable[[Csms], None]:
    """Changes members of what an action is answered; one that is None is left out."""

    def edit(result: Json, _: Json) -> Json:
        changed = result | members
        return {name: value for name, value in changed.items() if value is not None}

    return editing(action, edit)


def telling(action: str, edit: Callable[[str, Json], str | None]) -> Callable[[Csms], None]:
    """Changes the status of a token in an answer; not where what is said of a certificate goes by it."""

    def change(result: Json, request: Json) -> Json:
        if "iso15118CertificateHashData" in request:
            return result
        for name in ("idTagInfo", "idTokenInfo"):
            if name in result:
                result[name] = result[name] | {"status": edit(result[name]["status"], request)}
        return result

    return editing(action, change)


def framing(edit: Callable[[list[Any]], Iterator[Any]]) -> Callable[[Csms], None]:
    """Changes frames as they go out: texts and bytes are sent as they are."""

    def change(csms: Csms) -> None:
        csms.outgoing = lambda frame: (
            each if isinstance(each, str | bytes) else json.dumps(each) for each in edit(frame)
        )

    return change


def only(kind: int, edit: Callable[[list[Any]], Any]) -> Callable[[Csms], None]:
    """Changes frames of a type as they go out."""
    return framing(lambda frame: iter([edit(frame) if frame[0] == kind else frame]))


def being(cls: Callable[[type[Session]], type[Session]]) -> Callable[[Csms], None]:
    """Behaves otherwise in its sessions."""

    def change(csms: Csms) -> None:
        csms.session_class = cls(csms.session_class)

    return change


def asking(action: str, make: Callable[[Csms], Json]) -> Callable[[Csms], None]:
    """Says something else in a call of its own."""

    def change(csms: Csms) -> None:
        csms.sending[action] = make

    return change


def token_of(payload: Json) -> str:
    """Who charges, in a request of either family."""
    token = payload.get("idTag", payload.get("idToken", ""))
    return str(token.get("idToken", "") if isinstance(token, dict) else token)


def later(**delta: float) -> str:
    """A moment some time from now."""
    return (datetime.now(UTC) + timedelta(**delta)).isoformat(timespec="seconds").replace("+00:00", "Z")


# Sessions that behave otherwise


def behaving(**methods: Any) -> Callable[[Csms], None]:
    return being(lambda base: type("Faulty", (base,), methods))


def closing_at(method: str) -> Callable[[Csms], None]:
    async def closes(self: Session, *_: Any) -> None:
        await self.connection.close(1002)

    return behaving(**{method: closes})


async def answers_unknown_types(self: Session, frame: list[Any]) -> None:
    await self.error(str(frame[1]), self.csms.codes[ErrorCode.FORMAT])


def answering_answers(base: type[Session]) -> type[Session]:
    class Faulty(base):  # type: ignore[misc,valid-type]
        def answered(self, frame: list[Any]) -> None:
            super().answered(frame)
            if not self.asked:
                self.queue_error(frame)

        def queue_error(self, frame: list[Any]) -> None:
            task = asyncio.ensure_future(self.error(frame[1], "GenericError"))
            self.tasks.add(task)

    return Faulty


def deaf(base: type[Session]) -> type[Session]:
    """Serves no calls while one of its own is open."""

    class Faulty(base):  # type: ignore[misc,valid-type]
        async def called(self, frame: list[Any], is_doubled: bool) -> None:
            if self.pending:
                await self.error(frame[1], "GenericError", "Call already in progress")
            else:
                await super().called(frame, is_doubled)

    return Faulty


def hasty(base: type[Session]) -> type[Session]:
    """Serves no calls for a while after one of its own."""

    class Faulty(base):  # type: ignore[misc,valid-type]
        ended = False

        def answered(self, frame: list[Any]) -> None:
            super().answered(frame)
            self.ended = True

        async def called(self, frame: list[Any], is_doubled: bool) -> None:
            if self.ended:
                await self.error(frame[1], "GenericError", "Call already in progress")
            else:
                await super().called(frame, is_doubled)

    return Faulty


def slow_and_careless(base: type[Session]) -> type[Session]:
    """Lets a call stay open for a while, and does not look at the ids of others meanwhile."""

    class Faulty(base):  # type: ignore[misc,valid-type]
        async def received(self, message: str | bytes) -> None:
            async def serve() -> None:
                if '"DataTransfer"' in str(message):
                    await asyncio.sleep(0.05)
                await base.received(self, message)

            task = asyncio.ensure_future(serve())
            self.tasks.add(task)

    return Faulty


def patient(csms: Csms) -> None:
    csms.call_timeout = 3600.0


def forgetful(base: type[Session]) -> type[Session]:
    """Takes what comes late for the answer to the call that is open, and calls again."""

    class Faulty(base):  # type: ignore[misc,valid-type]
        def answered(self, frame: list[Any]) -> None:
            waiting = list(self.pending.values())
            if frame[1] not in self.pending and waiting and not waiting[-1].done():
                waiting[-1].set_result([4, frame[1], "GenericError", "", {}])
                self.asked = ""
            else:
                super().answered(frame)

        async def call(self, action: str, payload: Json) -> list[Any] | None:
            answer: list[Any] | None = await super().call(action, payload)
            if answer is not None and answer[0] == 4:
                self.queue(action, payload)
            return answer

    return Faulty


def doubling(base: type[Session]) -> type[Session]:
    """Sends a second call without waiting for the answer to the first."""

    class Faulty(base):  # type: ignore[misc,valid-type]
        async def call(self, action: str, payload: Json) -> list[Any] | None:
            await self.send([2, self.new_id(), action, payload])
            answer: list[Any] | None = await super().call(action, payload)
            return answer

    return Faulty


def accepting(keyword: str) -> Callable[[Csms], None]:
    """Serves requests that break a rule of their schema."""

    def validate(self: Session, action: str, payload: Json) -> None:
        try:
            from_wire(self.csms.specification.request(action), payload)
        except PayloadError as error:
            if error.violations[0].keyword != keyword:
                raise Refused(self.csms.codes[error.violations[0].code]) from None

    def answer(self: Session, action: str, payload: Json) -> Json:
        try:
            return Session.answer(self, action, payload)
        except (KeyError, TypeError, AttributeError, ValueError):
            return _smallest(self, action)

    return behaving(validate=validate, answer=answer)


def _smallest(session: Session, action: str) -> Json:
    """What an action is answered whatever stands in the request."""
    return response(session.csms.specification, action, {"status": session.csms.registration})


def misjudging(keyword: str, code: str) -> Callable[[Csms], None]:
    """Refuses with the wrong code what breaks a rule of its schema."""

    def validate(self: Session, action: str, payload: Json) -> None:
        try:
            from_wire(self.csms.specification.request(action), payload)
        except PayloadError as error:
            is_it = error.violations[0].keyword == keyword
            raise Refused(code if is_it else self.csms.codes[error.violations[0].code]) from None

    return behaving(validate=validate)


def setting(**members: Any) -> Callable[[Csms], None]:
    return asking("SetChargingProfile", lambda csms: profile(csms, **members))


def profile_with(edit: Callable[[Json, Csms], None]) -> Callable[[Csms], None]:
    """Edits the payload of SetChargingProfile."""

    def make(csms: Csms) -> Json:
        made = profile(csms)
        edit(made, csms)
        return made

    return asking("SetChargingProfile", make)


def schedules_of(made: Json) -> list[Json]:
    profile: Any = made.get("chargingProfile", made.get("csChargingProfiles", {}))
    inner = profile["chargingSchedule"]
    return inner if isinstance(inner, list) else [inner]


def with_period(**members: Any) -> Callable[[Csms], None]:
    def edit(made: Json, _: Csms) -> None:
        period = schedules_of(made)[0]["chargingSchedulePeriod"][0]
        period.update(members)
        for name in [name for name, value in members.items() if value is None]:
            del period[name]

    return profile_with(edit)


def with_schedule(**members: Any) -> Callable[[Csms], None]:
    def edit(made: Json, _: Csms) -> None:
        schedule = schedules_of(made)[0]
        schedule.update(members)
        for name in [name for name, value in members.items() if value is None]:
            del schedule[name]

    return profile_with(edit)


def placed(**members: Any) -> Callable[[Csms], None]:
    """A profile of a purpose, for a connector or an EVSE."""
    number = members.pop("place")

    def make(csms: Csms) -> Json:
        made = profile(csms, **members)
        made["connectorId" if is_first(csms.specification) else "evseId"] = number
        return made

    return asking("SetChargingProfile", make)


def remote_start(**members: Any) -> Callable[[Csms], None]:
    """A remote start with a profile."""

    def change(csms: Csms) -> None:
        action = "RemoteStartTransaction" if is_first(csms.specification) else "RequestStartTransaction"

        def make(csms: Csms) -> Json:
            made = profile(csms, **{"chargingProfilePurpose": "TxProfile", **members})
            return {"chargingProfile": made.get("chargingProfile", made.get("csChargingProfiles"))}

        csms.sending[action] = make

    return change
