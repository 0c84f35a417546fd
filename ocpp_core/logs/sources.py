"""Where text comes from: files of folders, and bytes in whatever form they are kept. Everything is streamed."""

import codecs
import gzip
import io
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from ocpp_core.soap.text import utf_16_in

#: What is read from a folder, packed with gzip (``.log.gz``) or not.
SUFFIXES = frozenset({".ndjson", ".jsonl", ".log", ".txt", ".json", ".xml", ".csv", ".tsv"})

_GZIP = b"\x1f\x8b"
#: Bytes by which a form is known.
_START = 4
_CHUNK = 65_536


def expand(paths: Iterable[Path]) -> Iterator[Path]:
    """The files that are meant: of a folder, all below it whose suffix is one of `SUFFIXES`, in order.

    Raises:
        FileNotFoundError: A folder has no such file.
    """
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        files = sorted(file for file in path.rglob("*") if _is_traffic(file) and file.is_file())
        if not files:
            raise FileNotFoundError(f"no {', '.join(f'*{suffix}' for suffix in sorted(SUFFIXES))} in {path}")
        yield from files


def _is_traffic(path: Path) -> bool:
    is_packed = path.suffix.lower() == ".gz"
    return (Path(path.stem) if is_packed else path).suffix.lower() in SUFFIXES


def unpacked(file: BinaryIO, told: Callable[[int], None]) -> io.BufferedReader:
    """The bytes of a file as UTF-8: unpacked if it is gzip, written anew if its beginning says UTF-16 (`utf_16_in`).

    Args:
        file: Is read to its end, no further ahead than it has to be: a stream may be slow.
        told: Is told of the bytes that have been read.
    """
    stream = _peeked(file, told)
    if stream.peek(2)[:2] == _GZIP:
        packed = gzip.GzipFile(fileobj=stream)
        stream = _peeked(packed, None)
    encoding = utf_16_in(stream.peek(_START)[:_START])
    return stream if encoding is None else io.BufferedReader(_Recoded(stream, encoding), _CHUNK)


def _peeked(file: BinaryIO | gzip.GzipFile, told: Callable[[int], None] | None) -> io.BufferedReader:
    return io.BufferedReader(_Counted(file, told), _CHUNK)


class _Counted(io.RawIOBase):
    """Reads what there is, at least `_START` bytes the first time."""

    def __init__(self, file: BinaryIO | gzip.GzipFile, told: Callable[[int], None] | None) -> None:
        # A pipe gives what it has only by `read1`.
        self._read: Callable[[int], bytes] = getattr(file, "read1", file.read)
        self._told = told
        self._is_first = True

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: "io.WriteableBuffer") -> int:  # type: ignore[name-defined]
        """See `io.RawIOBase.readinto`."""
        view = memoryview(buffer)
        try:
            data = self._read(len(view))
            while self._is_first and len(data) < _START and (more := self._read(1)):
                data += more
        except (EOFError, zlib.error) as error:
            raise OSError(f"is packed, and broken: {error}") from None
        self._is_first = False
        if self._told is not None:
            self._told(len(data))
        view[: len(data)] = data
        return len(data)


class _Recoded(io.RawIOBase):
    """Text of another encoding as UTF-8; what is no text of it stays recognisable, and a codec refuses it."""

    def __init__(self, file: io.BufferedReader, encoding: str) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._ready = b""
        self._is_done = False

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: "io.WriteableBuffer") -> int:  # type: ignore[name-defined]
        """See `io.RawIOBase.readinto`."""
        view = memoryview(buffer)
        while not self._ready and not self._is_done:
            data = self._file.read1(_CHUNK)
            self._is_done = not data
            self._ready = self._decoder.decode(data, final=self._is_done).encode("utf-8", "surrogatepass")
        count = min(len(view), len(self._ready))
        view[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count
