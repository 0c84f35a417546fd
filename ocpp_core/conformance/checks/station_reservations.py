"""Checks of stations: reservations."""

from ocpp_core.conformance.checks import check
from ocpp_core.conformance.checks.asking import token_of
from ocpp_core.conformance.checks.station_control import (
    accepted,
    change_availability,
    is_shown,
    number_of,
    status_of,
)
from ocpp_core.conformance.checks.steering import (
    Setting,
    ask,
    calls_from,
    charging,
    coming,
    forget,
    is_served,
    late,
    patience,
    remote_start,
    value_of,
    wanted,
    was_away,
)
from ocpp_core.conformance.requests import timestamp, token
from ocpp_core.conformance.stages import Answer, Json, PeerCall, Stage

_RESERVATION = 47110
#: Seconds that a reservation lasts where its end is waited for.
_SHORT = 3
_ENABLED = Setting("Enabled", "ReservationCtrlr")
_GROUPS = "CONFORMANCE-GROUP-1", "CONFORMANCE-GROUP-2"

# Reservations


def _of_group(id: str) -> Json:
    return {"groupIdToken": {"idToken": id, "type": "Central"}}


async def _reserve(
    stage: Stage,
    id: int,
    *,
    number: int | None = 1,
    who: str | None = None,
    seconds: float = 600,
    beside: Json | None = None,
) -> Answer:
    until = timestamp(seconds)
    members: Json = {
        **(beside or {}),
        "connectorId": number,
        "evseId": number,
        "reservationId": id,
        "id": id,
        "expiryDate": until,
        "expiryDateTime": until,
        **token(stage.specification, token_of(stage) if who is None else who),
    }
    return await ask(stage, "ReserveNow", members)


async def _reserved(stage: Stage, *, seconds: float = 600, beside: Json | None = None) -> None:
    """Reserves connector 1, where that has to work."""
    await forget(stage)
    answer = await _reserve(stage, _RESERVATION, seconds=seconds, beside=beside)
    status = is_served(stage, answer, "reservation").get("status")
    if status != "Accepted":
        stage.cannot_tell(f"the reservation was not accepted: {status}")


async def _cancel(stage: Stage, id: int = _RESERVATION) -> Answer:
    return await ask(stage, "CancelReservation", {"reservationId": id})


@check("reservation.shown")
async def reservation_shown(stage: Stage) -> None:
    """Reserves a connector, and looks at its status."""
    before = len(stage.calls)
    await _reserved(stage)
    was_shown = await is_shown(stage, 1, "Reserved", before)
    await _cancel(stage)
    if not was_shown:
        stage.lacks("the status Reserved", "StatusNotification")


@check("reservation.cancel-unknown")
async def reservation_cancel_unknown(stage: Stage) -> None:
    """Cancels a reservation that there is not."""
    answer = await _cancel(stage, 987654)
    status = is_served(stage, answer, "reservation").get("status")
    if status != "Rejected":
        stage.deviates("Rejected", str(status), marks=(answer.mark,))


@check("reservation.cancel")
async def reservation_cancel(stage: Stage) -> None:
    """Cancels a reservation that there is."""
    await _reserved(stage)
    answer = await _cancel(stage)
    status = stage.needed(answer).get("status")
    if status != "Accepted":
        stage.deviates("Accepted", str(status), marks=(answer.mark,))


@check("reservation.replaced")
async def reservation_replaced(stage: Stage) -> None:
    """Reserves again under the same id."""
    await _reserved(stage)
    answer = await _reserve(stage, _RESERVATION, seconds=900)
    status = stage.needed(answer).get("status")
    await _cancel(stage)
    if status != "Accepted":
        stage.deviates("Accepted, since it replaces the one before", str(status), marks=(answer.mark,))


@check("reservation.occupied")
async def reservation_occupied(stage: Stage) -> None:
    """Reserves a connector on which a transaction runs."""
    async with charging(stage):
        answer = await _reserve(stage, _RESERVATION)
        status = is_served(stage, answer, "reservation").get("status")
        if status == "Accepted":
            await _cancel(stage)
        if status not in ("Occupied", "Rejected"):
            stage.deviates("Occupied", str(status), marks=(answer.mark,))


