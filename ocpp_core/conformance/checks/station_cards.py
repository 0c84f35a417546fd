"""Checks of stations: what a token does that somebody presents, which takes the hook ``card`` (2.x)."""

import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from ocpp_core.conformance.checks import check
from ocpp_core.conformance.checks.asking import listen, token_of
from ocpp_core.conformance.checks.station_charging import has_sent
from ocpp_core.conformance.checks.steering import (
    TELLING,
    Setting,
    ask,
    calls_from,
    forget,
    id_of,
    is_end,
    late,
    token_in,
)
from ocpp_core.conformance.requests import response
from ocpp_core.conformance.stages import PeerCall, Stage

#: Where cards are presented.
_PLACE = 1
#: The version of the list that is sent.
_VERSION = 11
_BEFORE = Setting("LocalPreAuthorize", "AuthCtrlr", "LocalPreAuthorization")
_CACHE = Setting("AuthorizationCacheEnabled", "AuthCacheCtrlr", "Enabled")
_ASKING = Setting("AuthEnabled", "AuthCtrlr", "Enabled")


def _stranger() -> str:
    """A token that nobody can know, and a card could have: seven bytes."""
    return secrets.token_hex(7).upper()


def _answering(stage: Stage, status: str) -> None:
    """Says this of whoever is asked about."""
    result = response(stage.specification, "Authorize", {"idTokenInfo": {"status": status}})
    stage.responders["Authorize"] = lambda _: result


async def _presented(stage: Stage, who: str) -> int:
    """Presents a token; the number of calls of before."""
    await forget(stage)
    since = len(stage.calls)
    await stage.help("card", token=who, connector=_PLACE)
    return since


async def _named(stage: Stage, since: int, who: str, *actions: str) -> PeerCall | None:
    """The first call that names a token, and does not end anything."""
    async for call in calls_from(stage, since, *actions, within=late(stage)):
        if token_in(call) == who.upper() and not is_end(call):
            return call
    return None


def _has_ended(stage: Stage, began: PeerCall) -> bool:
    return any(is_end(call) and id_of(call) == id_of(began) for call in stage.calls)


@asynccontextmanager
async def _begun(stage: Stage, who: str) -> AsyncGenerator[tuple[int, PeerCall | None], None]:
    """Presents a token where a cable is in: the number of calls of before, and what tells of a transaction.

    In the end it is stopped, if it has not ended by then.
    """
    if "plug" in stage.profile.hooks:
        await stage.help("plug", connector=_PLACE)
    since = await _presented(stage, who)
    began = await _named(stage, since, who, "TransactionEvent")
    try:
        yield since, began
    finally:
        if began is not None and not _has_ended(stage, began):
            await ask(stage, "RequestStopTransaction", {"transactionId": id_of(began)})
            await stage.expect("TransactionEvent", within=late(stage))
        if "unplug" in stage.profile.hooks:
            await stage.help("unplug", connector=_PLACE)


async def _asks(stage: Stage) -> None:
    if await _ASKING.get(stage) == "false":
        stage.cannot_tell("it authorises nobody, as was set")


async def _refused(stage: Stage) -> tuple[str, PeerCall | None]:
    """Presents a token that nobody can know and that is refused; what it is, and the question about it."""
    await _asks(stage)
    _answering(stage, "Invalid")
    who = _stranger()
    return who, await _named(stage, await _presented(stage, who), who, "Authorize")


@check("card.asked")
async def asked(stage: Stage) -> None:
    """Presents a token that nobody can know."""
    _, call = await _refused(stage)
    if call is None:
        stage.deviates("Authorize for a token that is not known", "none")


@check("card.asked-again")
async def asked_again(stage: Stage) -> None:
    """Refuses a token, and presents it again."""
    who, first = await _refused(stage)
    if first is None:
        stage.cannot_tell("it was not asked about, which another rule is about")
    await listen(stage)
    if await _named(stage, await _presented(stage, who), who, "Authorize") is None:
        stage.deviates("Authorize once more for a token that was refused", "none", marks=(first.mark,))


@check("card.ends")
async def ends(stage: Stage) -> None:
    """Presents a token, and presents it again when it charges."""
    who = token_of(stage)
    _answering(stage, "Accepted")
    async with _begun(stage, who) as (_, began):
        if began is None:
            stage.cannot_tell("no transaction has begun; is a cable in?")
        await listen(stage)
        since = await _presented(stage, who)
        async for call in calls_from(stage, since, "TransactionEvent", within=late(stage)):
            if id_of(call) == id_of(began) and call.payload.get("triggerReason") == "StopAuthorized":
                return
        stage.lacks("an event with triggerReason StopAuthorized", *TELLING, marks=(began.mark,))


@check("card.told")
async def told(stage: Stage) -> None:
    """Has a token let, and presents it again after that."""
    if not {"plug", "unplug"} <= stage.profile.hooks.keys():
        stage.cannot_tell("whether it can begin another transaction takes the hooks plug and unplug")
    if await _CACHE.get(stage) != "true":
        stage.cannot_tell("it has no cache, or does not use it")
    who = _stranger()
    _answering(stage, "Accepted")
    async with _BEFORE.at(stage, "true"):
        async with _begun(stage, who) as (_, began):
            if began is None:
                stage.cannot_tell("no transaction has begun; is a cable in?")
        await listen(stage)
        if not _has_ended(stage, began):
            stage.cannot_tell("the transaction goes on, though the cable was pulled")
        async with _begun(stage, who) as (_, again):
            if again is None:
                stage.lacks("an event that names a token of the cache", *TELLING, marks=(began.mark,))


@check("card.listed")
async def listed(stage: Stage) -> None:
    """Presents a token that the local list lets charge."""
    who = _stranger()
    async with _BEFORE.at(stage, "true"):
        await has_sent(stage, _VERSION, "Full", who)
        async with _begun(stage, who) as (since, began):
            for call in stage.calls[since:]:
                if call.action == "Authorize" and token_in(call) == who:
                    stage.deviates("no Authorize for a token of the list", call.action, marks=(call.mark,))
            if began is None:
                stage.cannot_tell("no transaction has begun; is a cable in?")


@check("card.listed-refused")
async def listed_refused(stage: Stage) -> None:
    """Presents a token that the local list does not let charge."""
    who = _stranger()
    _answering(stage, "Blocked")
    async with _BEFORE.at(stage, "true"):
        await has_sent(stage, _VERSION, "Full", who, status="Blocked")
        since = await _presented(stage, who)
        if await _named(stage, since, who, "Authorize") is None:
            stage.deviates("Authorize for a token that the list refuses", "none")
