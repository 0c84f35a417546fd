"""The language in which the modules of the pairs are written: fields, tokens and actions of two adjacent versions.

A row says both directions of one thing, so that a reader sees at once whether they are each other's inverse. Names are
those of the wire, *older* before *newer*; a dotted name leads into nested objects. What has the same name and kind on
both sides needs no row, and what has neither a row nor a counterpart is found by a test.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import define, frozen

from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import LocalProtocolError, OcppError
from ocpp_core.model.messages import Request, Response
from ocpp_core.model.responses import response_class
from ocpp_core.model.shapes import Enumeration, Nested, shape
from ocpp_core.translation.losses import LossKind, LossReason, path_text
from ocpp_core.translation.runs import Answer, At, ByHand, Outcome, Run, Unfit

# Fields


@frozen
class Fill:
    """What is written into a field for which the source has nothing.

    Attributes:
        make: The value; None if there is none after all.
        kind: Of the loss; of what was written, if that decides.
        reason: Of the loss; None if it means the same as absence in the source, which is no loss.
        starts: Whether an optional object is made for it alone.
    """

    make: Callable[[At], Any]
    kind: LossKind | Callable[[Any], LossKind] = LossKind.SYNTHESISED
    reason: LossReason | None = LossReason.REQUIRED
    starts: bool = False


def default(value: Any) -> Fill:
    """A constant, because the target requires something."""
    return Fill(lambda at: value, LossKind.DEFAULTED)


def implied(value: Any) -> Fill:
    """What absence means in the source."""
    return Fill(lambda at: value, reason=None)


def made(make: Callable[[At], Any], reason: LossReason) -> Fill:
    """Something else that is known."""
    return Fill(make, reason=reason)


def _received_at(at: At) -> Any:
    if at.run.received_at is None:
        raise LocalProtocolError(
            f"{at.run.step}: the target requires a time that the message lacks: pass received_at"
        )
    # 2.x has milliseconds; what the caller's clock says beyond is worth no loss.
    return at.run.received_at.replace(microsecond=at.run.received_at.microsecond // 1000 * 1000)


def _new_id(at: At) -> Any:
    if at.run.new_id is None:
        raise LocalProtocolError(
            f"{at.run.step}: the target requires an id that the message lacks: pass new_id"
        )
    return at.run.new_id()


#: An id that is given out here.
NEW_ID = made(_new_id, LossReason.ALLOCATED)
#: The time of receipt.
RECEIVED_AT = made(_received_at, LossReason.TIME_OF_RECEIPT)


def asked(name: str) -> Fill:
    """A field of the request that is answered, by the attribute of the request in the version of the target."""
    return made(lambda at: getattr(request_of(at.run), name), LossReason.FROM_REQUEST)


def request_of(run: Run) -> Any:
    """The request that is answered, in the version of the target.

    Raises:
        LocalProtocolError: The caller did not give it.
    """
    if run.request is None:
        raise LocalProtocolError(f"{run.step}: this response needs the request that it answers: pass request")
    return run.request


def monitor_type(id: int, at: At) -> str:
    """Whether the CSMS has set a monitor, which only a session knows; without one it came with the station."""
    is_set = at.run.memory is not None and at.run.memory.has_set_monitor(id)
    return "CustomMonitor" if is_set else "PreconfiguredMonitor"


@frozen
class LeftOut:
    """What becomes of a field that goes nowhere: it is named and nothing else, whatever it holds.

    Attributes:
        reason: Of the loss; None if nothing is lost.
    """

    reason: LossReason | None


#: The other side has no such field.
drop: LeftOut = LeftOut(LossReason.NO_COUNTERPART)
#: The other side has no such field, and the command does without.
drop_comfort: LeftOut = LeftOut(LossReason.EFFECT_CHANGED)
#: Nothing is lost: the field says what the other side takes for granted, or another row reads it.
ignore: LeftOut = LeftOut(None)

#: What a row says of a field, if its kind does not say it.
Conversion = ByHand | LeftOut


def refuse(status: str | None = None, code: str | None = "UnsupportedParam", **more: Any) -> ByHand:
    """A command that says this is refused, as it would have a wider effect without."""

    def convert(value: Any, at: At) -> Any:
        raise at.unfit(value, status=status, code=code, **more)

    return convert


@frozen
class Row:
    """One field in both versions. A name is empty where one of them has no such field."""

    older: str
    newer: str
    up: Conversion | None = None
    down: Conversion | None = None
    fill_up: Fill | None = None
    fill_down: Fill | None = None
    command_up: Conversion | None = None
    command_down: Conversion | None = None
    keep: bool = False
    lenient: str = ""
    whole: bool = False
    vital: bool = False
    alone_down: Callable[[Any], bool] | None = None


def field(
    older: str,
    newer: str | None = None,
    *,
    up: Conversion | None = None,
    down: Conversion | None = None,
    fill_up: Fill | None = None,
    fill_down: Fill | None = None,
    command_up: Conversion | None = None,
    command_down: Conversion | None = None,
    keep: bool = False,
    lenient: str = "",
    whole: bool = False,
    vital: bool = False,
    alone_down: Callable[[Any], bool] | None = None,
) -> Row:
    """A field that both versions have.

    Args:
        older: Its name in the older version.
        newer: Its name in the newer version, if that is another.
        up: How the value of the older version is converted, if its kind does not say it.
        down: The same the other way.
        fill_up: What the newer version gets where the older has nothing.
        fill_down: The same the other way.
        keep: Text that is too long is never cut or aliased here.
        command_up: As `up`, in a command.
        command_down: As `down`, in a command.
        lenient: "up" or "down", where items of a command that have no place are left out and it is not refused.
        whole: All items of a list, or none: without one of them the others would say something else.
        vital: Without it the object around it would say something else, so both go if it has no place.
        alone_down: Of the items of a command that are answered one by one: which are refused without the others.
    """
    return Row(
        older,
        newer or older,
        up,
        down,
        fill_up,
        fill_down,
        command_up,
        command_down,
        keep,
        lenient,
        whole,
        vital,
        alone_down,
    )


def newer(
    name: str,
    *,
    down: Conversion = drop,
    fill: Fill | None = None,
    command: Conversion | None = None,
    vital: bool = False,
) -> Row:
    """A field that only the newer version has.

    Args:
        name: Its name.
        down: What becomes of it.
        fill: What it gets on the way up.
        command: What becomes of it in a command, if that is something else.
        vital: As in `field`.
    """
    return Row("", name, down=down, fill_up=fill, command_down=command, vital=vital)


def newer_ones(names: str) -> list[Row]:
    """Fields that only the newer version has, and that are left out on the way down."""
    return [newer(name) for name in names.split()]


def older_ones(names: str) -> list[Row]:
    """Fields that only the older version has, and that are left out on the way up."""
    return [older(name) for name in names.split()]


def older(
    name: str, *, up: Conversion = drop, fill: Fill | None = None, command: Conversion | None = None
) -> Row:
    """A field that only the older version has. Arguments as in `newer`."""
    return Row(name, "", up=up, fill_down=fill, command_up=command)


#: Looks at the members of an object that the rows have made, by attribute, and may change them.
Last = Callable[[dict[str, Any], At], None]


@define(init=False, eq=False)
class Pair:
    """Two classes that mean the same, by their names. Without rows of its own a pair is copied field by field."""

    older: str
    newer: str
    rows: tuple[Row, ...]
    up: Last | None
    down: Last | None

    def __init__(
        self,
        names: str,
        *rows: Row,
        up: Last | None = None,
        down: Last | None = None,
    ) -> None:
        """`names` are one name, or two: ``"IdTagInfo IdTokenInfo"``. `up` and `down` come after the rows."""
        first, _, second = names.partition(" ")
        self.older, self.newer, self.rows, self.up, self.down = first, second or first, rows, up, down


# Tokens


@frozen
class Near:
    """The nearest token, which is not the same: an approximation."""

    token: str


@define(init=False, eq=False)
class Tokens:
    """An enum in both versions: what is not the same token on both sides.

    A token alone is another spelling, `Near` an approximation, None says that there is no counterpart. `other` is for
    what a string may hold beside the tokens.
    """

    older: str
    newer: str
    up: Mapping[str, "str | Near | None"]
    down: Mapping[str, "str | Near | None"]
    other: Near | None

    def __init__(
        self,
        names: str,
        *,
        renamed: Mapping[str, str] | None = None,
        up: Mapping[str, "str | Near | None"] | None = None,
        down: Mapping[str, "str | Near | None"] | None = None,
        other: Near | None = None,
    ) -> None:
        """`renamed` are pairs that hold in both directions."""
        first, _, second = names.partition(" ")
        back = {new: old for old, new in (renamed or {}).items()}
        self.older, self.newer, self.other = first, second or first, other
        self.up, self.down = {**(renamed or {}), **(up or {})}, {**back, **(down or {})}


def near(tokens: str, token: str) -> dict[str, "str | Near | None"]:
    """Several tokens that have the same nearest one."""
    return {one: Near(token) for one in tokens.split()}


def none(tokens: str) -> dict[str, "str | Near | None"]:
    """Tokens without a counterpart."""
    return dict.fromkeys(tokens.split())


# Answers


def respond(request: Request[Any], **members: Any) -> Response:
    """A response to a request in its own version, by attribute names; tokens may be given as text."""
    cls = response_class(request)
    fields = {one.name: one for one in shape(cls).fields}
    made = {name: value for name, value in members.items() if name in fields and value is not None}
    for name, value in made.items():
        kind = fields[name].kind
        if isinstance(kind, Enumeration):
            made[name] = kind.enum(value)
        elif isinstance(kind, Nested) and isinstance(value, Mapping):
            made[name] = kind.cls(**value)
    return cls(**made)


def status(token: str, code: str | None = None, **members: Any) -> Answer:
    """A response with this status, and the reason code where its version has one.

    Args:
        token: Unless what is unfit has a status of its own.
        code: Of 2.0.1; unless what is unfit has one of its own.
        members: Further members; a function of the request makes one.
    """

    def answer(request: Request[Any], run: Run, why: Unfit | None) -> Response | OcppError:
        if why is not None and why.error is not None:
            return refused(why.error, request, why)
        reason = (why and why.code) or code
        given = {name: one(request) if callable(one) else one for name, one in members.items()}
        return respond(
            request,
            status=(why and why.status) or token,
            status_info={"reason_code": reason} if reason else None,
            **given,
        )

    return answer


def error(code: ErrorCode) -> Answer:
    """A CALLERROR with this code, or with that of what is unfit."""
    return lambda request, run, why: refused((why and why.error) or code, request, why)


def refused(code: ErrorCode, request: Request[Any], why: Unfit | None) -> OcppError:
    """A CALLERROR that says what has no place in the version of the other side."""
    if why is None:
        return OcppError(code, f"the other side does not know {request.__ocpp__.action}")
    return OcppError(code, f"{path_text(why.place, 1)} cannot be said to the other side: {why.reason}")


def empty(request: Request[Any], run: Run, why: Unfit | None) -> Response:
    """The empty response: the sender has nothing to repeat."""
    return respond(request)


def silence(request: Request[Any], run: Run, why: Unfit | None) -> None:
    """No answer exists."""


NOT_SUPPORTED = error(ErrorCode.NOT_SUPPORTED)
REJECTED = status("Rejected")

# Actions


@frozen
class Carry:
    """The request travels on, as the rows of its classes say."""


@frozen
class Local:
    """The request goes no further: this is the answer."""

    answer: Answer


@frozen
class Memory:
    """Only a session can translate it: without one it is refused with `NeedsSessionError`.

    Attributes:
        rows: Whether the rows of its classes say what a session makes of it, with ids that the session gives.
    """

    rows: bool = False


@frozen
class Extension:
    """It is carried if the other side has the security extension of 1.6; if not, this is the answer."""

    otherwise: Answer


#: What the request becomes, by hand: a function of a `View` of it.
RequestByHand = Callable[[Any, Run, "Any"], Outcome]


@frozen
class Written:
    """The request is translated by hand."""

    function: RequestByHand


How = Carry | Local | Memory | Extension | Written
CARRY = Carry()
MEMORY = Memory()


@frozen(kw_only=True)
class Action:
    """An action in both versions. A name is empty where one of them has no such action.

    Attributes:
        older: Its name in the older version.
        newer: Its name in the newer version.
        up: What becomes of a request of the older version.
        down: What becomes of a request of the newer version.
        refusal_up: What the sender of a request is told that cannot be carried up.
        refusal_down: The same the other way.
        merge: Puts the answers to several requests together that were made of one.
    """

    older: str = ""
    newer: str = ""
    up: How = CARRY
    down: How = CARRY
    refusal_up: Answer | None = None
    refusal_down: Answer | None = None
    merge: Callable[[Sequence[Response]], Response] | None = None


def action(
    names: str,
    *,
    up: How = CARRY,
    down: How = CARRY,
    refusal: Answer | None = None,
    refusal_up: Answer | None = None,
    refusal_down: Answer | None = None,
    merge: Callable[[Sequence[Response]], Response] | None = None,
) -> Action:
    """An action that both versions have. Without words about it, it is carried both ways."""
    first, _, second = names.partition(" ")
    return Action(
        older=first,
        newer=second or first,
        up=up,
        down=down,
        refusal_up=refusal_up or refusal,
        refusal_down=refusal_down or refusal,
        merge=merge,
    )


def only_newer(names: str, down: Answer | How) -> list[Action]:
    """Actions that only the newer version has, and how they are answered."""
    how = down if isinstance(down, How) else Local(down)
    return [Action(newer=name, down=how) for name in names.split()]


def only_older(names: str, up: Answer | How) -> list[Action]:
    """Actions that only the older version has, and how they are answered."""
    how = up if isinstance(up, How) else Local(up)
    return [Action(older=name, up=how) for name in names.split()]


def best(*order: str) -> Callable[[Sequence[Response]], Response]:
    """The response whose status comes first in this order."""

    def merge(responses: Sequence[Any]) -> Response:
        response: Response = min(responses, key=lambda one: order.index(one.status))
        return response

    return merge
