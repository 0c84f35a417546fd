"""The OCPP-J binding: text to frames and back, for every version that has a JSON wire.

Source: OCPP-J 1.6 §4; OCPP 2.0.1 and 2.1 part 4 §4.
"""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar, NoReturn, cast

from ocpp_core.jsonrpc.ids import MAX_ID_LENGTH, UNREADABLE_ID, may_be_sent
from ocpp_core.jsonrpc.kinds import NOT_READ, kinds
from ocpp_core.jsonrpc.text import BrokenJson, DuplicateMember, read_json, write_json
from ocpp_core.model.codes import ErrorCode, FrameKind
from ocpp_core.model.errors import FrameError, LocalProtocolError, NoSuchAction, PayloadError
from ocpp_core.model.messages import (
    Call,
    CallError,
    CallResult,
    CallResultError,
    Frame,
    Notification,
    NumericId,
    Payload,
    Request,
    Response,
    Send,
)
from ocpp_core.model.passed import passed
from ocpp_core.model.printing import shown
from ocpp_core.model.specifications import specification
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import ERROR_CODES, Specification, Wire
from ocpp_core.model.violations import Deviations, Violation
from ocpp_core.payloads.binding import decoder, is_too_deep
from ocpp_core.payloads.conversion import accepted, allowed_digits, to_wire

#: Longest description of an error (2.0.1 and 2.1 part 4 §4.2.3); 1.6 has no limit, and we keep to this one.
MAX_DESCRIPTION_LENGTH = 255

# The path of a fault has names that the peer chose.
_LONGEST_SENTENCE = 300

# Type, id and action of a frame whose rest is broken. Only the beginning of the text is looked at.
_HEAD_LENGTH = 2_000
_BLANKS = r"[ \t\n\r]*"
_INTEGER = r"-?(?:0|[1-9][0-9]{0,307}+)(?![0-9.eE])"
_STRING = r'"(?:[^"\\]|\\.)*+"'
_TYPE = re.compile(rf"{_BLANKS}\[{_BLANKS}({_INTEGER})")
_HEAD = re.compile(
    rf"#\[#({_INTEGER})#(?:,#({_STRING}|{_INTEGER})#(?:,#({_STRING})#(?:,|\]))?)?".replace("#", _BLANKS)
)


#: What is read of an error, whatever is tolerated: nobody answers one, so that to refuse it would only keep from the
#: caller what its peer has said.
_ALWAYS_READ = Tolerance.ID_NOT_STRING | Tolerance.SHORT_CALLERROR | Tolerance.DUPLICATE_MEMBER
_ERRORS = (FrameKind.CALLERROR, FrameKind.CALLRESULTERROR)
#: Under which details of an error have what stood where it does not belong.
_REST = "#rest"


