"""Checks of CSMSs: where and for how much a token may charge, what a transaction costs, and who pays at once."""

from datetime import UTC, datetime, timedelta
from typing import Any

from ocpp_core.conformance.checks import check
from ocpp_core.conformance.checks.asking import ask, claimed, moment, patiently, told
from ocpp_core.conformance.checks.transacting import Transaction
from ocpp_core.conformance.requests import timestamp, token, token_info
from ocpp_core.conformance.stages import Json, Stage

#: How far "the current time" may be off.
_NEAR = timedelta(minutes=5)
#: A payment that a terminal has authorised.
_PAYMENT: Json = {"idToken": "KIT-PSP-0001", "type": "DirectPayment"}


async def _info(stage: Stage, kind: str) -> tuple[Json, int]:
    """What is said of a token of the profile, and where."""
    payload, mark = await told(stage, "Authorize", token(stage.specification, stage.known_token(kind)))
    return token_info(payload), mark


def _wants(stage: Stage, info: Json, status: str, mark: int) -> None:
    if info.get("status") != status:
        stage.deviates(f"the status {status}", info.get("status"), marks=(mark,))


@check("authorize.evse-type")
async def evse_type(stage: Stage) -> None:
    """Presents a token that may not charge at EVSEs of this type."""
    info, mark = await _info(stage, "evse-type")
    _wants(stage, info, "NotAllowedTypeEVSE", mark)


@check("authorize.elsewhere")
async def elsewhere(stage: Stage) -> None:
    """Presents a token that may not charge at any EVSE of this station."""
    info, mark = await _info(stage, "elsewhere")
    _wants(stage, info, "NotAtThisLocation", mark)
    if info.get("evseId"):
        stage.deviates("no EVSEs beside NotAtThisLocation", info["evseId"], marks=(mark,))


@check("authorize.some-evses")
async def some_evses(stage: Stage) -> None:
    """Presents a token that may charge at some EVSEs of this station."""
    info, mark = await _info(stage, "some-evses")
    if info.get("status") != "Accepted":
        stage.cannot_tell(f"the token is {info.get('status')}")
    if not info.get("evseId"):
        stage.deviates("the EVSEs at which it may charge", "none", marks=(mark,))


#: What a certificate is said to be, and what its token has to be then.
_BESIDE = {"CertificateExpired": "Expired", "CertificateRevoked": "Invalid"}
#: What a token is not beside a certificate that is Accepted.
_CANCELLED = ("Expired", "Invalid", "Unknown")


@check("authorize.certificate-status")
async def certificate_status(stage: Stage) -> None:
    """Presents the hashes of a contract certificate, with tokens of all kinds."""
    hashes = {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": "00" * 32,
        "issuerKeyHash": "11" * 32,
        "serialNumber": "1A2B",
        "responderURL": "http://ocsp.example.org/",
    }
    has_said = False
    known = [text for texts in stage.profile.tokens.values() for text in texts[:1]]
    for text in [*known, "NO-SUCH-CONTRACT"]:
        who = token(stage.specification, text, kind="eMAID")
        payload, mark = await told(stage, "Authorize", {**who, "iso15118CertificateHashData": [hashes]})
        said, status = payload.get("certificateStatus"), str(token_info(payload).get("status"))
        has_said = has_said or said in ("Accepted", "ContractCancelled", *_BESIDE)
        if said in _BESIDE and status != _BESIDE[said]:
            stage.deviates(f"a token that is {_BESIDE[said]} beside {said}", status, marks=(mark,))
        if said == "Accepted" and status in _CANCELLED:
            stage.deviates(f"ContractCancelled for a token that is {status}", said, marks=(mark,))
        if said == "ContractCancelled" and status == "Accepted":
            stage.deviates("a token that is not Accepted beside ContractCancelled", status, marks=(mark,))
    if not has_said:
        stage.cannot_tell("it says of no such certificate whether it is valid")


async def _not_kept(stage: Stage, kind: str, status: str) -> None:
    """A token of a prepaid account is not to be kept in the cache of a station."""
    info, mark = await _info(stage, kind)
    _wants(stage, info, status, mark)
    if "cacheExpiryDateTime" not in info:
        stage.deviates("cacheExpiryDateTime, now", "none", marks=(mark,))
    if moment(stage, info["cacheExpiryDateTime"]) > datetime.now(UTC) + _NEAR:
        stage.deviates("cacheExpiryDateTime, now", info["cacheExpiryDateTime"], marks=(mark,))


@check("authorize.prepaid")
async def prepaid(stage: Stage) -> None:
    """Presents a token of a prepaid account that has money."""
    await _not_kept(stage, "prepaid", "Accepted")


@check("authorize.no-credit")
async def no_credit(stage: Stage) -> None:
    """Presents a token of a prepaid account that has none."""
    await _not_kept(stage, "no-credit", "NoCredit")


@check("authorize.tariff-told")
async def tariff_told(stage: Stage) -> None:
    """Presents a token that has a tariff of its own."""
    payload, mark = await told(stage, "Authorize", token(stage.specification, stage.known_token("tariff")))
    if token_info(payload).get("status") == "Accepted" and "tariff" not in payload:
        stage.deviates("the tariff of the driver", "none", marks=(mark,))


# Limits of a transaction


async def _event(stage: Stage, played: Transaction, trigger: str, **members: Any) -> tuple[Json, int]:
    answer = await played.event("Updated", (trigger,), **members)
    return stage.needed(answer, "the answer to an event"), answer.mark


