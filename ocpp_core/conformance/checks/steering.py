"""How a station is got to do something: to boot again, to charge, to be set otherwise; in the words of all versions."""

import asyncio
import itertools
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from attrs import define, field

from ocpp_core.conformance.checks import asking
from ocpp_core.conformance.checks.asking import listen, token_of
from ocpp_core.conformance.requests import is_first, request, response, timestamp, token
from ocpp_core.conformance.stages import Answer, AnswerKind, Json, PeerCall, Refused, Stage
from ocpp_core.conformance.traces import What
from ocpp_core.model.versions import Specification
from ocpp_core.payloads.validation import explain

#: Seconds for a boot, or for another try after an answer that never came, in times of `answer_within`.
PATIENCE = 12.0
#: Seconds after which what has to follow has not, likewise.
LATE = 4.0
#: Seconds in which the stage answers a call that was waited for: what is asked next shall not overtake the answer.
_SETTLING = 0.1
#: Seconds without a word after which a station has said what it had to, and the most that is waited for that.
_QUIET = 0.25
_LONGEST_TALK = 1.5
#: What a boot is answered: a status and an interval in seconds; None is silence.
BootAnswer = tuple[str, int] | None
#: Transaction ids that were not used before; a station may remember those of an earlier run.
_IDS = itertools.count(secrets.randbelow(1 << 29) + 1000)
#: What tells of transactions.
TELLING = ("StartTransaction", "StopTransaction", "TransactionEvent")


def patience(stage: Stage) -> float:
    """Seconds for what may take long."""
    return PATIENCE * stage.profile.answer_within


def late(stage: Stage) -> float:
    """Seconds after which something that has to follow has not: a station may be slow, and have other things to do."""
    return LATE * stage.profile.answer_within


async def ask(stage: Stage, action: str, members: Mapping[str, Any] | None = None) -> Answer:
    """Calls with the smallest request of an action and some members.

    Raises:
        Inconclusive: The result breaks its schema, which another rule is about: whoever goes on can trust its types.
    """
    answer = await asking.ask(stage, action, members)
    if answer.payload is not None and explain(stage.specification.response(action), answer.payload):
        stage.cannot_tell(f"the answer to {action} breaks its schema, which another rule is about")
    return answer


def place_in(call: PeerCall) -> Json:
    """The EVSE that an event names; {} if it names none."""
    evse = call.payload.get("evse")
    return evse if isinstance(evse, dict) else {}


async def forget(stage: Stage) -> None:
    """What the station has asked so far is not what is waited for from now on."""
    while await stage.expect(within=0) is not None:
        pass


async def quiet(stage: Stage) -> None:
    """Lets the station say what it had to say, within reason: some are never quiet. Nothing of it is waited for."""
    loop = asyncio.get_running_loop()
    until = loop.time() + _LONGEST_TALK
    await forget(stage)
    while loop.time() < until and await stage.expect(within=_QUIET) is not None:
        pass


def was_away(stage: Stage, since: int) -> bool:
    """Whether the station has connected anew since an entry of the trace: what it said meanwhile may be lost."""
    return any(entry.what is What.OPENED and entry.number > since for entry in stage.trace)


