"""What all messages have in common, and the frames that carry them.

The classes of the versions (`ocpp_core.v16` and its siblings) are made of the pieces here: the base classes
`Request`, `Response`, `Notification` and `DataType`, the decorators `message` and `datatype`, and `wire`, which gives a
field its wire name and its limits. They hold facts and no logic; `ocpp_core.payloads.binding` reads the facts.

Values are immutable for type checkers, and nothing here changes one; `evolve` makes a
changed copy. (A frozen attrs class would cost a microsecond more per object.)
"""

from collections.abc import Callable, Iterator, Mapping
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, Self, TypeVar, dataclass_transform

import attrs

from ocpp_core._lazy import watchers
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.printing import HIDDEN, shown
from ocpp_core.model.secrets import discreet_error, discreet_repr, hide, names_a_secret
from ocpp_core.model.values import value
from ocpp_core.model.versions import Role
from ocpp_core.model.violations import Violation


class _Nothing(Mapping[str, Any]):
    """A mapping that is empty and stays so. There is one; copying and unpickling give the same one."""

    __slots__ = ()

    def __getitem__(self, key: str) -> Any:
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return "{}"

    def __reduce__(self) -> str:
        return "NOTHING_EXTRA"


NOTHING_EXTRA: Final[Mapping[str, Any]] = _Nothing()


class Unset(Enum):
    """Type of `UNSET`."""

    UNSET = "unset"

    def __repr__(self) -> str:
        return "UNSET"

    def __bool__(self) -> bool:
        return False


#: Absent, where any JSON value may stand and `None` is null: ``data`` of DataTransfer in 2.x.
UNSET: Final = Unset.UNSET


class Missing(Enum):
    """Type of `MISSING`."""

    MISSING = "missing"

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


#: Stands in a required field whose value a peer left out, in tolerant mode only. It cannot be sent.
MISSING: Final = Missing.MISSING


class Token(StrEnum):
    """Base of all enums of the standard. A member equals its token: ``ResetType.HARD == "Hard"``.

    A token outside the standard, met in tolerant mode, becomes a value of the enum that is no member of it.
    ``__read_as__`` lists misspelt tokens that an erratum tells us to read, and the token that is meant. That is what we
    write, except in messages whose official file has the misspelt one alone (`Definition.misspelt`).
    """

    __read_as__: ClassVar[Mapping[str, str]] = NOTHING_EXTRA

    @classmethod
    def foreign(cls, token: str) -> Self:
        """A value of this enum for a token that the standard does not have; it writes itself back unchanged."""
        value = str.__new__(cls, token)
        value._name_ = token
        value._value_ = token
        return value

    @property
    def is_standard(self) -> bool:
        """Whether the standard has this token."""
        return self._value_ in type(self)._value2member_map_

    def __repr__(self) -> str:
        if self.is_standard:
            return f"{type(self).__name__}.{self._name_}"
        return f"{type(self).__name__}.foreign({self._value_!r})"

    def __reduce_ex__(self, protocol: Any) -> Any:
        make = type(self) if self.is_standard else type(self).foreign
        return make, (self._value_,)


@attrs.frozen
class WireField:
    """What a field is on the wire. `wire` makes it; `ocpp_core.payloads.binding` reads it.

    Limits of length and value are those of the list's items where the field is a list.
    """

    name: str
    max_length: int | None = None  #: in code points
    minimum: float | None = None
    maximum: float | None = None
    multiple_of: str | None = None
    min_items: int | None = None
    max_items: int | None = None
    xml: str = "element"  #: what it is in SOAP: "element", "attribute" or "text"
    soap_min_items: int | None = None  #: where the WSDL of 1.6 asks for more items than its JSON schema
    digits: int | None = None  #: that may follow the second of a timestamp; None for any number
    misnamed: tuple[str, ...] = ()  #: names under which peers send it
    secret: bool | str = False  #: never shown; or the member beside it whose setting decides
    personal: bool = False  #: tells who charges


