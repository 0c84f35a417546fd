"""How a station is got to do something: to boot again, to charge, to be set otherwise; in the words of all versions."""

import asyncio
import itertools
import secrets
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from attrs import define, field

from ocpp_core.conformance.checks import asking
from ocpp_core.conformance.checks.asking import listen, token_of
from ocpp_core.conformance.requests import is_first, request, response, timestamp, token
from ocpp_core.conformance.stages import Answer, AnswerKind, Json, PeerCall, Refused, Stage
from ocpp_core.payloads.validation import explain

#: Seconds for a boot, or for another try after an answer that never came, in times of `answer_within`.
PATIENCE = 12.0
#: Seconds in which the stage answers a call that was waited for: what is asked next shall not overtake the answer.
_SETTLING = 0.1
#: What a boot is answered: a status and an interval in seconds; None is silence.
BootAnswer = tuple[str, int] | None
#: Transaction ids that were not used before; a station may remember those of an earlier run.
_IDS = itertools.count(secrets.randbelow(1 << 29) + 1000)
#: What tells of transactions.
TELLING = ("StartTransaction", "StopTransaction", "TransactionEvent")


def patience(stage: Stage) -> float:
    """Seconds for what may take long."""
    return PATIENCE * stage.profile.answer_within


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


@define
class Charge:
    """A transaction that the kit has had started.

    Attributes:
        stage: Where.
        token: Who charges.
        connector: Where, by its number.
        remote_start_id: In 2.x.
        started: What has told that it began.
        id: Of the transaction: ours in 1.x, the station's in 2.x.
        since: Number of calls of the station before it.
    """

    stage: Stage
    token: str
    connector: int
    remote_start_id: int
    started: PeerCall
    id: Any
    since: int
    ended: PeerCall | None = None

    def told(self) -> list[PeerCall]:
        """What the station has told of transactions since it was asked to start."""
        return [call for call in self.stage.calls[self.since :] if call.action in TELLING]

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
        """What tells that it has ended.

        Raises:
            Inconclusive: Nothing does.
        """
        self.ended = await told_of(self.stage, is_end, self.since)
        if self.ended is None:
            self.stage.cannot_tell("nothing told that the transaction has ended")
        return self.ended


async def told_of(stage: Stage, fits: Any, after: int, *, within: float | None = None) -> PeerCall | None:
    """What tells of transactions and fits, among the calls from a number on; None if none comes in time."""
    for call in stage.calls[after:]:
        if call.action in TELLING and fits(call):
            await listen(stage, _SETTLING)
            return call
    async for call in coming(stage, *TELLING, within=within):
        if fits(call):
            await listen(stage, _SETTLING)
            return call
    return None


def giving_ids(stage: Stage, status: str = "Accepted") -> int:
    """Answers what starts transactions in 1.x: with a new id, which is returned, and what is thought of the token.

    In 2.x it answers the same of the token.
    """
    id = next(_IDS)

    def started(_: PeerCall) -> Json:
        members = {"transactionId": id, "idTagInfo": {"status": status}}
        return response(stage.specification, "StartTransaction", members)

    def event(call: PeerCall) -> Json:
        named = "idToken" in call.payload
        members = {"idTokenInfo": {"status": status}} if named else {}
        return response(stage.specification, "TransactionEvent", members)

    if is_first(stage.specification):
        stage.responders["StartTransaction"] = started
    else:
        stage.responders["TransactionEvent"] = event
    return id


async def remote_start(
    stage: Stage, *, connector: int = 1, who: str | None = None, remote_start_id: int = 1
) -> Answer:
    """Asks to start a transaction."""
    members = token(stage.specification, token_of(stage) if who is None else who)
    if is_first(stage.specification):
        return await ask(stage, "RemoteStartTransaction", {**members, "connectorId": connector})
    return await ask(
        stage,
        "RequestStartTransaction",
        {**members, "evseId": connector, "remoteStartId": remote_start_id},
    )


@asynccontextmanager
async def charging(
    stage: Stage, *, connector: int = 1, status: str = "Accepted", who: str | None = None
) -> AsyncGenerator[Charge, None]:
    """A transaction that was started remotely, and is stopped in the end.

    Raises:
        Inconclusive: It does not come about. A cable has to be in, or to be plugged by the hook ``plug``.
    """
    await forget(stage)
    before, remote_start_id = len(stage.calls), next(_IDS)
    given = giving_ids(stage, status)
    if "plug" in stage.profile.hooks:
        await stage.help("plug", connector=connector)
    answer = await remote_start(stage, connector=connector, who=who, remote_start_id=remote_start_id)
    if stage.needed(answer, "the answer to a remote start").get("status") != "Accepted":
        stage.cannot_tell("the remote start was not accepted")
    started = await told_of(stage, is_start, before)
    if started is None:
        stage.cannot_tell("no transaction has begun; is a cable in?")
    id = given if is_first(stage.specification) else id_of(started)
    charge = Charge(
        stage, token_of(stage) if who is None else who, connector, remote_start_id, started, id, before
    )
    try:
        yield charge
    finally:
        if charge.ended is None and await told_of(stage, is_end, before, within=0) is None:
            await charge.ask_to_stop()
            await told_of(stage, is_end, before)
        if "unplug" in stage.profile.hooks:
            await stage.help("unplug", connector=connector)


# Settings


@define
class Setting:
    """Something that can be set: a key of 1.x, and the variable of 2.x that is the same."""

    key: str
    component: str
    variable: str = field(default="")

    @property
    def place(self) -> Json:
        """How 2.x names it."""
        return {"component": {"name": self.component}, "variable": {"name": self.variable or self.key}}

    async def get(self, stage: Stage) -> str | None:
        """Its value; None if the station does not tell one."""
        if is_first(stage.specification):
            answer = await ask(stage, "GetConfiguration", {"key": [self.key]})
            rows: Sequence[Json] = stage.needed(answer, "GetConfiguration").get("configurationKey", [])
            return next((row.get("value") for row in rows if row.get("key") == self.key), None)
        answer = await ask(stage, "GetVariables", {"getVariableData": [self.place]})
        rows = stage.needed(answer, "GetVariables").get("getVariableResult", [])
        return next((row.get("attributeValue") for row in rows), None)

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
            stage.cannot_tell(f"{self.key} cannot be set: {status}")
        try:
            yield
        finally:
            if before is not None and before != value:
                await self.set(stage, before)


SAMPLING = Setting("MeterValueSampleInterval", "SampledDataCtrlr", "TxUpdatedInterval")
ATTEMPTS = Setting("TransactionMessageAttempts", "OCPPCommCtrlr", "MessageAttempts")
PAUSE = Setting("TransactionMessageRetryInterval", "OCPPCommCtrlr", "MessageAttemptInterval")
AUTHORIZING = Setting("AuthorizeRemoteTxRequests", "AuthCtrlr", "AuthorizeRemoteStart")
HEARTBEAT = Setting("HeartbeatInterval", "OCPPCommCtrlr")


def refusing(stage: Stage, action: str, times: int = 1, code: str = "InternalError") -> None:
    """Answers an action with errors, so many times, and peacefully after that."""
    peaceful = stage.responders.get(action)
    left = [times]

    def answer(call: PeerCall) -> Json | Refused | None:
        if left[0] > 0:
            left[0] -= 1
            return Refused(code)
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
    await forget(stage)
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
