"""Payloads: JSON objects without an envelope, to typed messages and back.

The calls of this module are the whole of the library for people who have their own transport and dispatch.
"""

from collections.abc import Mapping
from typing import Any, Literal, TypeVar, cast

from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import LocalProtocolError, PayloadError
from ocpp_core.model.messages import Payload
from ocpp_core.model.passed import passed
from ocpp_core.model.specifications import specification
from ocpp_core.model.timestamps import FIXED_DIGITS
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.violations import Deviations, Violation
from ocpp_core.payloads.binding import REFUSALS, decoder, encoder, plain

P = TypeVar("P", bound=Payload)


def from_wire(cls: type[P], payload: Mapping[str, Any], *, tolerance: Tolerance = Tolerance.STRICT) -> P:
    """Builds a message from its JSON payload, checking every limit on the way.

    Strict, it accepts exactly what the official schema of `cls` accepts, if timestamps are RFC 3339. `payload` is not
    changed. To be told what was tolerated, call `read` instead.

    Args:
        cls: A message class or data type; it brings its version along.
        payload: Wire names to JSON values, as a JSON parser gives them; no envelope. Decimals: float or `Decimal`.
        tolerance: Deviations to accept; `Tolerance` says what becomes of each.

    Returns:
        A `cls`. Nested objects are typed too; an absent field is None; timestamps are aware.

    Raises:
        PayloadError: A limit is broken. `violations` has every fault in document order, each with its wire path
            (``$.meterValue[0].timestamp``), the `ErrorCode` that a peer would be sent, and the tolerance that would
            accept it. Of very many it has the first hundred.
        TypeError: `cls` is no such class.

    Source: OCPP-J 1.6 §4.2; OCPP 2.0.1 and 2.1 part 4 §4.1.5.
    """
    return read(cls, payload, tolerance=tolerance)[0]


def read(
    cls: type[P], payload: Mapping[str, Any], *, tolerance: Tolerance = Tolerance.STRICT
) -> tuple[P, tuple[Violation, ...]]:
    """Like `from_wire`, and returns what was tolerated beside the message, each with the name of its `rule`."""
    found = Deviations(tolerance)
    return accepted(cls, payload, found), tuple(found.listed)


def accepted(cls: type[P], payload: Mapping[str, Any], found: Deviations) -> P:
    """Like `from_wire`, with a collector of the caller's, which says what is allowed and takes what is tolerated."""
    data: Any = payload
    if isinstance(data, Mapping) and type(data) is not dict:
        data = dict(data)
    try:
        return decoder(cls)(data)  # type: ignore[no-any-return]
    except REFUSALS:
        pass
    _require_class(cls)
    before = len(found.listed)
    message: P | None = _walked(cls, data, found)
    faults = found.listed[before:]
    if message is not None and faults:
        return message
    raise PayloadError(cls.__name__, faults or _unfound(cls, data))


def allows(tolerance: Tolerance, fault: Violation) -> bool:
    """Whether a tolerance accepts a deviation."""
    return fault.rule is not None and fault.rule in tolerance


def _walked(cls: type[P], data: Any, found: Deviations) -> P | None:
    """The second look. It is loaded with the first payload that is refused: many a process never has one."""
    from ocpp_core.payloads.walk import walk

    message: P | None = walk(cls, data, found)
    return message


def _faults(cls: type[Payload], data: Any) -> list[Violation]:
    """What is wrong with a payload that the compiled pass refuses."""
    found = Deviations(Tolerance.STRICT)
    _walked(cls, data, found)
    return found.listed or _unfound(cls, data)


def _unfound(cls: type[Payload], data: Any) -> list[Violation]:
    """What is wrong with values that the walk takes for read, though the compiled pass refuses them.

    From JSON there are none: tests say so for every class. What a program makes may have a `datetime` where text
    belongs. If even the schema finds nothing, the peer gets an answer all the same, and the sentence says whose fault
    it is.
    """
    from ocpp_core.payloads.validation import explain

    defect = f"refused, though its schema allows it: a defect of ocpp_core in {cls.__name__}"
    return explain(cls, data) or [Violation("$", "binding", defect, ErrorCode.FORMAT)]


def allowed_digits(fraction_digits: int | None) -> int | None:
    """The same, if timestamps can be told to have so many digits after the second.

    Raises:
        LocalProtocolError: They cannot.
    """
    if fraction_digits is not None and fraction_digits not in FIXED_DIGITS:
        known = ", ".join(map(str, FIXED_DIGITS))
        raise LocalProtocolError(f"fraction_digits is {known} or None, not {fraction_digits!r}")
    return fraction_digits


def to_wire(message: Payload, *, fraction_digits: int | None = None) -> dict[str, Any]:
    """Writes a message as its JSON payload, checking every limit on the way.

    Args:
        message: A message or data type. Fields that are None are left out.
        fraction_digits: 0 or 3: timestamps have so many digits after the second, and what is finer is cut. None writes
            them as they are.

    Returns:
        Wire names to JSON values: str, int, float, bool, list, dict. A decimal that no float holds exactly stays a
        `Decimal`, which the standard `json` module refuses to write rather than round; `JsonCodec` writes it in full.

    Raises:
        PayloadError: A value breaks the schema; `violations` has every fault with its wire path.
        TypeError: It is no message.

    Source: OCPP-J 1.6 §4.2; OCPP 2.0.1 and 2.1 part 4 §4.1.5.
    """
    cls = type(message)
    try:
        return encoder(cls, None, (), fraction_digits)(message)
    except REFUSALS:
        pass
    if not isinstance(cast(Any, message), Payload):
        raise TypeError(f"a message is needed, such as v16.HeartbeatRequest(); got {passed(message)}")
    raise PayloadError(cls.__name__, _faults(cls, plain(message)))


def _require_class(cls: Any) -> None:
    if not isinstance(cls, type) or not issubclass(cls, Payload) or not hasattr(cls, "__ocpp__"):
        raise TypeError(f"the class of a message is needed, such as v16.HeartbeatRequest; got {passed(cls)}")


def validate(
    payload: Any, version: str, action: str, kind: Literal["request", "response"] = "request"
) -> list[Violation]:
    """Judges a payload by the official schema of its action.

    Args:
        payload: Wire names to JSON values.
        version: A `Version` or its number.
        action: Name of the action, case sensitive.
        kind: Whether the payload is that of the request or of the response. A SEND of 2.1 is a request.

    Returns:
        Every fault in document order; empty if the payload is valid.

    Raises:
        NoSuchAction: The version does not know the action.
        LookupError: There is no such version.
        ValueError: `kind` is neither of the two.
    """
    if kind not in ("request", "response"):
        raise ValueError(f"kind is 'request' or 'response'; got {passed(cast(Any, kind))}")
    known = specification(version)
    cls = known.request(action) if kind == "request" else known.response(action)
    try:
        decoder(cls)(payload)
    except REFUSALS:
        return _faults(cls, payload)
    return []
