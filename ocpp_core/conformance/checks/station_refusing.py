"""Checks of stations: what they have to refuse, or to leave, for the state they are in (2.x)."""

from typing import Any

from ocpp_core.conformance.checks import check
from ocpp_core.conformance.checks.station_charging import has_sent, version_of_list
from ocpp_core.conformance.checks.station_control import change_availability
from ocpp_core.conformance.checks.steering import (
    AUTHORIZING,
    Setting,
    Wanted,
    ask,
    begun,
    charging,
    id_of,
    is_served,
    patience,
    remote_start,
    token_in,
    told_of,
    wanted,
)
from ocpp_core.conformance.requests import timestamp, token
from ocpp_core.conformance.stages import Answer, Json, Stage
from ocpp_core.testing.smallest import TOKEN

#: A slot for network profiles that no station has.
_NO_SLOT = 987654
_PRIORITY = Setting("NetworkConfigurationPriority", "OCPPCommCtrlr")
_SECURITY = Setting("SecurityProfile", "SecurityCtrlr")
_DOWNGRADING = Setting("AllowSecurityProfileDowngrade", "SecurityCtrlr")
_SMART = Setting("Enabled", "SmartChargingCtrlr")
_CACHE = Setting("Enabled", "AuthCacheCtrlr")
_LIST = Setting("Enabled", "LocalAuthListCtrlr")


# Starts


async def _is_refused(stage: Stage, asked: Wanted, answer: Answer, why: str) -> None:
    """Judges the answer to a remote start; what began all the same is stopped."""
    status = stage.needed(answer, "a remote start").get("status")
    if status == "Rejected":
        return
    started = await told_of(stage, asked.is_begun, 0)
    if started is not None:
        await ask(stage, "RequestStopTransaction", {"transactionId": id_of(started)})
    stage.deviates(f"Rejected, since {why}", str(status), marks=(answer.mark,))


@check("transaction.unavailable-rejected")
async def unavailable_rejected(stage: Stage) -> None:
    """Takes an EVSE out of service, and starts a transaction there."""
    taken = stage.needed(await change_availability(stage, 1, False), "a change of availability")
    try:
        if taken.get("status") != "Accepted":
            stage.cannot_tell(f"the EVSE was not taken out of service: {taken.get('status')}")
        asked = wanted(stage)
        await _is_refused(stage, asked, await remote_start(stage, asked), "it is out of service")
    finally:
        await change_availability(stage, 1, True)


@check("transaction.bad-profile-rejected")
async def bad_profile_rejected(stage: Stage) -> None:
    """Starts a transaction with a profile whose schedule does not begin at its beginning."""
    if await _SMART.get(stage) != "true":
        stage.cannot_tell(f"{_SMART.name_in(stage.specification)} is not true")
    asked = wanted(stage)
    schedule = {
        "id": 1,
        "chargingRateUnit": "A",
        "startSchedule": timestamp(),
        "chargingSchedulePeriod": [{"startPeriod": 60, "limit": 6.0}],
    }
    profile: Json = {
        "id": 47111,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": [schedule],
    }
    members = {
        **token(stage.specification, asked.token),
        "evseId": asked.connector,
        "remoteStartId": asked.remote_start_id,
        "chargingProfile": profile,
    }
    answer = await ask(stage, "RequestStartTransaction", members)
    await _is_refused(stage, asked, answer, "the first period of the schedule does not begin at 0")


@check("transaction.central-unasked")
async def central_unasked(stage: Stage) -> None:
    """Has remote starts authorised, starts one with a token of the type Central, and looks for Authorize."""
    async with AUTHORIZING.at(stage, "true"):
        asked = wanted(stage, kind="Central")
        charge = await begun(stage, asked)
        await charge.stop()
        for call in stage.calls[charge.since :]:
            if call.action == "Authorize" and token_in(call) == asked.token.upper():
                stage.deviates("no Authorize of a token that the CSMS has made", "one", marks=(call.mark,))


# Resets