async def coming(stage: Stage, *actions: str, within: float | None = None) -> AsyncGenerator[PeerCall, None]:
    """Calls of some actions as they come, for so many seconds in all: `Profile.answer_within` unless told otherwise.

    Whoever calls without end does not keep a check from ending.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + (stage.profile.answer_within if within is None else within)
    while (call := await stage.expect(*actions, within=max(0.0, until - loop.time()))) is not None:
        yield call
        if loop.time() > until:
            return


async def calls_from(
    stage: Stage, number: int, *actions: str, within: float | None = None
) -> AsyncGenerator[PeerCall, None]:
    """Calls of some actions from a number on: those that came already, and those that come; none of before."""
    last = stage.calls[number - 1].mark if number else -1
    for call in stage.calls[number:]:
        if call.action in actions:
            yield call
            last = max(last, call.mark)
    async for call in coming(stage, *actions, within=within):
        # Nobody may have waited for what came before.
        if call.mark > last:
            yield call


# Boots


async def rebooted(stage: Stage, *answers: BootAnswer) -> PeerCall:
    """Has the station boot again: its first BootNotification, which was answered with the first of the answers.

    Each boot gets the next of them, and the last again and again.
    """
    waiting = list(answers)

    def answer(_: PeerCall) -> Json | None:
        given = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if given is None:
            return None
        status, interval = given
        members = {
            "status": status,
            "interval": interval,
            "heartbeatInterval": interval,
            "currentTime": timestamp(),
        }
        return response(stage.specification, "BootNotification", members)

    stage.responders["BootNotification"] = answer
    await forget(stage)
    wanted = ("Hard", "Immediate")
    payload = stage.needed(await ask(stage, "Reset", {"type": wanted}), "the answer to Reset")
    if payload.get("status") != "Accepted":
        stage.cannot_tell("it does not let itself be reset")
    return await awaited(stage, "BootNotification", within=patience(stage))


async def awaited(stage: Stage, *actions: str, within: float | None = None) -> PeerCall:
    """A call that has to come for anything to be judged."""
    call = await stage.expect(*actions, within=within)
    if call is None:
        stage.cannot_tell(f"no {' or '.join(actions)} came")
    await listen(stage, _SETTLING)
    return call


def since(stage: Stage, call: PeerCall) -> Iterator[PeerCall]:
    """What the station has asked after a call."""
    return (each for each in stage.calls if each.mark > call.mark)


# Transactions


def is_end(call: PeerCall) -> bool:
    """Whether it tells that a transaction has ended."""
    return call.action == "StopTransaction" or call.payload.get("eventType") == "Ended"


def is_start(call: PeerCall) -> bool:
    """Whether it tells that a transaction has begun."""
    return call.action == "StartTransaction" or call.payload.get("eventType") == "Started"


def info_of(call: PeerCall) -> Json:
    """What a TransactionEvent tells of its transaction; {} if it tells nothing, or in 1.x."""
    info = call.payload.get("transactionInfo", call.payload.get("transactionData"))
    return info if isinstance(info, dict) else {}


def id_of(call: PeerCall) -> Any:
    """The id of the transaction that a call is about; None if it names none."""
    info = info_of(call)
    return call.payload.get("transactionId", info.get("transactionId", info.get("id")))


def readings_of(call: PeerCall) -> Iterator[tuple[Json, Json]]:
    """Each sampled value of a call with the reading that it belongs to."""
    for name in ("meterValue", "transactionData", "values"):
        listed = call.payload.get(name)
        for reading in listed if isinstance(listed, list) else ():
            samples = reading.get("sampledValue", reading.get("value")) if isinstance(reading, dict) else None
            for sample in samples if isinstance(samples, list) else ():
                if isinstance(sample, dict):
                    yield reading, sample


def token_in(call: PeerCall) -> str | None:
    """The token that a call names, in capitals: they are compared so; None if it names none."""
    named = call.payload.get("idTag", call.payload.get("idToken"))
    text = named.get("idToken") if isinstance(named, dict) else named
    return text.upper() if isinstance(text, str) else None


def number_in(call: PeerCall) -> Any:
    """The number of the connector of 1.x, or of the EVSE of 2.x, that a call is about; None if it names none."""
    return call.payload.get("connectorId", place_in(call).get("id", call.payload.get("evseId")))


@define
class Wanted:
    """What a transaction was asked for with: there may be others, of other people, on other connectors.

    Attributes:
        token: Who charges.
        connector: Where, by its number.
        remote_start_id: In 2.x.
        kind: Of token, in 2.x.
        others: Ids that transactions of others were given meanwhile, in 1.x.
    """

    token: str
    connector: int
    remote_start_id: int
    kind: str = "ISO14443"
    others: set[Any] = field(factory=set)

    def fits(self, call: PeerCall) -> bool:
        """Whether it is about this one, as far as can be told: by its id, its token or its place."""
        if info_of(call).get("remoteStartId") == self.remote_start_id:
            return True
        token, number = token_in(call), number_in(call)
        told = [
            *([] if token is None else [token == self.token.upper()]),
            *([] if number is None else [number == self.connector]),
        ]
        # Either alone may be what a station gets wrong, which other rules are about.
        return not told or any(told)

    def is_begun(self, call: PeerCall) -> bool:
        """Whether it tells that this one has begun; if it began before, with the cable, that it was let."""
        if not is_start(call):
            return info_of(call).get("remoteStartId") == self.remote_start_id
        return self.fits(call)


@define
class Charge:
    """A transaction that the kit has had started.

    Attributes:
        stage: Where.
        wanted: What it was asked for with.
        started: What has told that it began.
        id: Of the transaction: ours in 1.x, the station's in 2.x.
        since: Number of calls of the station before it.
        ended: What has told that it ended.
    """

    stage: Stage
    wanted: Wanted
    started: PeerCall
    id: Any
    since: int
    ended: PeerCall | None = None
    _is_plugged: bool = True

    @property
    def token(self) -> str:
        """Who charges."""
        return self.wanted.token

    @property
    def connector(self) -> int:
        """Where, by its number."""
        return self.wanted.connector

    def is_own(self, call: PeerCall) -> bool:
        """Whether a call is about it, and not about what others do meanwhile."""
        id = id_of(call)
        if id is not None and id == self.id:
            return True
        others = {id_of(each) for each in self.stage.calls if is_start(each) and not self.wanted.fits(each)}
        return self.wanted.fits(call) and (id is None or id not in others | self.wanted.others)

    def told(self) -> list[PeerCall]:
        """What the station has told of it since it was asked to start it."""
        calls = self.stage.calls[self.since :]
        return [call for call in calls if call.action in TELLING and self.is_own(call)]

    def is_its_end(self, call: PeerCall) -> bool:
        """Whether a call tells that it has ended."""
        return is_end(call) and self.is_own(call)

    async def ask_to_stop(self, id: Any = None) -> Answer:
        """Asks to stop it, or another."""
        action = "RemoteStopTransaction" if is_first(self.stage.specification) else "RequestStopTransaction"
        return await ask(self.stage, action, {"transactionId": self.id if id is None else id})

    async def stop(self) -> PeerCall:
        """Stops it where that has to work.

        Raises:
            Inconclusive: It does not.
        """
        payload = self.stage.needed(await self.ask_to_stop(), "the answer to a remote stop")
        if payload.get("status") != "Accepted":
            self.stage.cannot_tell("the remote stop was not accepted")
        return await self.end()

    async def end(self) -> PeerCall:
        """What tells that it has ended; some end with the cable alone.

        Raises:
            Inconclusive: Nothing does.
        """
        self.ended = await told_of(self.stage, self.is_its_end, self.since)
        if self.ended is None and await self.unplug():
            self.ended = await told_of(self.stage, self.is_its_end, self.since)
        if self.ended is None:
            self.stage.cannot_tell("nothing told that the transaction has ended")
        return self.ended

    async def unplug(self) -> bool:
        """Takes the cable out, if there is somebody who does; False if not."""
        if not self._is_plugged or "unplug" not in self.stage.profile.hooks:
            return False
        self._is_plugged = False
        await self.stage.help("unplug", connector=self.connector)
        return True


async def told_of(stage: Stage, fits: Any, after: int, *, within: float | None = None) -> PeerCall | None:
    """What tells of transactions and fits, among the calls from a number on; None if none comes in time."""
    async for call in calls_from(stage, after, *TELLING, within=within):
        if fits(call):
            await listen(stage, _SETTLING)
            return call
    return None


def giving_ids(stage: Stage, wanted: Wanted, status: str = "Accepted") -> int:
    """Answers what starts transactions in 1.x: with a new id, which is returned, and what is thought of the token.

    In 2.x it answers the same of the token. Transactions of others get ids of their own, and are good.
    """
    id = next(_IDS)

    def started(call: PeerCall) -> Json:
        given, thought = id, status
        if not wanted.fits(call):
            given, thought = next(_IDS), "Accepted"
            wanted.others.add(given)
        members = {"transactionId": given, "idTagInfo": {"status": thought}}
        return response(stage.specification, "StartTransaction", members)

    def event(call: PeerCall) -> Json:
        thought = status if wanted.fits(call) else "Accepted"
        members = {"idTokenInfo": {"status": thought}} if "idToken" in call.payload else {}
        return response(stage.specification, "TransactionEvent", members)

    if is_first(stage.specification):
        stage.responders["StartTransaction"] = started
    else:
        stage.responders["TransactionEvent"] = event
    return id


def wanted(stage: Stage, *, connector: int = 1, who: str | None = None, kind: str = "ISO14443") -> Wanted:
    """A transaction to be asked for, under an id that was not used before."""
    return Wanted(token_of(stage) if who is None else who, connector, next(_IDS), kind)


async def remote_start(stage: Stage, asked: Wanted, beside: Json | None = None) -> Answer:
    """Asks to start a transaction; the request may have members beside."""
    members = {**token(stage.specification, asked.token, asked.kind), **(beside or {})}
    if is_first(stage.specification):
        return await ask(stage, "RemoteStartTransaction", {**members, "connectorId": asked.connector})
    return await ask(
        stage,
        "RequestStartTransaction",
        {**members, "evseId": asked.connector, "remoteStartId": asked.remote_start_id},
    )


async def begun(stage: Stage, asked: Wanted, *, status: str = "Accepted") -> Charge:
    """Has a transaction started.

    Raises:
        Inconclusive: It does not come about. A cable has to be in, or to be plugged by the hook ``plug``.
    """
    await forget(stage)
    before = len(stage.calls)
    given = giving_ids(stage, asked, status)
    if "plug" in stage.profile.hooks:
        await stage.help("plug", connector=asked.connector)
    answer = await remote_start(stage, asked)
    if stage.needed(answer, "the answer to a remote start").get("status") != "Accepted":
        stage.cannot_tell("the remote start was not accepted")
    started = await told_of(stage, asked.is_begun, before, within=late(stage))
    if started is None:
        stage.cannot_tell("no transaction has begun; is a cable in?")
    id = given if is_first(stage.specification) else id_of(started)
    return Charge(stage, asked, started, id, before)


@asynccontextmanager
async def charging(
    stage: Stage, *, connector: int = 1, status: str = "Accepted", who: str | None = None
) -> AsyncGenerator[Charge, None]:
    """A transaction that was started remotely, and is stopped in the end.

    Raises:
        Inconclusive: See `begun`.
    """
    charge = await begun(stage, wanted(stage, connector=connector, who=who), status=status)
    try:
        yield charge
    finally:
        if charge.ended is None and await told_of(stage, charge.is_its_end, charge.since, within=0) is None:
            await charge.ask_to_stop()
            await told_of(stage, charge.is_its_end, charge.since)
        await charge.unplug()


# Settings


@define
class Setting:
    """Something that can be set: a key of 1.x, and the variable of 2.x that is the same."""

    key: str
    component: str
    variable: str = field(default="")
    instance: str | None = field(default=None)

    @property
    def place(self) -> Json:
        """How 2.x names it."""
        instance = {} if self.instance is None else {"instance": self.instance}
        named = {"name": self.variable or self.key, **instance}
        return {"component": {"name": self.component}, "variable": named}

    def name_in(self, specification: Specification) -> str:
        """What it is called in a version, for people."""
        if is_first(specification):
            return self.key
        instance = "" if self.instance is None else f"[{self.instance}]"
        return f"{self.component}.{self.variable or self.key}{instance}"

    async def get(self, stage: Stage) -> str | None:
        """Its value; None if the station does not tell one, as none of 1.2 can."""
        if is_first(stage.specification):
            if "GetConfiguration" not in stage.specification.actions:
                return None
            answer = await ask(stage, "GetConfiguration", {"key": [self.key]})
            rows: Sequence[Json] = stage.needed(answer, "GetConfiguration").get("configurationKey", [])
            return next((row.get("value") for row in rows if row.get("key") == self.key), None)
        return next((row.get("attributeValue") for row in await _rows_of(stage, self)), None)

    async def set(self, stage: Stage, value: str) -> str:
        """Sets it; what the station says to that."""
        if is_first(stage.specification):
            answer = await ask(stage, "ChangeConfiguration", {"key": self.key, "value": value})
            return str(stage.needed(answer, "ChangeConfiguration").get("status"))
        data = [{**self.place, "attributeValue": value}]
        answer = await ask(stage, "SetVariables", {"setVariableData": data})
        rows = stage.needed(answer, "SetVariables").get("setVariableResult", [])
        return str(rows[0].get("attributeStatus")) if rows else ""

    @asynccontextmanager
    async def at(self, stage: Stage, value: str) -> AsyncGenerator[None, None]:
        """Has it at a value for a while.

        Raises:
            Inconclusive: It cannot be set.
        """
        before = await self.get(stage)
        status = await self.set(stage, value)
        if status != "Accepted":
            stage.cannot_tell(f"{self.name_in(stage.specification)} cannot be set: {status}")
        try:
            yield
        finally:
            if before is not None and before != value:
                await self.set(stage, before)


async def _rows_of(stage: Stage, setting: Setting) -> Sequence[Json]:
    """What a station of 2.x answers when it is asked for a variable."""
    return await _rows_at(stage, setting.place)


async def _rows_at(stage: Stage, place: Json) -> Sequence[Json]:
    answer = await ask(stage, "GetVariables", {"getVariableData": [place]})
    rows: Sequence[Json] = stage.needed(answer, "GetVariables").get("getVariableResult", [])
    return rows


async def value_of(stage: Stage, component: str, variable: str, instance: str | None = None) -> str | None:
    """What a variable of 2.x is, at the station or else at its first EVSE; None if it has none at either.

    Raises:
        Inconclusive: It does not tell.
    """
    place = Setting(variable, component, instance=instance).place
    at_evse = {**place, "component": {"name": component, "evse": {"id": 1}}}
    for each in (place, at_evse):
        rows = await _rows_at(stage, each)
        status = rows[0].get("attributeStatus") if len(rows) == 1 else ""
        if status == "Accepted":
            return str(rows[0].get("attributeValue", ""))
        if status not in ("UnknownComponent", "UnknownVariable"):
            stage.cannot_tell(f"it does not tell {component}.{variable}")
    return None


SAMPLING = Setting("MeterValueSampleInterval", "SampledDataCtrlr", "TxUpdatedInterval")
ATTEMPTS = Setting("TransactionMessageAttempts", "OCPPCommCtrlr", "MessageAttempts", "TransactionEvent")
PAUSE = Setting(
    "TransactionMessageRetryInterval", "OCPPCommCtrlr", "MessageAttemptInterval", "TransactionEvent"
)
AUTHORIZING = Setting("AuthorizeRemoteTxRequests", "AuthCtrlr", "AuthorizeRemoteStart")
LENIENCY = Setting("MaxEnergyOnInvalidId", "TxCtrlr")
HEARTBEAT = Setting("HeartbeatInterval", "OCPPCommCtrlr")
OFFLINE = Setting("OfflineThreshold", "OCPPCommCtrlr")
RESETS = Setting("ResetRetries", "OCPPCommCtrlr")


def refusing(stage: Stage, action: str, fits: Callable[[PeerCall], bool], times: int = 1) -> None:
    """Answers calls of an action that fit with errors, so many times, and peacefully after that."""
    peaceful = stage.responders.get(action)
    left = [times]

    def answer(call: PeerCall) -> Json | Refused | None:
        if left[0] > 0 and fits(call):
            left[0] -= 1
            return Refused("InternalError")
        if peaceful is not None:
            return peaceful(call)
        return response(stage.specification, call.action)

    stage.responders[action] = answer


def placed(stage: Stage, number: int) -> Json:
    """The members that name a connector of 1.x, or an EVSE of 2.x; 0 is the whole station."""
    evse = {"evse": {"id": number}} if number else {}
    return {"connectorId": number, "evseId": number, **evse}


async def triggered(stage: Stage, action: str, members: Json | None = None) -> Answer:
    """Asks the station to send something; what it has sent before is not that."""
    await quiet(stage)
    for trigger in ("TriggerMessage", "ExtendedTriggerMessage"):
        if trigger in stage.specification.actions:
            wanted = {"requestedMessage": action, **(members or {})}
            return await stage.call(trigger, request(stage.specification, trigger, wanted))
    stage.does_not_apply("this version asks for no messages")


def is_served(stage: Stage, answer: Answer, feature: str) -> Json:
    """The payload of a result of something that a station need not do; without it the check ends."""
    if answer.kind is AnswerKind.ERROR and answer.code in ("NotSupported", "NotImplemented"):
        if not stage.profile.features.get(feature):
            stage.does_not_apply(f"{feature} is not served, nor claimed by the profile")
        stage.cannot_tell(f"{feature} is claimed by the profile, and not served")
    return stage.needed(answer)


async def refused_unserved(
    stage: Stage, answer: Answer, undo: Callable[[Stage], Awaitable[object]], *, place: str = ""
) -> None:
    """Judges the answer to what a station says nothing of: an error. What it does all the same is undone."""
    if answer.kind is AnswerKind.ERROR:
        return
    status = stage.needed(answer).get("status")
    if status == "Accepted":
        await undo(stage)
        stage.cannot_tell("it can, though it does not say so")
    stage.deviates("NotSupported or NotImplemented", str(status), place=place, marks=(answer.mark,))