async def _limited(stage: Stage) -> tuple[Transaction, float, int]:
    """A transaction of a prepaid account, and the most that it may cost."""
    played = Transaction.of(stage, stage.known_token("prepaid"))
    answer = await played.start()
    limit = _limit(stage.needed(answer, "the answer to the start"))
    if limit is None:
        stage.cannot_tell("no limit was set at the start")
    return played, limit, answer.mark


def _limit(payload: Json) -> float | None:
    limit = payload.get("transactionLimit")
    cost = limit.get("maxCost") if isinstance(limit, dict) else None
    return cost if isinstance(cost, int | float) else None


@check("transaction.prepaid-limit")
async def prepaid_limit(stage: Stage) -> None:
    """Starts a transaction of a prepaid account."""
    played = Transaction.of(stage, stage.known_token("prepaid"))
    answer = await played.start()
    limit = _limit(stage.needed(answer, "the answer to the start"))
    later, mark = await _event(stage, played, "ChargingStateChanged")
    if limit is None and _limit(later) is None:
        stage.deviates("transactionLimit with maxCost", "none", marks=(answer.mark, mark))


@check("transaction.limit-once")
async def limit_once(stage: Stage) -> None:
    """Confirms the limit of a transaction, and goes on."""
    played, limit, first = await _limited(stage)
    confirmed = {"maxCost": limit}
    for trigger, members in (("LimitSet", {"transactionLimit": confirmed}), ("MeterValuePeriodic", {})):
        payload, mark = await _event(stage, played, trigger, **members)
        if _limit(payload) == limit:
            stage.deviates("the limit once", "once more", marks=(first, mark))


@check("transaction.lower-limit")
async def lower_limit(stage: Stage) -> None:
    """Tells a limit of the driver that is lower than that of the CSMS."""
    played, limit, first = await _limited(stage)
    if limit <= 0:
        stage.cannot_tell(f"the limit is {limit}")
    lower = limit / 2
    payload, mark = await _event(stage, played, "LimitSet", transactionLimit={"maxCost": lower})
    again = _limit(payload)
    if again == limit:
        stage.cannot_tell("it has told its limit again, which another rule is about")
    if again is not None and again >= lower:
        stage.deviates(f"no other limit than {lower}", again, marks=(first, mark))


# What it costs


async def _tells_costs(stage: Stage, played: Transaction) -> bool:
    """Whether the costs of a transaction of an hour are told on the way."""
    for ago in (1800, 900, 60):
        at = timestamp(-ago)
        payload, _ = await _event(
            stage, played, "MeterValuePeriodic", at=at, energy=played.energy + 10 * (3600 - ago)
        )
        if "totalCost" in payload:
            return True
    return await patiently(stage, "CostUpdated") is not None


@check("transaction.running-cost")
async def running_cost(stage: Stage) -> None:
    """Tells of energy, and waits for what it costs."""
    claimed(stage, "transaction.running-cost")
    played = Transaction.of(stage)
    await played.begun(at=timestamp(-3600))
    if not await _tells_costs(stage, played):
        stage.deviates("totalCost in an answer, or CostUpdated", "neither")


@check("transaction.limited-cost")
async def limited_cost(stage: Stage) -> None:
    """Tells of energy where costs are limited, and waits for them."""
    played, _, first = await _limited(stage)
    if not await _tells_costs(stage, played):
        stage.deviates("totalCost in an answer, or CostUpdated", "neither", marks=(first,))


# Payment at once


@check("payment.cancelled")
async def cancelled(stage: Stage) -> None:
    """Ends a transaction that was paid at a terminal, before any energy has flown."""
    claimed(stage, "payment.cancelled")
    played = Transaction.of(stage)
    await played.begun(idToken=_PAYMENT)
    answer = await played.event(
        "Ended", ("EVConnectTimeout",), energy=played.energy, idToken=_PAYMENT, stoppedReason="Timeout"
    )
    cost = stage.needed(answer, "the answer to the end").get("totalCost")
    if cost is None:
        stage.deviates("totalCost 0", "none", marks=(answer.mark,))
    if cost != 0:
        stage.cannot_tell(f"it says that the transaction has cost {cost}")


@check("payment.kiosk-limit")
async def kiosk_limit(stage: Stage) -> None:
    """Has a transaction started that was paid at a kiosk, and starts it."""
    claimed(stage, "payment.kiosk-limit")
    call = await stage.provoke("RequestStartTransaction", {"idToken": _PAYMENT})
    who = call.payload.get("idToken")
    if not isinstance(who, dict) or who.get("type") != "DirectPayment":
        stage.cannot_tell("the token of its remote start is not of type DirectPayment")
    answer = await Transaction.of(stage).start(
        triggerReason=("RemoteStart",), idToken=who, remoteStartId=call.payload.get("remoteStartId")
    )
    if not stage.needed(answer, "the answer to the start").get("transactionLimit"):
        stage.deviates("transactionLimit", "none", marks=(call.mark, answer.mark))


@check("settlement.receipt")
async def receipt(stage: Stage) -> None:
    """Tells that a payment was settled."""
    claimed(stage, "settlement.receipt")
    answer = await ask(stage, "NotifySettlement", {"status": "Settled"})
    if not stage.needed(answer, "the answer to NotifySettlement").get("receiptUrl"):
        stage.deviates("the address of the receipt", "none", marks=(answer.mark,))


@check("vat-number.evse")
async def vat_number(stage: Stage) -> None:
    """Asks at an EVSE."""
    answer = await ask(stage, "VatNumberValidation", {"evseId": 1})
    evse = stage.needed(answer, "the answer to VatNumberValidation").get("evseId")
    if evse != 1:
        stage.deviates("evseId 1", evse, marks=(answer.mark,))
