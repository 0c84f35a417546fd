"""What is left of a stream when it has been judged: counts, of bounded size whatever the stream holds."""

import re
from collections.abc import Hashable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from attrs import define, field, frozen

from ocpp_core.logs.judging import Judged, Verdict
from ocpp_core.logs.origins import StationLabel
from ocpp_core.model.codes import ErrorCode, FrameKind
from ocpp_core.model.secrets import discreet_path, hide

#: Rows of a table; what comes beyond is counted in one row without a name.
MAX_ROWS = 1_000

#: What frames are called in the counts, by message type.
_PART_OF: Mapping[int, str] = {2: "requests", 6: "requests", 3: "responses", 4: "errors", 5: "errors"}
_WITHOUT_CALL, _REFUSED = frozenset({Verdict.UNPAIRED, Verdict.AMBIGUOUS}), Verdict.REFUSED

#: In the order of the tables; "others" are frames of which not even the kind can be read.
PARTS = ("requests", "responses", "errors", "others")

#: A position in a list of a payload; ``$[1]`` is an element of the frame itself.
_POSITION = re.compile(r"(?<!\$)\[\d+\]")

Counts = dict[tuple[str, Verdict], int]
Key = TypeVar("Key", bound=Hashable)


@define
class Rows(Generic[Key]):
    """Counts by row, then by part and verdict; at most `MAX_ROWS` rows and one for the rest."""

    rest: Key
    rows: dict[Key, Counts] = field(factory=dict)

    def add(self, key: Key, part: str, verdict: Verdict) -> None:
        """Counts one frame."""
        row = self.rows.get(key)
        if row is None:
            if len(self.rows) >= MAX_ROWS:
                key = self.rest
            row = self.rows.setdefault(key, {})
        cell = (part, verdict)
        row[cell] = row.get(cell, 0) + 1

    def __iter__(self) -> Iterator[tuple[Key, Counts]]:
        return iter(self.rows.items())


@frozen
class Deviation:
    """A kind of broken rule.

    Attributes:
        rule: The tolerance that accepts it; "" if none does.
        keyword: The rule, as violations name it; for a frame that is wrong itself the error code.
        version: Of OCPP.
        message: Class of the message, or kind of the frame and action.
        path: Without the positions in lists.
    """

    rule: str
    keyword: str
    version: str
    message: str
    path: str


@define
class Seen:
    """How often a kind of deviation was met, and one sentence about one of them."""

    count: int
    example: str


@define
class Summary:
    """The counts of a stream.

    Attributes:
        verdicts: Frames by verdict.
        not_judged: Frames that were not judged, by reason.
        actions: By version and action.
        stations: By station and version.
        deviations: By kind.
    """

    verdicts: dict[Verdict, int] = field(factory=lambda: dict.fromkeys(Verdict, 0))
    not_judged: dict[str, int] = field(factory=dict)
    actions: Rows[tuple[str, str]] = field(factory=lambda: Rows(("", "")))
    stations: Rows[tuple[StationLabel, str]] = field(factory=lambda: Rows((StationLabel(), "")))
    deviations: dict[Deviation, Seen] = field(factory=dict)

    @property
    def frames(self) -> int:
        """All frames."""
        return sum(self.verdicts.values())

    def add(self, judged: Judged) -> None:
        """Counts one frame."""
        verdict, found, kind = judged.verdict, judged.found, judged.kind
        self.verdicts[verdict] += 1
        part = "others"
        if kind is None:
            reason = judged.reason if len(self.not_judged) < MAX_ROWS else "other reasons"
            self.not_judged[reason] = self.not_judged.get(reason, 0) + 1
        else:
            part = _PART_OF.get(kind.value, part)
            if verdict not in _WITHOUT_CALL:
                self.actions.add((found.version, hide(judged.action[:60])), part, verdict)
        if found.station is not None:
            self.stations.add((found.station, found.version), part, verdict)
        if judged.violations or verdict is _REFUSED:
            self._add_deviations(judged)

    def _add_deviations(self, judged: Judged) -> None:
        version, message = judged.found.version, message_name(judged)
        if not message and judged.kind is not None:
            message = f"{judged.kind.name} {hide(judged.action[:60])}".strip()
        for one in judged.violations:
            path = _POSITION.sub("[]", discreet_path(one.path))[:200]
            label = one.rule.label if one.rule else ""
            self._add_deviation(Deviation(label, one.keyword, version, message, path), one.message)
        if not judged.violations and judged.code is not None:
            name = spelled(judged, judged.code) or str(judged.code)
            self._add_deviation(Deviation("", name, version, message, "$"), judged.reason[:300])

    def _add_deviation(self, deviation: Deviation, example: str) -> None:
        seen = self.deviations.get(deviation)
        if seen is None:
            if len(self.deviations) >= MAX_ROWS:
                deviation, example = Deviation(deviation.rule, deviation.keyword, "", "", ""), ""
            seen = self.deviations.setdefault(deviation, Seen(0, example))
        seen.count += 1


def message_name(judged: Judged) -> str:
    """The class that a frame's payload has or should have; "" if it has none or that is not known."""
    specification = judged.specification
    row = specification.actions.get(judged.action) if specification else None
    if row is None:
        return ""
    if judged.kind is FrameKind.CALLRESULT:
        return row.response_name or ""
    return row.request_name if judged.kind in (FrameKind.CALL, FrameKind.SEND) else ""


def spelled(judged: Judged, code: ErrorCode | None) -> str | None:
    """An error code as the version spells it on the wire of a frame; None if that has none for it."""
    if judged.specification is None or code is None:
        return None
    return judged.specification.error_names.get(judged.found.wire, {}).get(code)


def as_json(summary: Summary, lines_skipped: int) -> dict[str, Any]:
    """The summary for programs."""
    return {
        "frames": summary.frames,
        **{verdict.replace(" ", "_"): count for verdict, count in summary.verdicts.items()},
        "not_judged_reasons": summary.not_judged,
        "lines_skipped": lines_skipped,
        "actions": [
            {
                "version": version,
                "action": action,
                **{part: _of_part(counts, part) for part in PARTS},
            }
            for (version, action), counts in summary.actions
        ],
        "stations": [
            {
                "station": station.identity,
                "vendor": station.vendor,
                "model": station.model,
                "version": version,
                **{
                    verdict.replace(" ", "_"): sum(
                        count for (_, other), count in counts.items() if other is verdict
                    )
                    for verdict in Verdict
                },
            }
            for (station, version), counts in summary.stations
        ],
        "deviations": [
            {
                "rule": deviation.rule,
                "keyword": deviation.keyword,
                "version": deviation.version,
                "class": deviation.message,
                "path": deviation.path,
                "count": seen.count,
                "example": seen.example,
            }
            for deviation, seen in summary.deviations.items()
        ],
    }


def _of_part(counts: Counts, part: str) -> dict[str, int]:
    judged = (Verdict.ACCEPTED, Verdict.TOLERATED, Verdict.REFUSED)
    return {verdict: counts.get((part, verdict), 0) for verdict in judged}
