"""CSMSs with one fault in what they say of tokens and transactions."""

from collections.abc import Callable
from typing import Any

from conformance.peers import csms_ways as ways
from conformance.peers.csms import TOKENS, Csms, Refused, Session, now
from conformance.peers.csms_faults import FIRST, NEWEST, SECOND, Fault

Json = dict[str, Any]
_START = now()


def _case_matters(status: str, request: Json) -> str:
    return status if ways.token_of(request).isupper() or status != "Accepted" else "Invalid"


def _for(status: str, other: str) -> Callable[[str, Json], str]:
    return lambda told, _: other if told == status else told


def _info(**members: Any) -> Callable[[Json, Json], Json]:
    def edit(result: Json, _: Json) -> Json:
        if "idTokenInfo" not in result:
            return result
        info = result["idTokenInfo"] | members
        return result | {"idTokenInfo": {name: value for name, value in info.items() if value is not None}}

    return edit


def _blindly(result: Json, request: Json) -> Json:
    return result | ({"certificateStatus": "Accepted"} if "certificate" in request else {})


def _costless(result: Json, request: Json) -> Json:
    return {name: value for name, value in result.items() if name != "totalCost" or not _is_end(request)}


_TOKENS = (
    Fault(
        "an error for an unknown token",
        "authorize.answered",
        ways.refusing("Authorize", code="InternalError", when=lambda request: "NO-SUCH" in str(request)),
    ),
    Fault(
        "Invalid for a good token",
        "authorize.accepted",
        ways.telling("Authorize", _for("Accepted", "Invalid")),
    ),
    Fault(
        "Blocked for an unknown token",
        "authorize.unknown",
        ways.telling("Authorize", _for("Invalid", "Blocked")),
        known=("KB-89",),
    ),
    Fault(
        "Invalid for a blocked token",
        "authorize.blocked",
        ways.telling("Authorize", _for("Blocked", "Invalid")),
        known=("KB-31",),
    ),
    Fault(
        "Invalid for an expired token",
        "authorize.expired",
        ways.telling("Authorize", _for("Expired", "Invalid")),
    ),
    Fault(
        "tokens in capital letters alone",
        "authorize.letter-case",
        ways.telling("Authorize", _case_matters),
        known=("XP-11",),
    ),
    Fault(
        "tokens in hex digits alone",
        "authorize.any-text",
        ways.refusing(
            "Authorize", code="PropertyConstraintViolation", when=lambda request: "*" in str(request)
        ),
    ),
    Fault(
        "does not tell the group in transactions",
        "authorize.group",
        ways.editing("TransactionEvent", _info(groupIdToken=None)),
        SECOND,
    ),
    Fault(
        "a group of another type",
        "authorize.group-type",
        ways.editing("Authorize", _info(groupIdToken={"idToken": "GROUP", "type": "ISO14443"})),
        SECOND,
    ),
    Fault(
        "the same language twice",
        "authorize.languages",
        ways.editing("Authorize", _info(language2="en")),
        SECOND,
    ),
    Fault(
        "a second language alone",
        "authorize.languages",
        ways.editing("Authorize", _info(language1=None)),
        SECOND,
    ),
    Fault(
        "accepts any certificate",
        "authorize.certificate",
        ways.editing("Authorize", _blindly),
        SECOND,
    ),
    Fault(
        "a driver's tariff with a date",
        "authorize.tariff",
        ways.saying("Authorize", tariff={"tariffId": "t", "currency": "EUR", "validFrom": _START}),
        NEWEST,
    ),
)
_EVENTS = ("StartTransaction", "StopTransaction", "TransactionEvent")


def _is_end(request: Json) -> bool:
    return "meterStop" in request or request.get("eventType") == "Ended"


def _is_start(request: Json) -> bool:
    return "meterStart" in request or request.get("eventType") == "Started"


def _errs(
    rule: str,
    name: str,
    when: Callable[[Json], bool],
    versions: tuple[str, ...] = ("1.6", "2.0.1"),
    known: tuple[str, ...] = (),
) -> Fault:
    """An error for some requests about transactions."""
    return Fault(
        name,
        rule,
        ways.refusing(*_EVENTS, "MeterValues", code="InternalError", when=when),
        versions,
        known=known,
    )


def _new_ids(csms: Csms) -> None:
    def start(session: Session, payload: Json) -> Json:
        session.csms.transactions.append(len(session.csms.transactions) + 1)
        return {"transactionId": session.csms.transactions[-1], "idTagInfo": {"status": "Accepted"}}

    csms.handlers["StartTransaction"] = start
    # It still checks who charges.
    csms.edits["StartTransaction"] = lambda result, request: result | {"idTagInfo": _checked(csms, request)}


def _checked(csms: Csms, request: Json) -> Json:
    return {"status": TOKENS.get(ways.token_of(request).upper(), "Invalid")}


def _remembering(
    rule: str, name: str, key: Callable[[Json], Any], is_it: Callable[[Json], bool], versions: tuple[str, ...]
) -> Fault:
    """An error for what has been said before."""

    def change(csms: Csms) -> None:
        seen: list[Any] = []

        def when(request: Json) -> bool:
            said = key(request)
            is_again = said in seen and is_it(request)
            if is_it(request):
                seen.append(said)
            return is_again

        ways.refusing(*_EVENTS, code="InternalError", when=when)(csms)

    return Fault(name, rule, change, versions)