@check("reservation.unavailable")
async def reservation_unavailable(stage: Stage) -> None:
    """Reserves a connector that is out of service."""
    await accepted(stage, await change_availability(stage, 1, False), "the change of availability")
    answer = await _reserve(stage, _RESERVATION)
    status = is_served(stage, answer, "reservation").get("status")
    if status == "Accepted":
        await _cancel(stage)
    await change_availability(stage, 1, True)
    if status not in ("Unavailable", "Rejected"):
        stage.deviates("Unavailable", str(status), marks=(answer.mark,))


@check("reservation.others-kept-out")
async def reservation_others(stage: Stage) -> None:
    """Starts remotely with another token where it is reserved."""
    await _reserved(stage)
    answer = await remote_start(stage, wanted(stage, who="SOMEBODY-ELSE"))
    status = stage.needed(answer).get("status")
    await _cancel(stage)
    if status != "Rejected":
        stage.deviates("Rejected, since it is reserved for another", str(status), marks=(answer.mark,))


@check("reservation.other-groups-kept-out")
async def reservation_other_groups(stage: Stage) -> None:
    """Starts remotely with another token, and another group, than those that it is reserved for."""
    await _reserved(stage, beside=_of_group(_GROUPS[0]))
    plain = await remote_start(stage, wanted(stage, who="SOMEBODY-ELSE"))
    answer = await remote_start(stage, wanted(stage, who="SOMEBODY-ELSE"), _of_group(_GROUPS[1]))
    status = stage.needed(answer).get("status")
    await _cancel(stage)
    if stage.needed(plain).get("status") != "Rejected":
        stage.cannot_tell("another token is let in without a group, which another rule is about")
    if status != "Rejected":
        stage.deviates("Rejected, since it is reserved for another group", str(status), marks=(answer.mark,))


@check("reservation.used")
async def reservation_used(stage: Stage) -> None:
    """Starts a transaction with the token of a reservation."""
    await _reserved(stage)
    async with charging(stage) as charge:
        told = [call.payload.get("reservationId") for call in charge.told()]
        if _RESERVATION not in told:
            stage.deviates(f"reservationId {_RESERVATION}", f"{told[0]}", marks=(charge.started.mark,))
    await _cancel(stage)


def _tells_end(call: PeerCall) -> bool:
    """Whether connector 1 is told to be reserved no more: what it is then depends on its cable."""
    return call.action == "NotifyEvent" or (number_of(call) == 1 and status_of(call) != "Reserved")


@check("reservation.ends")
async def reservation_ends(stage: Stage) -> None:
    """Waits until a reservation has run out."""
    since = len(stage.trace)
    await _reserved(stage, seconds=_SHORT)
    async for call in coming(stage, "StatusNotification", "NotifyEvent", within=_SHORT + patience(stage)):
        if _tells_end(call):
            return
    await _cancel(stage)
    if was_away(stage, since):
        stage.cannot_tell("it was away, and may have been so at that moment")
    stage.lacks("Available after the reservation has run out", "StatusNotification", got="no such status")


@check("reservation.end-told")
async def reservation_end_told(stage: Stage) -> None:
    """Waits until a reservation has run out, and for what is told of it by its id."""
    since = len(stage.trace)
    await _reserved(stage, seconds=_SHORT)
    ended = None
    async for call in coming(
        stage,
        "ReservationStatusUpdate",
        "StatusNotification",
        "NotifyEvent",
        within=_SHORT + patience(stage),
    ):
        if call.action != "ReservationStatusUpdate":
            ended = call if _tells_end(call) else ended
        elif call.payload.get("reservationId") == _RESERVATION:
            status = call.payload.get("reservationUpdateStatus")
            if status != "Expired":
                stage.deviates("Expired", str(status), marks=(call.mark,))
            return
    await _cancel(stage)
    if ended is None:
        stage.cannot_tell("nothing shows that it has ended, which another rule is about")
    if was_away(stage, since):
        stage.cannot_tell("it was away, and may have been so at that moment")
    stage.lacks("ReservationStatusUpdate with the id", "ReservationStatusUpdate", marks=(ended.mark,))