class JsonCodec:
    """Reads and writes the frames of one version.

    A frame on the wire, and what it becomes:

    ======================================  ==========================================
    ``[2, id, action, payload]``            `Call` with a request
    ``[3, id, payload]``                    `CallResult` with a response
    ``[4, id, code, description, details]`` `CallError`
    ``[5, id, code, description, details]`` `CallResultError` (2.1)
    ``[6, id, action, payload]``            `Send` with a notification (2.1)
    ======================================  ==========================================

    In payloads: `datetime` <-> ``2026-01-31T12:00:00Z``, aware; `Decimal` <-> number, exactly; enum member <-> its
    token; None <-> absent.

    Args:
        version: A `Version` or its number; or the `Specification` of an invented one, for tests.
        tolerance: What is accepted although it breaks a rule. What is sent never does.
        max_size: Characters that a frame may have.
        fraction_digits: 0 or 3: timestamps are written with so many digits after the second, for peers that read one
            form only. None writes them as they are.
    """

    #: One CALL of each side may be unanswered (OCPP-J 1.6 §4.1.1; 2.0.1 and 2.1 part 4 §4.1.1).
    max_outstanding: ClassVar[int | None] = 1
    #: What an answer names in place of an id that could not be read.
    unreadable_id: ClassVar[str] = UNREADABLE_ID

    def __init__(
        self,
        version: str | Specification,
        *,
        tolerance: Tolerance = Tolerance.STRICT,
        max_size: int = 1_048_576,
        fraction_digits: int | None = None,
    ) -> None:
        known = version if isinstance(version, Specification) else specification(version)
        if Wire.JSON not in known.error_names:
            raise LocalProtocolError(f"OCPP {known.version} has no JSON wire")
        self.specification = known
        #: What a frame that cannot be used draws.
        self.owed: Mapping[FrameKind, FrameKind] = known.owed
        self.tolerance = tolerance
        self.max_size = max_size
        self.fraction_digits: int | None = allowed_digits(fraction_digits)
        #: How this version spells errors on this wire.
        self.error_names: Mapping[ErrorCode, str] = known.error_names[Wire.JSON]
        self._kinds = kinds(known)

    def __repr__(self) -> str:
        return f"<JsonCodec of OCPP {self.specification.version}>"

    # Reading

    def decode(
        self,
        text: str | bytes,
        *,
        awaiting: Mapping[str, type[Request[Any]]] | None = None,
        tolerance: Tolerance | None = None,
    ) -> Frame:
        """Reads one frame.

        Args:
            text: One WebSocket text message, or the bytes of it, in UTF-8.
            awaiting: Request classes of the calls that wait for an answer, by id: a CALLRESULT does not say what it is.
            tolerance: In place of the codec's own.

        Returns:
            The frame, with what was tolerated in its ``violations``.

        Raises:
            FrameError: It cannot be used. The error says what could be read all the same, and the code to answer with,
                if the version owes an answer. Nothing else is raised, whatever the text.
            TypeError: `text` is neither text nor bytes.
        """
        if type(text) is not str:
            text = _decoded(text)
        if len(text) <= self.max_size:
            try:
                return self._kinds.read_text(text, awaiting)  # type: ignore[no-any-return]
            except NOT_READ:
                pass
        allowed = self.tolerance if tolerance is None else tolerance
        if not text:
            raise FrameError("an empty message", kind=FrameKind.EMPTY, code=ErrorCode.FRAME)
        if len(text) > self.max_size:
            reason = f"has {len(text)} characters, at most {self.max_size} are allowed"
            self._salvage(text, reason, Deviations(allowed))
        frame, broken = None, None
        try:
            frame = read_json(text)
            return self._kinds.read_values(frame, awaiting)  # type: ignore[no-any-return]
        except BrokenJson as error:
            broken = error
        except NOT_READ:
            pass
        found = Deviations.of_message(len(text), allowed | self._always_read(text))
        try:
            if broken is not None:
                frame = self._mend(text, broken, found)
            return self._judge(frame, found, awaiting or {})
        except FrameError as error:
            error.read_tolerantly = partial(
                self.decode, text, awaiting=awaiting, tolerance=Tolerance.TOLERANT
            )
            raise

    def _always_read(self, text: str) -> Tolerance:
        """What is accepted of a frame although nobody has allowed it."""
        match = _TYPE.match(text[:_HEAD_LENGTH])
        kind = None if match is None else self.specification.frame_kinds.get(int(match[1]))
        return _ALWAYS_READ if kind in _ERRORS else self.specification.json_dialects

    def _mend(self, text: str, broken: BrokenJson, found: Deviations) -> Any:
        """Reads text that is no JSON to us, if members that are there twice are all that is wrong, and are allowed."""
        if isinstance(broken, DuplicateMember):
            reason, rule = f"{broken}; the last one counts", Tolerance.DUPLICATE_MEMBER
            if found.add(Violation("$", "duplicate", reason, ErrorCode.FORMAT, broken.member, rule)):
                try:
                    return read_json(text, duplicates=True)
                except BrokenJson as error:
                    broken = error
        self._salvage(text, str(broken), found)

    def values(self, text: str | bytes) -> Any:
        """The JSON value of a frame, whatever it means: for a log, which may not show the text of what it cannot read.

        Raises:
            FrameError: It is no JSON, or too long. Nothing else is raised.
            TypeError: `text` is neither text nor bytes.
        """
        if not isinstance(text, str):
            text = _decoded(text)
        try:
            if len(text) > self.max_size:
                raise BrokenJson(f"more than the {self.max_size} characters that are read")
            return read_json(text, duplicates=True)
        except BrokenJson as error:
            raise FrameError(str(error), kind=FrameKind.UNREADABLE, code=ErrorCode.FORMAT) from None

    def _judge(self, frame: Any, found: Deviations, awaiting: Mapping[str, type[Request[Any]]]) -> Frame:
        """Judges a frame stage by stage; the first stage that fails decides."""
        if type(frame) is not list or not frame or type(frame[0]) is not int:
            raise FrameError(
                "not an array that begins with a message type",
                kind=FrameKind.UNREADABLE,
                code=ErrorCode.FRAME,
            )
        kind, id = self._head(frame[0], frame[1] if len(frame) > 1 else None, found)
        match kind:
            case FrameKind.CALL | FrameKind.SEND:
                return self._read_call(kind, id, frame, found)
            case FrameKind.CALLRESULT:
                return self._read_result(id, frame, found, awaiting)
            case _:
                return self._read_error(kind, id, frame, found)

    def _head(self, number: int, raw: Any, found: Deviations) -> tuple[FrameKind, str]:
        """Judges message type and id: the first two stages of every frame."""
        kind = self.specification.frame_kinds.get(number)
        id: str | None = raw if type(raw) is str else None
        about_id: tuple[Violation, ...] = ()
        if type(raw) is int and -(10**MAX_ID_LENGTH) < raw < 10**MAX_ID_LENGTH:
            about_id = (_about_id("type", "is a number", ErrorCode.FRAME, raw, Tolerance.ID_NOT_STRING),)
            if found.add(about_id[0]):
                id = NumericId(raw)
        if kind is None:
            raise FrameError(
                f"message type {shown(number)} is unknown in OCPP {self.specification.version}",
                kind=FrameKind.UNKNOWN_TYPE,
                code=ErrorCode.MESSAGE_TYPE,
                id=id,
            )
        if id is None:
            # An answer or a SEND is never answered itself, so its kind is worth keeping; a call without id is not.
            raise FrameError(
                "the message id is not a string",
                kind=FrameKind.UNREADABLE if kind is FrameKind.CALL else kind,
                code=ErrorCode.FRAME,
                violations=about_id,
            )
        if kind in (FrameKind.CALL, FrameKind.SEND) and not 1 <= len(id) <= MAX_ID_LENGTH:
            rule = Tolerance.ID_TOO_LONG if id else Tolerance.ID_EMPTY
            keyword, reason = _LENGTHS[rule], f"has {len(id)} characters; 1 to {MAX_ID_LENGTH} are allowed"
            fault = _about_id(keyword, reason, ErrorCode.MESSAGE_ID, id, rule)
            if not found.add(fault):
                raise FrameError(fault.message, kind=kind, code=fault.code, id=id, violations=(fault,))
        return kind, id

    def _read_call(self, kind: FrameKind, id: str, frame: list[Any], found: Deviations) -> Call | Send:
        action = frame[2] if len(frame) > 2 and type(frame[2]) is str else None
        if len(frame) != 4 or action is None:
            reason = (
                "the action is not a string"
                if len(frame) == 4
                else f"has {len(frame)} elements in place of 4"
            )
            raise FrameError(reason, kind=kind, code=ErrorCode.FRAME, id=id, action=action)
        cls = self._request_class(kind, id, action, frame[3])
        payload = self._read_payload(kind, id, action, cls, frame[3], found)
        made: Any = Call if kind is FrameKind.CALL else Send
        frame_made: Call | Send = made(id, payload, violations=tuple(found.listed))
        return frame_made

    def _request_class(self, kind: FrameKind, id: str, action: str, payload: Any = None) -> type[Payload]:
        """The class of an action's request, once its name and its kind of message are right."""
        about: dict[str, Any] = {"kind": kind, "id": id, "action": action, "payload": payload}
        try:
            row = self.specification.action(action)
        except NoSuchAction as error:
            raise FrameError(str(error), code=ErrorCode.NOT_IMPLEMENTED, **about) from None
        if row.answered != (kind is FrameKind.CALL):
            reason = f"{action} is sent as a {'CALL' if row.answered else 'SEND'}"
            raise FrameError(reason, code=ErrorCode.NOT_SUPPORTED, **about)
        cls: type[Payload] = self.specification.request(action)
        self._kinds.has_read(kind, action, decoder(cls))
        return cls

    def _read_result(
        self, id: str, frame: list[Any], found: Deviations, awaiting: Mapping[str, type[Request[Any]]]
    ) -> CallResult:
        kind = FrameKind.CALLRESULT
        request = awaiting.get(id)
        action = None if request is None else request.__ocpp__.action
        about: dict[str, Any] = {"kind": kind, "id": id, "action": action}
        if len(frame) == 4 and type(frame[2]) is str and type(frame[3]) is dict:
            reason, rule = "has an action before its payload", Tolerance.RESULT_WITH_ACTION
            fault = _about_frame("$[2]", reason, frame[2], rule)
            if not found.add(fault):
                reason = "has 4 elements in place of 3"
                raise FrameError(reason, code=fault.code, violations=(fault,), payload=frame[3], **about)
        elif len(frame) != 3:
            raise FrameError(f"has {len(frame)} elements in place of 3", code=ErrorCode.FRAME, **about)
        _check_is_object(frame[-1], **about)
        if action is None:
            reason = "answers no call that waits"
            raise FrameError(reason, code=ErrorCode.MESSAGE_ID, payload=frame[-1], **about)
        cls: type[Response] = self.specification.response(action)
        self._kinds.has_read(kind, action, decoder(cls))
        payload = self._read_payload(kind, id, action, cls, frame[-1], found)
        return CallResult(id, payload, violations=tuple(found.listed))

    def _read_payload(
        self, kind: FrameKind, id: str, action: str, cls: type[Payload], payload: Any, found: Deviations
    ) -> Any:
        _check_is_object(payload, kind=kind, id=id, action=action)
        try:
            # Null is a second way to write {} (OCPP-J 1.6 §4.2.1; 2.0.1 part 4 §4.1.5).
            return accepted(cls, {} if payload is None else payload, found)
        except PayloadError as error:
            sentences = "; ".join(str(fault)[:_LONGEST_SENTENCE] for fault in error.violations[:3])
            raise FrameError(
                sentences + (" ..." if len(error.violations) > 3 else ""),
                kind=kind,
                code=error.code,
                id=id,
                action=action,
                violations=error.violations,
                payload=payload,
            ) from None

    def _read_error(
        self, kind: FrameKind, id: str, frame: list[Any], found: Deviations
    ) -> CallError | CallResultError:
        parts: Any = frame[2:]
        if [type(part) for part in parts[:4]] != [str, str, dict]:
            reason = "is not an id, a code, a description and an object of details"
            found.add(_about_frame("$", reason, frame, Tolerance.SHORT_CALLERROR))
            parts = _sorted(parts)
        name, description, details = parts
        if is_too_deep(details):
            reason = "the details are nested too deep"
            raise FrameError(reason, kind=kind, code=ErrorCode.FORMAT, id=id)
        code = ERROR_CODES.get(name, ErrorCode.GENERIC)
        made = CallError if kind is FrameKind.CALLERROR else CallResultError
        spelling = None if self.error_names.get(code) == name else name
        return made(id, code, description, details, spelling=spelling, violations=tuple(found.listed))

    def _salvage(self, text: str, reason: str, found: Deviations) -> NoReturn:
        """Raises what is to be said of text that is not JSON: its payload may be broken and its id still readable."""
        violations = tuple(found.listed)
        match = _HEAD.match(text[:_HEAD_LENGTH])
        if match is None:
            raise FrameError(reason, kind=FrameKind.UNREADABLE, code=ErrorCode.FRAME, violations=violations)
        number, raw, quoted = match.groups()
        kind, id = self._head(int(number), _value(raw), found)
        action = _value(quoted)
        code = ErrorCode.FORMAT
        if kind in (FrameKind.CALL, FrameKind.SEND):
            if action is None:
                code = ErrorCode.FRAME
            else:
                self._request_class(kind, id, action)
        else:
            action = None
        raise FrameError(reason, kind=kind, code=code, id=id, action=action, violations=violations)

    # Writing

    def encode(self, frame: Frame) -> str:
        """Writes one frame, checking everything in it.

        Raises:
            PayloadError: The payload breaks its schema.
            LocalProtocolError: This version has no such frame, message or error code; the message is not of the kind
                that the frame carries; the id is too long, empty or reserved; or a value is no JSON.
            TypeError: The payload is no message.
        """
        try:
            cls: Any = type(frame.payload)  # type: ignore[union-attr]
            return self._kinds.writers[self.fraction_digits][cls](frame)
        except NOT_READ:
            pass
        parts: tuple[Any, ...]
        match frame:
            case Call():
                kind, parts = FrameKind.CALL, self._named(frame.payload, Request)
            case CallResult():
                kind, parts = FrameKind.CALLRESULT, self._named(frame.payload, Response)[1:]
            case Send():
                kind, parts = FrameKind.SEND, self._named(frame.payload, Notification)
            case _:
                return self._write(*self._error(frame))
        text = self._write(kind, frame.id, *parts)
        self._kinds.has_written(kind, frame, self.fraction_digits)
        return text

    def _error(self, frame: CallError | CallResultError) -> tuple[FrameKind, str, str, str, dict[str, Any]]:
        """The kind and the parts of an error."""
        name = self.error_names.get(frame.code)
        if name is None:
            raise LocalProtocolError(f"OCPP {self.specification.version} has no error code for {frame.code}")
        kind = FrameKind.CALLERROR if isinstance(frame, CallError) else FrameKind.CALLRESULTERROR
        details = dict(frame.details)
        if is_too_deep(details):
            raise LocalProtocolError("the details are nested too deep")
        return kind, frame.id, name, frame.description[:MAX_DESCRIPTION_LENGTH], details

    def _named(self, payload: Payload, kind: type[Payload]) -> tuple[str, dict[str, Any]]:
        """The action and the wire form of a payload, if it is of this kind and version."""
        if not isinstance(cast(Any, payload), Payload):
            raise TypeError(f"the payload of a frame is a message; got {passed(payload)}")
        definition = payload.__ocpp__
        if (
            definition.version != self.specification.version
            or definition.action is None
            or not isinstance(payload, kind)
        ):
            raise LocalProtocolError(
                f"{type(payload).__name__} of OCPP {definition.version} is no {kind.__name__.lower()} of "
                f"OCPP {self.specification.version}"
            )
        return definition.action, to_wire(payload, fraction_digits=self.fraction_digits)

    def _write(self, kind: FrameKind, id: str, *rest: Any) -> str:
        number = self._kinds.numbers.get(kind)
        if number is None:
            raise LocalProtocolError(f"OCPP {self.specification.version} has no {kind.name}")
        # An answer repeats the id of the call, whatever that was; ids of our own follow the rules.
        if kind in (FrameKind.CALL, FrameKind.SEND) and not may_be_sent(id):
            raise LocalProtocolError(
                f"{id!r} cannot be a message id: 1 to {MAX_ID_LENGTH} characters, and not {UNREADABLE_ID!r}"
            )
        try:
            return write_json([number, int(id) if isinstance(id, NumericId) else id, *rest])
        except TypeError as error:
            raise LocalProtocolError(f"not JSON: {error}") from None


