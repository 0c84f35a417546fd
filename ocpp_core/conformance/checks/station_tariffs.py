"""Checks of stations: tariffs of 2.1."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial

from ocpp_core.conformance.checks import check
from ocpp_core.conformance.checks.asking import is_claimed
from ocpp_core.conformance.checks.steering import (
    Charge,
    ask,
    charging,
    info_of,
    is_served,
    refused_unserved,
    value_of,
)
from ocpp_core.conformance.requests import timestamp
from ocpp_core.conformance.stages import Answer, Json, Stage

_TARIFF = "conformance-47130"
_OTHER = "conformance-47131"
_NO_EVSE = 999
#: Prices of a tariff that are sent at most, to see that there are too many.
_MOST = 100


def _tariff(prices: int = 1, **members: object) -> Json:
    """So many prices of energy, all but the last under a condition."""
    steps = [{"priceKwh": 0.3, "conditions": {"minEnergy": number}} for number in range(1, prices)]
    energy = {"prices": [*steps, {"priceKwh": 0.3}]}
    return {"tariffId": _TARIFF, "currency": "EUR", "energy": energy, **members}


async def _set(stage: Stage, number: int = 1, tariff: Json | None = None) -> Answer:
    return await ask(stage, "SetDefaultTariff", {"evseId": number, "tariff": tariff or _tariff()})


async def _change(stage: Stage, charge: Charge, tariff: Json) -> Answer:
    return await ask(stage, "ChangeTransactionTariff", {"transactionId": charge.id, "tariff": tariff})


async def _clear(stage: Stage, *ids: str) -> tuple[list[Json], Answer]:
    answer = await ask(stage, "ClearTariffs", {"tariffIds": list(ids) or [_TARIFF]})
    results: list[Json] = is_served(stage, answer, "tariff").get("clearTariffsResult") or []
    return results, answer


async def _listed(stage: Stage, number: int = 0) -> tuple[dict[object, Json], Answer]:
    """What is told of the tariffs of an EVSE, or of all, by their ids."""
    answer = await ask(stage, "GetTariffs", {"evseId": number})
    return {
        each.get("tariffId"): each for each in stage.needed(answer).get("tariffAssignments") or ()
    }, answer


async def _has_set(stage: Stage, number: int = 1, tariff: Json | None = None) -> None:
    status = is_served(stage, await _set(stage, number, tariff), "tariff").get("status")
    if status != "Accepted":
        stage.cannot_tell(f"the tariff was not accepted: {status}")


@check("tariff.unknown-evse")
async def unknown_evse(stage: Stage) -> None:
    """Sets a tariff for an EVSE that there is not."""
    answer = await _set(stage, _NO_EVSE)
    status = is_served(stage, answer, "tariff").get("status")
    if status == "Accepted":
        await _clear(stage)
        stage.deviates("Rejected, since there is no such EVSE", "Accepted", marks=(answer.mark,))


@check("tariff.one-of-an-id")
async def one_of_an_id(stage: Stage) -> None:
    """Sets a tariff twice."""
    await _has_set(stage)
    answer = await _set(stage)
    await _clear(stage)
    status = stage.needed(answer).get("status")
    if status != "DuplicateTariffId":
        stage.deviates("DuplicateTariffId", str(status), marks=(answer.mark,))


@check("tariff.listed")
async def tariff_listed(stage: Stage) -> None:
    """Sets a tariff, and asks for those of its EVSE."""
    await _has_set(stage)
    answer = await ask(stage, "GetTariffs", {"evseId": 1})
    await _clear(stage)
    payload = stage.needed(answer)
    if payload.get("status") != "Accepted":
        got = str(payload.get("status"))
        stage.deviates("Accepted, since a tariff was set", got, marks=(answer.mark,))
    ids = [each.get("tariffId") for each in payload.get("tariffAssignments") or ()]
    if _TARIFF not in ids:
        stage.deviates("the tariff that was set", "others, or none", marks=(answer.mark,))


@check("tariff.cleared")
async def tariff_cleared(stage: Stage) -> None:
    """Sets a tariff, and clears it."""
    await _has_set(stage)
    results, answer = await _clear(stage)
    if [each.get("status") for each in results if each.get("tariffId") == _TARIFF] != ["Accepted"]:
        stage.deviates("Accepted of the tariff that was set", "something else", marks=(answer.mark,))
    held, answer = await _listed(stage, 1)
    if _TARIFF in held:
        stage.deviates("the tariff to be gone", "it is still there", marks=(answer.mark,))


@check("tariff.clear-unknown")
async def clear_unknown(stage: Stage) -> None:
    """Clears a tariff that there is not."""
    results, answer = await _clear(stage, "no-such-tariff")
    statuses = {each.get("status") for each in results}
    if statuses != {"NoTariff"}:
        stage.deviates("NoTariff", ", ".join(map(str, statuses)), marks=(answer.mark,))


@check("tariff.unknown-transaction")
async def unknown_transaction(stage: Stage) -> None:
    """Changes the tariff of a transaction that there is not."""
    members = {"transactionId": "no-such-transaction", "tariff": _tariff()}
    answer = await ask(stage, "ChangeTransactionTariff", members)
    status = is_served(stage, answer, "tariff").get("status")
    if status != "TxNotFound":
        stage.deviates("TxNotFound", str(status), marks=(answer.mark,))


async def _is_enabled(stage: Stage, instance: str) -> bool:
    return (await value_of(stage, "TariffCostCtrlr", "Enabled", instance) or "").lower() == "true"


@check("tariff.accepted")
async def tariff_accepted(stage: Stage) -> None:
    """Sets the plainest of tariffs, in the currency of the station."""
    if not is_claimed(stage, "tariff.accepted") and not await _is_enabled(stage, "Tariff"):
        stage.does_not_apply("it does not say that it has tariffs, nor does the profile")
    currency = await value_of(stage, "TariffCostCtrlr", "Currency") or "EUR"
    answer = await _set(stage, tariff=_tariff(currency=currency))
    status = is_served(stage, answer, "tariff").get("status")
    if status == "Accepted":
        await _clear(stage)
    elif status == "DuplicateTariffId":
        stage.cannot_tell("it has a tariff of that id")
    else:
        stage.deviates("Accepted, since nothing is wrong with it", str(status), marks=(answer.mark,))


@check("tariff.valid-from")
async def valid_from(stage: Stage) -> None:
    """Sets a tariff that is valid in an hour, and looks whether that is told."""
    await _has_set(stage, tariff=_tariff(validFrom=timestamp(3600)))
    held, answer = await _listed(stage, 1)
    await _clear(stage)
    if _TARIFF not in held:
        stage.cannot_tell("it is not told, which another rule is about")
    if "validFrom" not in held[_TARIFF]:
        stage.deviates("validFrom", "none", marks=(answer.mark,))


@check("tariff.all-cleared")
async def all_cleared(stage: Stage) -> None:
    """Sets a tariff, and clears all that there are, where it can be cleared by its id."""
    await _has_set(stage)
    results, _ = await _clear(stage)
    if [each.get("status") for each in results] != ["Accepted"]:
        stage.cannot_tell("it could not be cleared by its id, which another rule is about")
    await _has_set(stage)
    answer = await ask(stage, "ClearTariffs")
    results = stage.needed(answer).get("clearTariffsResult") or []
    held, after = await _listed(stage)
    await _clear(stage)
    if [each.get("status") for each in results if each.get("tariffId") == _TARIFF] != ["Accepted"]:
        stage.deviates("Accepted of the tariff that was set", "something else", marks=(answer.mark,))
    if _TARIFF in held:
        stage.deviates("the tariff to be gone", "it is still there", marks=(after.mark,))


@check("tariff.cleared-by-place")
async def cleared_by_place(stage: Stage) -> None:
    """Sets tariffs for two EVSEs, and clears those of one: of both ids, and of any."""
    if stage.profile.evses < 2:
        stage.does_not_apply("it has one EVSE")
    await _has_set(stage, 2, _tariff(tariffId=_OTHER))
    try:
        for members in ({"tariffIds": [_TARIFF, _OTHER]}, {}):
            place = "tariffIds, evseId" if members else "evseId"
            await _has_set(stage)
            if not {_TARIFF, _OTHER} <= (await _listed(stage))[0].keys():
                stage.cannot_tell("it does not tell both tariffs, which another rule is about")
            answer = await ask(stage, "ClearTariffs", {"evseId": 1, **members})
            stage.needed(answer)
            held, _ = await _listed(stage)
            await _clear(stage)
            if _TARIFF in held:
                stage.deviates("the tariff of EVSE 1 to be gone", "there", place=place, marks=(answer.mark,))
            if _OTHER not in held:
                stage.deviates("that of EVSE 2 to be kept", "gone", place=place, marks=(answer.mark,))
    finally:
        await _clear(stage, _OTHER)


async def _too_many(stage: Stage) -> Json:
    """A tariff with more prices than the station can have."""
    most = await value_of(stage, "TariffCostCtrlr", "MaxElements", "Tariff")
    if most is None or not most.isdecimal() or not 0 < int(most) < _MOST:
        stage.cannot_tell("it does not tell how many prices it can have, or that is very many")
    if await _conditions(stage) == "false":
        stage.does_not_apply("it has no conditions, and so no use for many prices")
    return _tariff(int(most) + 1)


async def _conditions(stage: Stage) -> str:
    """What the station tells of conditions."""
    return (await value_of(stage, "TariffCostCtrlr", "ConditionsSupported", "Tariff") or "").lower()


async def _conditional(stage: Stage) -> Json:
    """A tariff with a condition, of which the station has none."""
    if await _conditions(stage) != "false":
        stage.does_not_apply("it does not say that it has no conditions")
    return _tariff(2)


#: What a tariff can be wrong in: what makes it, and the refusal.
_WRONG = {
    "elements": (_too_many, "TooManyElements"),
    "conditions": (_conditional, "ConditionNotSupported"),
}


async def _refused(kind: str, stage: Stage) -> None:
    """Sets a tariff that has to be refused, as a default and for a transaction."""
    make, refusal = _WRONG[kind]
    tariff = await make(stage)
    await _has_set(stage)  # what is plain, else nobody can tell what is refused
    await _clear(stage)
    answer = await _set(stage, tariff=tariff)
    status = is_served(stage, answer, "tariff").get("status")
    if status == "Accepted":
        await _clear(stage)
    if status != refusal:
        stage.deviates(refusal, str(status), place="SetDefaultTariff", marks=(answer.mark,))
    async with charging(stage) as charge:
        answer = await _change(stage, charge, tariff)
        status = is_served(stage, answer, "tariff").get("status")
        if status != refusal:
            stage.deviates(refusal, str(status), place="ChangeTransactionTariff", marks=(answer.mark,))


for _kind in _WRONG:
    check(f"tariff.{_kind}")(partial(_refused, _kind))


@asynccontextmanager
async def _priced(stage: Stage) -> AsyncGenerator[Charge, None]:
    """A transaction on an EVSE that has a tariff."""
    await _has_set(stage)
    try:
        async with charging(stage) as charge:
            yield charge
    finally:
        await _clear(stage)


def _named(charge: Charge) -> list[object]:
    return [info_of(call)["tariffId"] for call in charge.told() if "tariffId" in info_of(call)]


@check("tariff.named")
async def tariff_named(stage: Stage) -> None:
    """Has a transaction where a tariff is set, and looks whether one is named."""
    async with _priced(stage) as charge:
        ended = await charge.stop()
        refused = any(call.payload.get("triggerReason") == "TariffNotAccepted" for call in charge.told())
        if refused:
            stage.cannot_tell("the tariff was not accepted")
        if not _named(charge):
            stage.deviates("the tariffId in some event", "none", marks=(charge.started.mark, ended.mark))


@check("cost.told")
async def cost_told(stage: Stage) -> None:
    """Has a transaction with a tariff, and looks for the cost in its last event."""
    for instance in ("Tariff", "Cost"):
        if not await _is_enabled(stage, instance):
            stage.does_not_apply(f"it does not say that it does so: {instance}")
    async with _priced(stage) as charge:
        ended = await charge.stop()
        if not _named(charge):
            stage.cannot_tell("no tariff is named, which another rule is about")
        if "costDetails" not in ended.payload:
            stage.deviates("costDetails", "none", marks=(ended.mark,))


@check("tariff.currency-kept")
async def currency_kept(stage: Stage) -> None:
    """Changes the tariff of a transaction to one in another currency."""
    async with _priced(stage) as charge:
        if not _named(charge):
            stage.cannot_tell("no tariff is named yet")
        answer = await _change(stage, charge, _tariff(tariffId=_OTHER, currency="SEK"))
        status = is_served(stage, answer, "tariff").get("status")
        if status != "NoCurrencyChange":
            stage.deviates("NoCurrencyChange", str(status), marks=(answer.mark,))


@check("tariff.changed")
async def tariff_changed(stage: Stage) -> None:
    """Changes the tariff of a transaction."""
    async with _priced(stage) as charge:
        if not _named(charge):
            stage.cannot_tell("no tariff is named yet")
        answer = await _change(stage, charge, _tariff(tariffId=_OTHER))
        status = is_served(stage, answer, "tariff").get("status")
        if status != "Accepted":
            stage.deviates("Accepted", str(status), marks=(answer.mark,))


@check("tariff.unsupported")
async def tariff_unsupported(stage: Stage) -> None:
    """Sets tariffs where nothing is known of them."""
    if is_claimed(stage, "tariff.accepted"):
        stage.does_not_apply("the profile claims tariffs")
    for variable in ("Enabled", "Available", "MaxElements"):
        if await value_of(stage, "TariffCostCtrlr", variable, "Tariff") not in (None, "false"):
            stage.does_not_apply("it says that it can")
    changed = {"transactionId": "no-such-transaction", "tariff": _tariff()}
    for action, answer in (
        ("SetDefaultTariff", await _set(stage)),
        ("ChangeTransactionTariff", await ask(stage, "ChangeTransactionTariff", changed)),
    ):
        await refused_unserved(stage, answer, _clear, place=action)