def _unknown_end(csms: Csms) -> None:
    def refuse(session: Session, action: str, payload: Json) -> None:
        info = payload.get("transactionInfo", {})
        if (
            _is_end(payload)
            and payload.get("transactionId", info.get("transactionId")) not in session.csms.transactions
        ):
            raise Refused("InternalError")

    csms.refusals.append(refuse)


def _unknown_events(csms: Csms) -> None:
    def refuse(session: Session, action: str, payload: Json) -> None:
        if (
            payload.get("eventType") == "Updated"
            and payload["transactionInfo"]["transactionId"] not in session.csms.transactions
        ):
            raise Refused("InternalError")

    csms.refusals.append(refuse)


_OLD = ways.later(hours=-12)
_TRANSACTIONS = (
    _errs(
        "transaction.started",
        "an error for the start of an unknown token",
        lambda request: _is_start(request) and "NO-SUCH" in str(request),
    ),
    _errs("transaction.stopped", "an error for every end", _is_end),
    Fault(
        "Invalid and id 0 for a good token",
        "transaction.accepted",
        ways.editing("StartTransaction", lambda *_: {"transactionId": 0, "idTagInfo": {"status": "Invalid"}}),
        FIRST,
        known=("KB-32",),
    ),
    Fault(
        "Invalid for a good token at the start",
        "transaction.accepted",
        ways.telling("TransactionEvent", lambda told, request: "Invalid" if ways.token_of(request) else told),
        ("2.0.1",),
    ),
    Fault(
        "takes any token at the start",
        "transaction.token-checked",
        ways.telling("StartTransaction", _for("Blocked", "Accepted")),
        FIRST,
    ),
    Fault(
        "takes any token at the start, in 2.x",
        "transaction.token-checked",
        ways.telling("TransactionEvent", _for("Blocked", "Accepted")),
        SECOND,
    ),
    Fault(
        "does not say what it thinks of a token",
        "transaction.token-judged",
        ways.saying("TransactionEvent", idTokenInfo=None),
        SECOND,
    ),
    Fault(
        "wants authorization where there is none",
        "transaction.no-authorization",
        ways.telling(
            "TransactionEvent", lambda told, request: "Invalid" if "NoAuthorization" in str(request) else told
        ),
        SECOND,
    ),
    Fault(
        "transaction id 1 for all",
        "transaction.ids-differ",
        ways.saying("StartTransaction", transactionId=1),
        FIRST,
        known=("KB-16",),
    ),
    Fault(
        "transaction id 0 for all",
        "transaction.ids-differ",
        ways.saying("StartTransaction", transactionId=0),
        FIRST,
        known=("KB-17",),
    ),
    Fault(
        "a new id for a start that is sent again",
        "transaction.start-repeated",
        _new_ids,
        FIRST,
        known=("XP-12", "KB-61"),
    ),
    Fault(
        "an error for the end of an unknown transaction",
        "transaction.stop-unknown",
        _unknown_end,
        known=("KB-23",),
    ),
    _errs(
        "transaction.stop-without-token",
        "an error for an end without a token",
        lambda request: _is_end(request) and not ways.token_of(request),
        known=("KB-27",),
    ),
    _errs(
        "transaction.stop-odd",
        "an error for a meter that runs backwards",
        lambda request: (
            request.get("meterStop") == 10 or (_is_end(request) and "'value': 10}" in str(request))
        ),
    ),
    _remembering(
        "transaction.stop-repeated", "an error for an end that is sent again", str, _is_end, ("1.6", "2.0.1")
    ),
    _errs(
        "transaction.stop-reasons",
        "an error for the reason PowerLoss",
        lambda request: "PowerLoss" in str(request),
    ),
    _errs(
        "transaction.old",
        "an error for a start of yesterday",
        lambda request: _is_start(request) and request["timestamp"] < _OLD,
    ),
    _errs(
        "transaction.times",
        "an error for times with offsets",
        lambda request: "+02:00" in request["timestamp"],
    ),
    Fault("an error for an event of an unknown transaction", "transaction.updated", _unknown_events, SECOND),
    _remembering(
        "transaction.event-repeated",
        "an error for an event that is sent again",
        str,
        lambda request: request.get("eventType") == "Updated",
        SECOND,
    ),
    _errs(
        "transaction.triggers",
        "an error for an odd trigger",
        lambda request: request.get("triggerReason") == "EVDeparted",
        SECOND,
    ),
    Fault(
        "does not tell the cost",
        "transaction.total-cost",
        ways.editing("TransactionEvent", _costless),
        SECOND,
    ),
    _errs(
        "meter.answered",
        "an error for all meter values",
        lambda request: "meterValue" in request and "connectorId" in request,
        FIRST,
    ),
    _errs(
        "meter.unknown-transaction",
        "an error for readings of an unknown transaction",
        lambda request: request.get("transactionId", 0) > 10**9 and "meterStop" not in request,
        FIRST,
    ),
    _errs("meter.every-measurand", "an error for frequencies", lambda request: "Frequency" in str(request)),
    _errs(
        "meter.celsius",
        "an error for Celsius",
        lambda request: "Celsius" in str(request),
        FIRST,
    ),
)


FAULTS: tuple[Fault, ...] = (*_TOKENS, *_TRANSACTIONS)