@check("reset.after-transaction")
async def after_transaction(stage: Stage) -> None:
    """Resets when idle while a transaction runs, ends it, and waits for a boot."""
    async with charging(stage) as charge:
        answer = await ask(stage, "Reset", {"type": "OnIdle"})
        status = stage.needed(answer).get("status")
        if status != "Scheduled":
            stage.cannot_tell(f"the reset was not scheduled: {status}")
        await charge.stop()
        if await stage.expect("BootNotification", within=patience(stage)) is None:
            stage.deviates("BootNotification after the transaction", "none", marks=(answer.mark,))


# Network profiles


async def _profile(stage: Stage, slot: int, **members: Any) -> None:
    """Sets a network profile that has to be refused."""
    data = {
        "ocppVersion": "OCPP20",
        "ocppTransport": "JSON",
        "ocppCsmsUrl": "wss://csms.example.com/ocpp",
        "messageTimeout": 30,
        "securityProfile": 3,
        "ocppInterface": "Wired0",
        **members,
    }
    asked = {"configurationSlot": slot, "connectionData": data}
    answer = await ask(stage, "SetNetworkProfile", asked)
    status = stage.needed(answer, "SetNetworkProfile").get("status")
    if status == "Accepted":
        stage.deviates("Rejected", str(status), marks=(answer.mark,))


async def _slot(stage: Stage) -> int:
    """The last slot that is tried: what is written there by mistake is missed least.

    Raises:
        Inconclusive: The station names none.
    """
    slots = [each.strip() for each in (await _PRIORITY.get(stage) or "").split(",")]
    if not slots[-1].isdigit():
        stage.cannot_tell(f"{_PRIORITY.name_in(stage.specification)} names no slots")
    return int(slots[-1])


@check("network.unknown-slot")
async def unknown_slot(stage: Stage) -> None:
    """Sets a profile in a slot that there is not."""
    await _profile(stage, _NO_SLOT)


@check("network.bad-content")
async def bad_content(stage: Stage) -> None:
    """Sets a profile whose address is none."""
    await _profile(stage, await _slot(stage), ocppCsmsUrl="no address")


@check("network.less-secure")
async def less_secure(stage: Stage) -> None:
    """Sets a profile that is less secure than what is spoken."""
    level = await _SECURITY.get(stage)
    if level not in ("2", "3"):
        stage.cannot_tell(f"nothing is less secure than {level}")
    if await _DOWNGRADING.get(stage) == "true":
        stage.does_not_apply(f"{_DOWNGRADING.name_in(stage.specification)} is true")
    await _profile(stage, await _slot(stage), securityProfile=int(level) - 1)


@check("network.bad-priority")
async def bad_priority(stage: Stage) -> None:
    """Sets the order of slots to one that there is not."""
    before = await _PRIORITY.get(stage)
    if not before:
        stage.cannot_tell(f"it has no {_PRIORITY.name_in(stage.specification)}")
    status = await _PRIORITY.set(stage, str(_NO_SLOT))
    if status in ("Accepted", "RebootRequired"):
        await _PRIORITY.set(stage, before)
        stage.deviates("Rejected", status)


# What is switched off, and asked for nothing


@check("cache.off-rejected")
async def cache_off_rejected(stage: Stage) -> None:
    """Clears a cache that is switched off."""
    async with _CACHE.at(stage, "false"):
        answer = await ask(stage, "ClearCache")
        status = stage.needed(answer).get("status")
        if status != "Rejected":
            stage.deviates("Rejected, since it is switched off", str(status), marks=(answer.mark,))


@check("local-list.off")
async def list_off(stage: Stage) -> None:
    """Sends a list, switches lists off, and asks for the version."""
    await has_sent(stage, 7, "Full", TOKEN)
    async with _LIST.at(stage, "false"):
        version, answer = await version_of_list(stage)
        if version != 0:
            stage.deviates("version 0, since it is switched off", f"{version}", marks=(answer.mark,))


@check("customer.neither")
async def customer_neither(stage: Stage) -> None:
    """Asks neither for a report nor that something be forgotten."""
    asked = {"requestId": 4753, "report": False, "clear": False, "customerIdentifier": "nobody"}
    answer = await ask(stage, "CustomerInformation", asked)
    status = is_served(stage, answer, "customer-information").get("status")
    if status == "Accepted":
        stage.deviates("Rejected", str(status), marks=(answer.mark,))