@check("reservation.cancel-shown")
async def reservation_cancel_shown(stage: Stage) -> None:
    """Cancels a reservation that was told as a status, and waits for another status."""
    before = len(stage.calls)
    await _reserved(stage)
    if not await is_shown(stage, 1, "Reserved", before):
        await _cancel(stage)
        stage.cannot_tell("it does not tell that it is reserved")
    before = len(stage.calls)
    answer = await _cancel(stage)
    await accepted(stage, answer, "the end of the reservation")
    async for call in calls_from(stage, before, "StatusNotification", "NotifyEvent", within=late(stage)):
        if _tells_end(call):
            return
    stage.lacks("another status than Reserved", "StatusNotification", marks=(answer.mark,))


@check("reservation.disabled")
async def reservation_disabled(stage: Stage) -> None:
    """Reserves where reservations are switched off."""
    async with _ENABLED.at(stage, "false"):
        answer = await _reserve(stage, _RESERVATION)
        status = is_served(stage, answer, "reservation").get("status")
        if status == "Accepted":
            await _cancel(stage)
            stage.deviates("Rejected, since reservations are switched off", "Accepted", marks=(answer.mark,))


async def _anywhere(stage: Stage) -> tuple[bool, str, Answer]:
    """Reserves any EVSE: whether the station says that it can, and what it answers."""
    can = await value_of(stage, "ReservationCtrlr", "NonEvseSpecific")
    answer = await _reserve(stage, _RESERVATION, number=None)
    status = is_served(stage, answer, "reservation").get("status")
    if status == "Accepted":
        await _cancel(stage)
    return can is not None and can.lower() == "true", str(status), answer


@check("reservation.anywhere")
async def reservation_anywhere(stage: Stage) -> None:
    """Reserves any EVSE where that is supported."""
    can, status, answer = await _anywhere(stage)
    if not can:
        stage.does_not_apply("it does not reserve any EVSE")
    if status == "Rejected":
        stage.deviates("Accepted, since it says that it can", status, marks=(answer.mark,))
    if status != "Accepted":
        stage.cannot_tell(f"no EVSE may be free: {status}")


@check("reservation.nowhere")
async def reservation_nowhere(stage: Stage) -> None:
    """Reserves any EVSE where that is not supported."""
    can, status, answer = await _anywhere(stage)
    if can:
        stage.does_not_apply("it reserves any EVSE")
    if status == "Accepted":
        stage.deviates("Rejected, since it does not say that it can", status, marks=(answer.mark,))


@check("reservation.to-unavailable")
async def reservation_to_unavailable(stage: Stage) -> None:
    """Takes a reserved connector out of service, and looks whether it is told to be free in between."""
    before = len(stage.calls)
    await _reserved(stage)
    if not await is_shown(stage, 1, "Reserved", before):
        stage.cannot_tell("it does not tell that it is reserved")
    before = len(stage.calls)
    await accepted(stage, await change_availability(stage, 1, False), "the change of availability")
    await is_shown(stage, 1, "Unavailable", before)
    told = [
        call for call in stage.calls[before:] if call.action == "StatusNotification" and number_of(call) == 1
    ]
    await _cancel(stage)
    await change_availability(stage, 1, True)
    if told and status_of(told[0]) == "Available":
        stage.deviates("Unavailable after Reserved", "Available", marks=(told[0].mark,))


@check("reservation.zero")
async def reservation_zero(stage: Stage) -> None:
    """Reserves connector 0 where that is not supported."""
    answer = await ask(stage, "GetConfiguration", {"key": ["ReserveConnectorZeroSupported"]})
    rows = stage.needed(answer).get("configurationKey") or ()
    if any(row.get("value") == "true" for row in rows):
        stage.does_not_apply("it supports the reservation of connector 0")
    answer = await _reserve(stage, _RESERVATION, number=0)
    status = is_served(stage, answer, "reservation").get("status")
    if status == "Accepted":
        await _cancel(stage)
        stage.deviates("Rejected", str(status), marks=(answer.mark,))
