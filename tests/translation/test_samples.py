"""Field traffic in every version: the frames of ../shared/samples, where they are, and those of examples/traffic."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

import oracle
from ocpp_core.logs.detection import with_version
from ocpp_core.logs.judging import Judge, Verdict
from ocpp_core.logs.reading import Reader
from ocpp_core.logs.sources import expand
from ocpp_core.logs.translating import LogTranslator, Outcome, Translated
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import Version

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = Path(oracle.OFFICIAL).parent / "samples" / "field_traffic.ndjson"
FOLDERS = [path for path in (ROOT / "examples" / "traffic", SAMPLES) if path.exists()]
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def translated(path: Path, to: str) -> list[Translated]:
    found: list[Translated] = []
    for file in expand([path]):
        judge, translator = Judge(Tolerance.TOLERANT), LogTranslator(to, received_at=NOON)
        with file.open("rb") as stream:
            frames = with_version(Reader().read(stream, str(file)), None, lambda _: None)
            found += [translator.translate(judge.judge(one)) for one in frames]
    return found


@pytest.mark.parametrize("to", list(Version))
@pytest.mark.parametrize("path", FOLDERS, ids=lambda path: path.name)
def test_every_frame_that_can_be_read_is_translated_answered_or_named(path: Path, to: Version) -> None:
    found = translated(path, to)
    failed = Counter(
        (one.judged.verdict, one.reason)
        for one in found
        if one.outcome is Outcome.FAILED
        and one.judged.verdict in (Verdict.ACCEPTED, Verdict.TOLERATED)
        and one.judged.found.version != to  # what was tolerated cannot be written as it is
    )

    assert len(found) > 50
    assert Counter() == failed
    for one in found:
        assert (one.outcome is Outcome.LOSSY) <= bool(one.losses)
        assert (one.outcome in (Outcome.EXACT, Outcome.LOSSY)) == bool(one.texts)


@pytest.mark.parametrize("path", FOLDERS, ids=lambda path: path.name)
def test_to_its_own_version_every_frame_stays_what_it_is(path: Path) -> None:
    for to in Version:
        same = [one for one in translated(path, to) if one.judged.found.version == to]

        assert {Outcome.EXACT} >= {one.outcome for one in same if one.judged.verdict is Verdict.ACCEPTED}
