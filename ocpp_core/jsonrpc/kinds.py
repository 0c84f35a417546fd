"""The frames of a version that carry messages, and what reads and writes them at once.

Each function is made when it is needed: what reads and writes values with the first frame of an action, what reads and
writes text with the second. So the first frame is cheap, and from the third on no time is lost.
"""

from collections.abc import Callable, Mapping
from typing import Any

from ocpp_core._lazy import once
from ocpp_core.jsonrpc.ids import MAX_ID_LENGTH
from ocpp_core.model.codes import FrameKind
from ocpp_core.model.messages import Call, CallResult, Payload, Request, Send
from ocpp_core.model.timestamps import FIXED_DIGITS
from ocpp_core.model.versions import Specification
from ocpp_core.payloads.binding import REFUSALS, Decode, Refused

#: The frames with a message in them.
Made = type[Call | CallResult | Send]
_MADE: dict[FrameKind, Made] = {
    FrameKind.CALL: Call,
    FrameKind.CALLRESULT: CallResult,
    FrameKind.SEND: Send,
}

#: How texts begin, before the id, that are read at once: as programs write them, without blanks or with one.
_BEGINNINGS = ("[{},", "[{}, ")
#: What is raised for a frame that is not read at once, as there is a fault in it or as none has come before.
NOT_READ = (*REFUSALS, IndexError)


class Kind:
    """The frames of one kind.

    Attributes:
        made: What they become.
        number: Their message type.
        decoders: What builds a payload from values, by action.
        readers: What builds a frame from text, by action.
    """

    def __init__(self, made: Made, number: int) -> None:
        self.made = made
        self.number = number
        self.decoders: dict[str, Decode] = {}
        self.readers: dict[str, Callable[[str], Any]] = {}


class Kinds:
    """The kinds of frames with messages in them that a version has. All codecs of the version share one.

    Attributes:
        numbers: The message type of each kind of frame, those without messages among them.
        writers: What writes a frame, by the digits of its timestamps and the class of its payload, which only one kind
            of frame can carry.
    """

    def __init__(self, known: Specification) -> None:
        self.numbers: dict[FrameKind, int] = {kind: number for number, kind in known.frame_kinds.items()}
        self._kinds = {
            kind: Kind(_MADE[kind], number) for number, kind in known.frame_kinds.items() if kind in _MADE
        }
        self._by_number = {kind.number: kind for kind in self._kinds.values()}
        self._by_beginning = {
            beginning.format(number): kind
            for number, kind in self._by_number.items()
            for beginning in _BEGINNINGS
        }
        self.writers: dict[int | None, dict[type[Payload], Callable[[Any], str]]] = {
            digits: {} for digits in (None, *FIXED_DIGITS)
        }
        self._written: set[tuple[type[Payload], int | None]] = set()

    def read_text(self, text: str, awaiting: Mapping[str, type[Request[Any]]] | None) -> Any:
        """The first tier: builds a frame from text, in C for the most part. Raises one of `NOT_READ`."""
        # The beginning, the id, a comma, and the action, if there are no escapes, which no reader takes.
        head = text.split('"', 4)
        kind = self._by_beginning[head[0]]
        action = _awaited(head[1], awaiting) if kind.made is CallResult else head[3]
        return kind.readers[action](text)

    def read_values(self, frame: Any, awaiting: Mapping[str, type[Request[Any]]] | None) -> Any:
        """The second tier: builds a frame from values, in one pass. Raises one of `NOT_READ`."""
        number, id = frame[0], frame[1]
        if type(number) is not int or type(id) is not str or not 0 < len(id) <= MAX_ID_LENGTH:
            raise Refused
        kind = self._by_number[number]
        if len(frame) != (3 if kind.made is CallResult else 4):
            raise Refused
        action = _awaited(id, awaiting) if kind.made is CallResult else frame[2]
        message = kind.decoders[action](frame[-1])
        if action not in kind.readers:
            from ocpp_core.jsonrpc.quick import frame_reader

            kind.readers[action] = frame_reader(kind.made, number, type(message))
        return kind.made(id, message)

    def has_read(self, kind: FrameKind, action: str, decode: Decode) -> None:
        """From now on, payloads of an action are built by `decode` at once, if there is no fault in them."""
        self._kinds[kind].decoders[action] = decode

    def has_written(
        self, kind: FrameKind, frame: Call | CallResult | Send, fraction_digits: int | None
    ) -> None:
        """After the second time, frames like this one are written at once."""
        cls, writers = type(frame.payload), self.writers[fraction_digits]
        if (cls, fraction_digits) not in self._written:
            self._written.add((cls, fraction_digits))
        elif cls not in writers:
            from ocpp_core.jsonrpc.quick import frame_writer

            like = self._kinds[kind]
            writers[cls] = frame_writer(like.made, like.number, cls, fraction_digits)


def _awaited(id: str, awaiting: Mapping[str, type[Request[Any]]] | None) -> str:
    """The action of the call that an answer answers."""
    if awaiting is None:
        raise Refused
    return awaiting[id].__ocpp__.action or ""


kinds: Callable[[Specification], Kinds] = once(Kinds)