@attrs.frozen
class Definition:
    """What a class is on the wire: kept as ``cls.__ocpp__``.

    Attributes:
        version: Number of the OCPP version.
        name: Name of its schema: of the message, or of the definition in ``types.json``.
        action: The action that it belongs to; None for a data type.
        draft: Draft of JSON Schema: ``1.0`` is no integer in draft 4 and is one in draft 6.
        is_open: Unknown members are allowed; they are kept in ``extra``.
        misspelt: Tokens of ``__read_as__`` that this message writes, as its official file has no other.
    """

    version: str
    name: str
    action: str | None = None
    sent_by: Role | None = None
    block: str = ""
    draft: int = 6
    is_open: bool = False
    misspelt: tuple[str, ...] = ()


def wire(
    name: str,
    *,
    default: Any = attrs.NOTHING,
    max_length: int | None = None,
    minimum: float | None = None,
    maximum: float | None = None,
    multiple_of: str | None = None,
    min_items: int | None = None,
    max_items: int | None = None,
    xml: str = "element",
    soap_min_items: int | None = None,
    digits: int | None = None,
    misnamed: tuple[str, ...] = (),
    secret: bool | str = False,
    personal: bool = False,
) -> Any:
    """A field of a message: its name on the wire and its limits, as `WireField` has them."""
    facts = WireField(
        name,
        max_length,
        minimum,
        maximum,
        multiple_of,
        min_items,
        max_items,
        xml,
        soap_min_items,
        digits,
        misnamed,
        secret,
        personal,
    )
    return attrs.field(default=default, metadata={"wire": facts})


P = TypeVar("P", bound="Payload")


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(wire, attrs.field))
def _payload(cls: type[P]) -> type[P]:
    return attrs.define(cls, kw_only=True, repr=False)


@_payload
class Payload:
    """Base of everything that may stand in a payload.

    Attributes:
        extra: Members that the class has no field for, by wire name. Filled where the schema is open (CustomData; all
            of 2.0) and in tolerant mode; what a closed schema does not have cannot be sent.
    """

    __ocpp__: ClassVar[Definition]
    __attrs_attrs__: ClassVar[Any]

    extra: Mapping[str, Any] = NOTHING_EXTRA

    def __repr__(self) -> str:
        return _written(without_secrets(self))


def without_secrets(payload: P, *, persons: bool = False) -> P:
    """A copy with `HIDDEN` in place of what is secret, in whatever is part of it. It is for showing, not for sending.

    Args:
        payload: A message or data type.
        persons: Hide what tells who charges too.
    """
    hidden: P = _with(payload, hide(_members(payload), persons=persons), persons)
    return hidden


def _members(value: Any) -> Any:
    """A payload as an object of its members, so that what names a setting counts for whatever belongs to it."""
    if isinstance(value, Payload):
        fields = {facts.name: _members(item) for _, facts, item in _fields(value)}
        return {**value.extra, **fields}
    return list(map(_members, value)) if isinstance(value, list) else value


def _fields(payload: Payload) -> Iterator[tuple[str, WireField, Any]]:
    """The fields that are set."""
    for attribute in attrs.fields(type(payload)):
        value = getattr(payload, attribute.name)
        if attribute.name != "extra" and value is not attribute.default:
            yield attribute.name, attribute.metadata["wire"], value


def _with(value: Any, hidden: Any, persons: bool) -> Any:
    """The value as far as it is not hidden."""
    if isinstance(value, list) and isinstance(hidden, list):
        return [_with(one, other, persons) for one, other in zip(value, hidden, strict=True)]
    if not isinstance(value, Payload) or not isinstance(hidden, Mapping):
        return hidden
    changes = {}
    names = set()
    for name, facts, item in _fields(value):
        names.add(facts.name)
        is_secret = _is_secret(value, facts) or (persons and facts.personal)
        changes[name] = HIDDEN if is_secret else _with(item, hidden[facts.name], persons)
    if value.extra:
        changes["extra"] = {name: item for name, item in hidden.items() if name not in names}
    return evolve(value, **changes)


def _written(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_written, value))}]"
    if not isinstance(value, Payload):
        return repr(value)
    set_ = [
        f"{one.name}={_written(item)}"
        for one in attrs.fields(type(value))
        if (item := getattr(value, one.name)) is not one.default
    ]
    return f"{type(value).__name__}({', '.join(set_)})"


