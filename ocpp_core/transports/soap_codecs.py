"""The codecs of a SOAP endpoint: which one reads an envelope, and which one writes the answer."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from ocpp_core.model.bounded import Bounded
from ocpp_core.model.codes import ErrorCode, FrameKind
from ocpp_core.model.errors import FrameError
from ocpp_core.model.messages import Frame, Request
from ocpp_core.model.versions import Specification
from ocpp_core.soap.codec import SoapCodec
from ocpp_core.transports.styles import Style

#: Codecs of styles that are kept. Where more styles are in use, the codec that was idle longest is made again.
MOST_STYLES = 64


class SoapCodecs:
    """One codec for each version, and one for each style of a version once somebody has it.

    Args:
        versions: That are served.
        options: Of all codecs, see `SoapCodec`.
    """

    def __init__(self, versions: Iterable[str], **options: Any) -> None:
        self._options = options
        self._plain = {version: SoapCodec(version, **options) for version in versions}
        self._styled: Bounded[tuple[str, Style], SoapCodec] = Bounded(MOST_STYLES)

    def of(self, version: str | None) -> SoapCodec | None:
        """The codec that reads envelopes of a version; of another, one whose fault says what is wrong.

        Returns:
            None if no version is served.
        """
        return self._plain.get(version or "") or next(iter(self._plain.values()), None)

    def styled(self, codec: SoapCodec, style: Style) -> SoapCodec:
        """The codec of the same version that writes in a style."""
        version = codec.specification.version
        key = version, style
        found = self._styled.get(key)
        if found is None:
            found = self._styled[key] = SoapCodec(version, **self._options, **style.of_envelopes)
        self._styled.move_to_end(key)
        return found


class AnsweringCodec:
    """Reads one request as its codec does, and writes the answer in the style of whoever has sent it.

    Until `suit` has said who that is, it is the station that the header names: a fault has to be read by it, too.

    Args:
        codec: Reads.
        codecs: Have the one that writes.
        style_of: The style of a station by its identity, "" if it has said none. What it raises leaves `encode`.
    """

    max_outstanding: ClassVar[int | None] = SoapCodec.max_outstanding
    unreadable_id: ClassVar[str] = SoapCodec.unreadable_id

    def __init__(self, codec: SoapCodec, codecs: SoapCodecs, style_of: Callable[[str], Style]) -> None:
        self.specification: Specification = codec.specification
        self.owed: Mapping[FrameKind, FrameKind] = codec.owed
        self.error_names: Mapping[ErrorCode, str] = codec.error_names
        self._reading = codec
        self._codecs = codecs
        self._style_of = style_of
        self._claimed = ""
        self._writing: SoapCodec | None = None

    def suit(self, style: Style) -> SoapCodec:
        """Writes in this style from now on; returns the codec that does it."""
        self._writing = self._codecs.styled(self._reading, style)
        return self._writing

    def decode(self, body: bytes, *, awaiting: Mapping[str, type[Request[Any]]] | None = None) -> Frame:
        """Reads one envelope; see `SoapCodec.decode`."""
        try:
            frame = self._reading.decode(body, awaiting=awaiting)
        except FrameError as error:
            self._claimed = error.identity or ""
            raise
        self._claimed = (frame.headers and frame.headers.identity) or ""
        return frame

    def values(self, body: bytes) -> Any:
        """An envelope as JSON would have it; see `SoapCodec.values`."""
        return self._reading.values(body)

    def encode(self, frame: Frame) -> bytes:
        """Writes one envelope; see `SoapCodec.encode`."""
        writing = self._writing or self.suit(self._style_of(self._claimed))
        return writing.encode(frame)
