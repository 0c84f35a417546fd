"""Checks of stations: tariffs of 2.1."""

from ocpp_core.conformance.checks import check
from ocpp_core.conformance.checks.steering import ask, is_served
from ocpp_core.conformance.stages import Answer, Json, Stage

_TARIFF = "conformance-47130"
_NO_EVSE = 999


def _tariff() -> Json:
    return {"tariffId": _TARIFF, "currency": "EUR", "energy": {"prices": [{"priceKwh": 0.3}]}}


async def _set(stage: Stage, number: int = 1) -> Answer:
    return await ask(stage, "SetDefaultTariff", {"evseId": number, "tariff": _tariff()})


async def _clear(stage: Stage, id: str = _TARIFF) -> tuple[list[Json], Answer]:
    answer = await ask(stage, "ClearTariffs", {"tariffIds": [id]})
    results: list[Json] = is_served(stage, answer, "tariff").get("clearTariffsResult") or []
    return results, answer


async def _has_set(stage: Stage) -> None:
    status = is_served(stage, await _set(stage), "tariff").get("status")
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
    answer = await ask(stage, "GetTariffs", {"evseId": 1})
    held = stage.needed(answer).get("tariffAssignments") or ()
    if any(each.get("tariffId") == _TARIFF for each in held):
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
