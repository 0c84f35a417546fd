"""Logs that tests make up: who has sent which frame, and what they become in another version."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from ocpp_core.logs.judging import Judge
from ocpp_core.logs.origins import CSMS_TO_STATION, STATION_TO_CSMS, StationLabel
from ocpp_core.logs.reading import Found
from ocpp_core.logs.translating import LogTranslator, Translated
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.translation.policies import Policy

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
UP, DOWN = STATION_TO_CSMS, CSMS_TO_STATION


class Log:
    """A log that is translated while it is written.

    Attributes:
        made: What its frames have become.
    """

    def __init__(
        self, version: str, to: str, policy: Policy | None = None, tolerance: Tolerance = Tolerance.STRICT
    ) -> None:
        self.version = version
        self.judge = Judge(tolerance)
        self.translator = LogTranslator(to, received_at=NOON, policy=policy or Policy())
        self.made: list[Translated] = []
        self._number = 0

    def frame(self, way: str, frame: Any, station: str = "CP-1", moment: str = "") -> Translated:
        """The next frame: text, or what JSON is made of."""
        text = frame if isinstance(frame, str) else json.dumps(frame)
        found = Found("x", 1, text, station, self.version, direction=way, moment=moment)
        found.station = StationLabel(station)
        one = self.translator.translate(self.judge.judge(found))
        self.made.append(one)
        return one

    def asks(self, way: str, action: str, payload: Any, answer: Any = None, **more: Any) -> list[Translated]:
        """A call and, unless it is None, its answer: a payload, or what follows the id of an error."""
        self._number += 1
        id = str(self._number)
        made = [self.frame(way, [2, id, action, payload], **more)]
        if answer is not None:
            back = DOWN if way == UP else UP
            frame = [4, id, *answer] if isinstance(answer, list) else [3, id, answer]
            made.append(self.frame(back, frame, **more))
        return made

    def texts(self) -> Iterator[Any]:
        """All frames in the other version, in their order, as JSON."""
        return (json.loads(text) for one in self.made for text in one.texts)

    def calls(self, action: str) -> list[Any]:
        """Payloads of the calls of an action."""
        return [frame[3] for frame in self.texts() if frame[0] == 2 and frame[2] == action]