def _wire_name(attribute: Any) -> str:
    facts: WireField = attribute.metadata["wire"]
    return facts.name


def _is_secret(payload: Payload, facts: WireField) -> bool:
    if not isinstance(facts.secret, str):
        return facts.secret
    fields = [one for one in attrs.fields(type(payload)) if "wire" in one.metadata]
    setting = next(getattr(payload, one.name) for one in fields if _wire_name(one) == facts.secret)
    if setting is None:
        return False
    name = getattr(setting, "name", None) if isinstance(setting, Payload) else setting
    return not isinstance(name, str) or names_a_secret(name)  # MISSING, if a peer has left it out


def evolve(message: P, /, **changes: Any) -> P:
    """A copy of a message or data type with some fields changed, by Python name.

    `attrs.evolve` does the same, but mypy does not take it for these classes.

    Raises:
        TypeError: There is no such field.
    """
    return attrs.evolve(message, **changes)  # type: ignore[misc]  # mypy knows attrs classes by their decorator


class DataType(Payload):
    """Base of the structured values inside messages."""

    __slots__ = ()


class Response(Payload):
    """Base of all responses."""

    __slots__ = ()


if TYPE_CHECKING:
    from typing_extensions import TypeVar as _TypeVar

    # A default, so that nobody has to write `Request[Any]`. Python has it from 3.13 on, type checkers always.
    R_co = _TypeVar("R_co", bound=Response, default=Response, covariant=True)
else:
    R_co = TypeVar("R_co", bound=Response, covariant=True)


class Request(Payload, Generic[R_co]):
    """Base of all requests; ``R_co`` is the class of the response. `Request` alone is one of any response."""

    __slots__ = ()

    if TYPE_CHECKING:

        @classmethod
        def __exchange__(cls) -> tuple[Self, R_co]:
            """What is asked, and what answers it: by this a `Router` has the types of a handler from its class."""
            ...


class Notification(Payload):
    """Base of all messages that want no answer: SEND in 2.1."""

    __slots__ = ()

    if TYPE_CHECKING:

        @classmethod
        def __exchange__(cls) -> tuple[Self, None]:
            """As that of `Request`: nothing answers it."""
            ...


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(wire,))
def message(
    version: str,
    action: str,
    *,
    sent_by: Role,
    profile: str = "",
    block: str = "",
    draft: int = 6,
    is_open: bool = False,
    misspelt: tuple[str, ...] = (),
) -> Callable[[type[P]], type[P]]:
    """Makes a message class: slotted, keyword-only, equal by value.

    Args:
        version: Number of the OCPP version.
        action: Action that the message belongs to.
        sent_by: Who sends the message itself; for a response that is who receives the request.
        profile: Feature profile (1.x).
        block: Functional block (2.x).
        draft: Draft of JSON Schema that its schema is written in.
        is_open: Whether its schema allows unknown members.
        misspelt: Tokens that it writes as its official file has them, although other messages do not.
    """

    def make(cls: type[P]) -> type[P]:
        made = _payload(cls)
        made.__ocpp__ = Definition(
            version, cls.__name__, action, sent_by, block or profile, draft, is_open, misspelt
        )
        return _told(made)

    return make


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(wire,))
def datatype(version: str, name: str, *, is_open: bool = False) -> Callable[[type[P]], type[P]]:
    """Makes the class of a structured value; `name` is its name in the schemas."""

    def make(cls: type[P]) -> type[P]:
        made = _payload(cls)
        made.__ocpp__ = Definition(version, name, is_open=is_open)
        return _told(made)

    return make


def _told(made: type[P]) -> type[P]:
    for watcher in watchers:
        watcher(made)
    return made


def _text_repr(value: str | None) -> str:
    return repr(None) if value is None else shown(hide(value))