def _decoded(given: Any) -> str:
    """The text of a frame that came as bytes, or as a kind of text."""
    if isinstance(given, str):
        return given
    if not isinstance(given, bytes | bytearray | memoryview):
        raise TypeError(
            f"""a frame is text or bytes, such as '[2,"1","Heartbeat",{{}}]'; got {passed(given)}"""
        )
    try:
        return str(given, "utf-8")
    except UnicodeDecodeError as error:
        reason = f"byte {error.start} is not UTF-8"
        raise FrameError(reason, kind=FrameKind.UNREADABLE, code=ErrorCode.FRAME) from None


def _value(raw: str | None) -> Any:
    """The value of a JSON string or integer that was cut out of broken text; None if it is broken itself."""
    try:
        return None if raw is None else read_json(raw)
    except BrokenJson:
        return None


def _sorted(parts: list[Any]) -> tuple[str, str, dict[str, Any]]:
    """Code, description and details of an error that has them in another form; ``[4, id, {}]`` has been seen.

    What is none of them is kept in the details.
    """
    texts = [part for part in parts if type(part) is str]
    objects = [part for part in parts if type(part) is dict]
    code, description = [*texts, "", ""][:2]
    if code not in ERROR_CODES and not description:
        code, description = "GenericError", code
    others = [part for part in parts if type(part) not in (str, dict, type(None))]
    rest = [*texts[2:], *objects[1:], *others]
    details: dict[str, Any] = objects[0] if objects else {}
    return code, description, {**details, _REST: rest} if rest else details


def _check_is_object(payload: Any, **about: Any) -> None:
    if payload is not None and type(payload) is not dict:
        raise FrameError("the payload is not an object", code=ErrorCode.STRUCTURE, payload=payload, **about)


#: Which keyword of JSON Schema an id of the wrong length breaks.
_LENGTHS = {Tolerance.ID_TOO_LONG: "maxLength", Tolerance.ID_EMPTY: "minLength"}


def _about_id(keyword: str, reason: str, code: ErrorCode, value: Any, rule: Tolerance) -> Violation:
    return Violation("$[1]", keyword, f"the message id {reason}", code, value, rule)


def _about_frame(path: str, reason: str, value: Any, rule: Tolerance) -> Violation:
    return Violation(path, "frame", reason, ErrorCode.FRAME, value, rule)


__all__ = ["MAX_DESCRIPTION_LENGTH", "MAX_ID_LENGTH", "UNREADABLE_ID", "JsonCodec"]
