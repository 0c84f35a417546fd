"""Text that is put right before it is read, for stations that send broken JSON with every reading.

No tolerance can do that: what breaks the grammar of JSON has no meaning until somebody who knows the station says it.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from attrs import evolve

from ocpp_core.dispatch.ends import ENDS_OF_PROCESS
from ocpp_core.jsonrpc.codec import UNREADABLE_ID, JsonCodec
from ocpp_core.model.codes import ErrorCode, FrameKind
from ocpp_core.model.errors import FrameError
from ocpp_core.model.logs import logger
from ocpp_core.model.messages import Frame, Request
from ocpp_core.model.versions import Specification
from ocpp_core.model.violations import Violation

_log = logger("mending")

#: Puts right what a station sends: text to text, the same text where nothing is wrong.
Mend = Callable[[str], str]


class MendingCodec:
    """A `JsonCodec` that reads what a mender makes of each frame, and reports what that has changed.

    Args:
        codec: Reads and writes.
        mend: Gets each frame that comes in, if it is not too long, and returns what is to be read. What it raises is
            logged, and the frame is read as it came.
    """

    max_outstanding: ClassVar[int | None] = JsonCodec.max_outstanding
    unreadable_id: ClassVar[str] = UNREADABLE_ID

    def __init__(self, codec: JsonCodec, mend: Mend) -> None:
        self._codec = codec
        self._mend: Callable[[str], Any] = mend
        self.specification: Specification = codec.specification
        self.owed: Mapping[FrameKind, FrameKind] = codec.owed
        self.error_names: Mapping[ErrorCode, str] = codec.error_names

    def decode(self, text: str, *, awaiting: Mapping[str, type[Request[Any]]] | None = None) -> Frame:
        """Reads one frame; see `JsonCodec.decode`. A frame that was changed has a violation that says so, its first."""
        mended = self._mended(text)
        if mended == text:
            return self._codec.decode(text, awaiting=awaiting)
        changed = _changed(text, mended)
        try:
            frame = self._codec.decode(mended, awaiting=awaiting)
        except FrameError as error:
            error.violations = (changed, *error.violations)
            raise
        return evolve(frame, violations=(changed, *frame.violations))

    def values(self, text: str) -> Any:
        """The JSON value of a frame, of theirs or ours; see `JsonCodec.values`. Only what cannot be read is mended."""
        try:
            return self._codec.values(text)
        except FrameError:
            return self._codec.values(self._mended(text))

    def encode(self, frame: Frame) -> str:
        """Writes one frame; see `JsonCodec.encode`."""
        return self._codec.encode(frame)

    def _mended(self, text: str) -> str:
        if len(text) > self._codec.max_size:
            return text
        try:
            mended = self._mend(text)
            if not isinstance(mended, str):
                raise TypeError(f"a mender returns text, not {type(mended).__name__}")
        except ENDS_OF_PROCESS:
            raise
        except BaseException as error:  # nothing that a peer has sent may raise out of the receive path
            _log.error("a frame could not be mended", exc_info=error)
            return text
        return mended


def _changed(text: str, mended: str) -> Violation:
    """What was changed, without a word of it: it may be a secret."""
    first, most = 0, min(len(text), len(mended))
    while first < most:  # halved each time: a frame may have a megabyte, and a station may send them all day
        middle = (first + most + 1) // 2
        if text.startswith(mended[:middle]):
            first = middle
        else:
            most = middle - 1
    said = f"was mended from character {first} on: {len(text)} characters became {len(mended)}"
    return Violation("$", "mended", said, ErrorCode.FORMAT, text)
