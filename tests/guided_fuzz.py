"""Lets a fuzzer that sees which lines are taken look for what breaks an invariant.

    python tests/guided_fuzz.py connection --runs 100000 --seed 7

The fuzzer is Atheris, which has to be installed; it begins with the files of ``tests/corpora/`` and keeps what it finds
out in a directory of its own. Without it the same targets take those files in `test_guided_fuzz.py`.
"""

import argparse
import gzip
import io
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any

CORPORA = Path(__file__).parent / "corpora"
#: Of the inputs; longer ones are slow, and new lines are found in short ones.
_LONGEST = 2000


def frames(data: bytes) -> None:
    """A text is a frame or a `FrameError` for every version, and a right message comes back equal when written."""
    from ocpp_core.jsonrpc.codec import JsonCodec
    from ocpp_core.model.errors import FrameError
    from ocpp_core.model.messages import CallError, CallResultError

    text = data.decode("utf-8", "surrogateescape")
    for version in ("1.6", "2.0", "2.0.1", "2.1"):
        awaiting = {"17": _requests(version)[len(data) % len(_requests(version))]}
        for codec in _codecs(JsonCodec, version):
            try:
                frame = codec.decode(text, awaiting=awaiting)
            except FrameError as error:
                _shown(error)
                continue
            repr(frame)
            # How a peer spells an unknown code is for the log, and is not sent.
            if not frame.violations and not isinstance(frame, (CallError, CallResultError)):
                assert frame == codec.decode(codec.encode(frame), awaiting=awaiting)


def envelopes(data: bytes) -> None:
    """Bytes are a frame or a `FrameError` for every version and role, and a right request can be written again."""
    from ocpp_core.model.errors import FrameError
    from ocpp_core.model.messages import Call
    from ocpp_core.model.versions import Role
    from ocpp_core.soap.codec import SoapCodec

    SoapCodec.sniff(data)
    for version in ("1.2", "1.5", "1.6"):
        for role in (Role.CSMS, Role.CHARGE_POINT):
            for codec in _codecs(SoapCodec, version, role):
                try:
                    frame = codec.decode(data)
                except FrameError as error:
                    _shown(error)
                    continue
                repr(frame)
                if isinstance(frame, Call) and not frame.violations:
                    assert frame.payload == codec.decode(codec.encode(frame)).payload


def connection(data: bytes) -> None:
    """Whatever comes, and whenever, a connection raises nothing, and each call is answered once, in either direction.

    Each line is a message that comes, or what happens here: ``!call``, ``!reply``, ``!reject``, ``!drop``, ``!late``
    (time goes by), ``!end``.
    """
    from ocpp_core.dispatch.connection import CallOutcome, CallReceived, Connection
    from ocpp_core.jsonrpc.codec import JsonCodec
    from ocpp_core.model.codes import ErrorCode
    from ocpp_core.model.errors import LocalProtocolError

    version = ("1.6", "2.0.1", "2.1")[len(data) % 3]
    ids, now = count(1), 0.0
    made = Connection(
        JsonCodec(version), new_id=lambda: str(next(ids)), call_timeout=10.0, max_held_bytes=100
    )
    theirs: list[CallReceived] = []
    ended: Counter[str] = Counter()
    received, answered = 0, 0
    heartbeat = _requests(version)[0]
    for line in data.split(b"\n"):
        match line:
            case b"!call":
                with suppress(LocalProtocolError):
                    made.call(heartbeat(), now=now)
            case b"!reply" if theirs:
                with suppress(LocalProtocolError):
                    made.reply(theirs.pop(), _response(version))
            case b"!reject" if theirs:
                with suppress(LocalProtocolError):
                    made.reject(theirs.pop(), ErrorCode.INTERNAL)
            case b"!drop" if theirs:
                with suppress(LocalProtocolError):
                    made.drop(theirs.pop())
            case b"!late":
                now += 6
                made.handle_timeout(now)
            case b"!end":
                made.receive_eof()
            case _:
                received += 1
                made.receive_message(line.decode("utf-8", "surrogateescape"))
        for event in made.events():
            repr(event)
            if isinstance(event, CallReceived):
                theirs.append(event)
            elif isinstance(event, CallOutcome):
                ended[event.call.id] += 1
        answered += sum(json.loads(text)[0] in (3, 4, 5) for text in made.messages_to_send())
    assert answered <= received
    made.receive_eof()
    ended.update(event.call.id for event in made.events() if isinstance(event, CallOutcome))
    assert Counter(map(str, range(1, next(ids)))) == ended


def logs(data: bytes) -> None:
    """Any file can be read, to its end if it is not packed badly, and what is found in it is text that stands there."""
    from ocpp_core.logs.reading import Reader

    for file in (data, gzip.compress(data, 1, mtime=0)):
        try:
            for found in Reader().read(io.BytesIO(file), "log"):
                assert found.text
                assert found.line > 0
                repr(found)
        except OSError:  # as it says
            assert b"\x1f\x8b" in (file[:2], data[:2])


TARGETS: dict[str, Callable[[bytes], None]] = {
    target.__name__: target for target in (frames, envelopes, connection, logs)
}


@cache
def _codecs(kind: Any, version: str, role: Any = None) -> list[Any]:
    from ocpp_core.model.tolerance import Tolerance

    options = {} if role is None else {"role": role, "identity": "CP-1"}
    return [kind(version, tolerance=mode, **options) for mode in (Tolerance.STRICT, Tolerance.TOLERANT)]


@cache
def _requests(version: str) -> list[Any]:
    """Classes of requests; Heartbeat is the first."""
    from ocpp_core.model.specifications import specification

    known = specification(version)
    names = sorted(row.name for row in known.actions.values() if row.answered)
    return [known.request(name) for name in ["Heartbeat", *names]]


@cache
def _response(version: str) -> Any:
    from ocpp_core.model.specifications import specification
    from ocpp_core.payloads.conversion import from_wire

    return from_wire(specification(version).response("Heartbeat"), {"currentTime": "2026-01-31T12:00:00Z"})


def _shown(error: Any) -> None:
    str(error)
    repr(error.violations)


def corpus(target: str) -> list[Path]:
    """What a target begins with."""
    return sorted((CORPORA / target).iterdir())


def main(arguments: list[str] | None = None) -> None:
    """Parses the command line, and fuzzes until the runs are over or an invariant breaks; ends the process."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--runs", type=int, default=20_000, help="%(default)s")
    parser.add_argument("--seed", type=int, help="which; a new one every time by default")
    given = parser.parse_args(arguments)
    seed = random.SystemRandom().randrange(1, 10**6) if given.seed is None else given.seed
    atheris = import_module("atheris")
    with atheris.instrument_imports(include=["ocpp_core"], enable_loader_override=False):
        for path in corpus(given.target):
            TARGETS[given.target](path.read_bytes())
    kept = tempfile.mkdtemp(prefix=f"fuzz-{given.target}-")
    print(f"{given.target}: {given.runs:,} runs, SEED={seed}: {TARGETS[given.target].__doc__}", flush=True)
    options = [f"-runs={given.runs}", f"-seed={seed}", f"-max_len={_LONGEST}", f"-artifact_prefix={kept}/"]
    atheris.Setup([sys.argv[0], *options, kept, str(CORPORA / given.target)], TARGETS[given.target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