@value(kw_only=True, unsafe_hash=True)
class SoapHeaders:
    """What the header of a SOAP envelope says beside the message id. OCPP-S 1.6 §3.3-3.9; absent is None.

    Attributes:
        identity: Of the station: the sender of a request to the Central System, the addressee of one to a Charge Point.
        action: As the peer wrote it; when writing, None is the form that the standard shows.
        message_id: Of an answer. That of a request is the ``id`` of its frame.
        relates_to: What the answer answers, as the peer wrote it.
        from_: Where the sender listens for requests.
        reply_to: Where the answer shall go: anonymous, which is back in the same HTTP exchange.
        to: Address of the recipient.
        fault_to: Where a fault shall go.
    """

    identity: str | None = attrs.field(default=None, repr=_text_repr)
    action: str | None = attrs.field(default=None, repr=_text_repr)
    message_id: str | None = attrs.field(default=None, repr=_text_repr)
    relates_to: str | None = attrs.field(default=None, repr=_text_repr)
    from_: str | None = attrs.field(default=None, repr=_text_repr)
    reply_to: str | None = attrs.field(default=None, repr=_text_repr)
    to: str | None = attrs.field(default=None, repr=_text_repr)
    fault_to: str | None = attrs.field(default=None, repr=_text_repr)


class NumericId(str):
    """A message id that a peer sent as a JSON number, against the standard; it is written back as that number."""

    __slots__ = ()


@attrs.define
class Call:
    """A request under way. Message type 2 in OCPP-J.

    Attributes:
        id: Pairs the answer with this call; at most 36 characters in OCPP-J.
        payload: The request.
        headers: What a SOAP envelope says beside it; None on the JSON wire.
        violations: What was tolerated in it; empty unless the tolerance allows something.
    """

    id: str = attrs.field(repr=discreet_repr)
    payload: Request[Any]
    headers: SoapHeaders | None = attrs.field(default=None, kw_only=True)
    violations: tuple[Violation, ...] = attrs.field(default=(), kw_only=True)


@attrs.define
class CallResult:
    """The response to a call. Message type 3 in OCPP-J. Attributes as in `Call`."""

    id: str = attrs.field(repr=discreet_repr)
    payload: Response
    headers: SoapHeaders | None = attrs.field(default=None, kw_only=True)
    violations: tuple[Violation, ...] = attrs.field(default=(), kw_only=True)


@attrs.define
class _Error:
    """What `CallError` and `CallResultError` have in common.

    Attributes:
        id: Of the frame that it answers; "-1" where that could not be read (2.x).
        code: In neutral terms; `ErrorCode.GENERIC` for a code that no version has.
        description: For people; at most 255 characters in 2.x.
        details: A JSON object of the sender's choice.
        spelling: The code as the peer wrote it, if that is not how this version spells `code`; never sent.
    """

    id: str
    code: ErrorCode
    description: str = ""
    details: Mapping[str, Any] = attrs.field(factory=dict)
    spelling: str | None = attrs.field(default=None, kw_only=True)
    headers: SoapHeaders | None = attrs.field(default=None, kw_only=True)
    violations: tuple[Violation, ...] = attrs.field(default=(), kw_only=True)

    def __repr__(self) -> str:
        return error_repr(self)


def error_repr(error: Any) -> str:
    """The `repr` of what a peer says of an error: what its description names may stand in its details."""
    description, details = discreet_error(error.description, error.details)
    said = {"description": description, "details": details}
    written = []
    for one in attrs.fields(type(error)):
        value = said.get(one.name, getattr(error, one.name))
        is_text = one.name not in said and isinstance(value, str) and not isinstance(value, Enum)
        written.append(f"{one.name}={(hide(value) if is_text else value)!r}")
    return f"{type(error).__name__}({', '.join(written)})"


class CallError(_Error):
    """The refusal of a call. Message type 4 in OCPP-J; a fault in SOAP."""

    __slots__ = ()


class CallResultError(_Error):
    """The complaint about a `CallResult`. Message type 5, since 2.1."""

    __slots__ = ()


@attrs.define
class Send:
    """A message that wants no answer. Message type 6, since 2.1. Attributes as in `Call`."""

    id: str = attrs.field(repr=discreet_repr)
    payload: Notification
    headers: SoapHeaders | None = attrs.field(default=None, kw_only=True)
    violations: tuple[Violation, ...] = attrs.field(default=(), kw_only=True)


Frame = Call | CallResult | CallError | CallResultError | Send
