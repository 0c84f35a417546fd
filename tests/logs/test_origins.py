"""What stands beside a frame says which station it belongs to and which way it went."""

import logging
import re
import time
from collections.abc import Callable

import pytest

from inputs import ANSWER, HEARTBEAT, found
from ocpp_core.dispatch.hooks import Observer
from ocpp_core.jsonrpc.codec import JsonCodec
from ocpp_core.logs.origins import CSMS_TO_STATION, RECEIVED, SENT, STATION_TO_CSMS, direction_of

F = HEARTBEAT
Q = F.replace('"', '\\"')

LINES = {
    # This library's log, by several formatters, and that of the package ocpp.
    "own": (f"CP-1 <- {F}", "CP-1", RECEIVED),
    "own, sent": (f"2026-01-31 12:00:00,123 DEBUG ocpp_core.frames: CP-1 -> {F}", "CP-1", SENT),
    "own, basicConfig": (f"DEBUG:ocpp_core.frames:CP-1 <- {F}", "CP-1", RECEIVED),
    "ocpp": (f"INFO:ocpp:CP_1: receive message {F}", "CP_1", RECEIVED),
    "ocpp, sent": (
        f"2021-03-17 20:23:00 INFO (MainThread) [ocpp] WallboxPulsar: send {F}",
        "WallboxPulsar",
        SENT,
    ),
    "ocpp in json": (f'{{"level":"info","msg":"CP_1: receive message {Q}"}}', "CP_1", RECEIVED),
    "ocpp-go": (f"[ocpp  ] TRACE 2026/07/23 10:21:46 recv 4oSnXerj: {F}", "4oSnXerj", RECEIVED),
    "ocpp-go, sent": (f"[ocpp  ] TRACE 2026/07/23 10:21:46 send 4oSnXerj: {F}", "4oSnXerj", SENT),
    "SteVe": (
        f"[INFO ] 2025-12-13 16:30:18,190 WebSocketLogger (qtp13-32) - [chargeBoxId=TG2, sessionId=5] Received: {F}",
        "TG2",
        RECEIVED,
    ),
    "CitrineOS": (
        f'{{"stationId":"CP-1","origin":"cs","protocol":"ocpp2.0.1","action":"Heartbeat","message":{F}}}',
        "CP-1",
        STATION_TO_CSMS,
    ),
    "CitrineOS, sent": (
        f'{{"stationId":"CP-1","origin":"csms","protocol":"ocpp2.0.1","action":"Heartbeat","message":{F}}}',
        "CP-1",
        CSMS_TO_STATION,
    ),
    "EVerest": (f"2026-01-31 [INFO] ocpp \x1b[1;35mChargePoint: {F}\x1b[1;0m", "", STATION_TO_CSMS),
    "EVerest, sent": (f"2026-01-31 [INFO] ocpp \x1b[1;36mCentralSystem: {F}\x1b[1;0m", "", CSMS_TO_STATION),
    # Arrows right before a frame are the logger's own; between two names they go from one to the other.
    **{
        f"arrow {arrow}": (f"CP-1{arrow}{F}", "CP-1", RECEIVED)
        for arrow in ("<-", " <-- ", " ← ", " << ", ": ⇐ ")
    },
    **{
        f"arrow {arrow}": (f"x CP-1 {arrow} {F}", "CP-1", SENT)
        for arrow in ("->", "-->", "→", "=>", "==>", "⇒")
    },
    "arrow between bars": (f"12:00:00 | CP-1 | <- | {F}", "CP-1", RECEIVED),
    "arrow behind a key": (f"station=CP-1 -> {F}", "CP-1", SENT),
    "arrow of no name": (f"response <- {F}", "", RECEIVED),
    "to the csms": (f"CP-1 -> CSMS: {F}", "CP-1", STATION_TO_CSMS),
    "into the csms": (f"[CSMS <- CP-1] {F}", "CP-1", STATION_TO_CSMS),
    "from the csms by arrow": (f"12:00 CSMS->CP-1: {F}", "CP-1", CSMS_TO_STATION),
    "out of the csms": (f"CP-1 <- CSMS {F}", "CP-1", CSMS_TO_STATION),
    "two that are no csms": (f"CP-1 -> CP-2 {F}", "", SENT),
    "sending a message": (f"sending Heartbeat: {F}", "", SENT),
    # Keys in text.
    "key=value": (f"level=debug station=CP-1 direction=in msg={F}", "CP-1", RECEIVED),
    "key: value": (f"chargePointId: CP-1, direction: OUTBOUND, {F}", "CP-1", SENT),
    "keys behind": (f"{F} charge_point_id=CP-1 dir=tx", "CP-1", SENT),
    "quoted keys": (f'chargeBoxId="CP-1" direction="<-" {F}', "CP-1", RECEIVED),
    # Objects.
    "object": (f'{{"cp":"CP-1","direction":"received","frame":"{Q}"}}', "CP-1", RECEIVED),
    "object, arrow of sides": (
        f'{{"stationId":"CP-1","direction":"CP->CSMS","frame":{F}}}',
        "CP-1",
        STATION_TO_CSMS,
    ),
    "object, type": (f'{{"identity":"CP-1","type":"sent","message":{F}}}', "CP-1", SENT),
    "object, inner": (
        f'{{"context":{{"charge-point-id":"CP-1"}},"dir":"in","message":{F}}}',
        "CP-1",
        RECEIVED,
    ),
    "member in": (f'{{"charger_id":"CP-1","in":{F}}}', "CP-1", RECEIVED),
    "member received": (f'{{"station":"CP-1","received":"{Q}"}}', "CP-1", RECEIVED),
    "number": (f'{{"chargePointId":17,"out":{F}}}', "17", SENT),
    # Prose.
    "received from": (f"Message received from CP-1: {F}", "CP-1", RECEIVED),
    "sent to": (f"sending {F[:0]}to CP-1 {F}", "CP-1", SENT),
    "from the csms": (f"got message from CSMS: {F}", "", CSMS_TO_STATION),
    "from charge point": (f"Received message from charge point CP-1: {F}", "CP-1", STATION_TO_CSMS),
    "sides": (f"[CP -> CSMS] {F}", "", STATION_TO_CSMS),
    "sides, other way": (f"CS -> CP: {F}", "", CSMS_TO_STATION),
    "sides of 2.x": (f"CS -> CSMS: {F}", "", STATION_TO_CSMS),
    "brackets": (f"[IN] {F}", "", RECEIVED),
    "rx": (f"<info> ws rx: {F}", "", RECEIVED),
    "last word counts": (f"received a call, sending {F}", "", SENT),
    "response to": (f"Sending response to Heartbeat: {F}", "", SENT),
    # What says nothing.
    "time": (f"12:00:00 <- {F}", "", RECEIVED),
    "level": (f"INFO -> {F}", "", SENT),
    "thread": (f"[main] recv {F}", "", RECEIVED),
    "prose": (f"in 5 ms: {F}", "", ""),
    "nothing": (f"x {F}", "", ""),
}


@pytest.mark.parametrize("line, identity, direction", LINES.values(), ids=LINES)
def test_station_and_direction_are_read(line: str, identity: str, direction: str) -> None:
    (one,) = found(line)

    assert F == one.text
    assert (identity, direction) == (one.station.identity if one.station else "", one.direction)


def test_a_line_of_its_own_says_who_speaks() -> None:
    log = (
        f"2026-01-31T12:00:00.000Z: ChargePoint>CentralSystem Heartbeat \n{F}\n\n"
        f'2026-01-31T12:00:01.000Z: CentralSystem>ChargePoint  Heartbeat\n[\n  3,\n  "17",\n  {{}}\n]\n\n{ANSWER}\n'
    )

    assert [(STATION_TO_CSMS, 2), (CSMS_TO_STATION, 5), ("", 11)] == [
        (one.direction, one.line) for one in found(log)
    ]


DIRECTIONS = {
    "in": RECEIVED, "Incoming": RECEIVED, "RECEIVED": RECEIVED, "rx": RECEIVED, "←": RECEIVED, "<-": RECEIVED,
    "out": SENT, "outgoing": SENT, "Sent": SENT, "tx": SENT, "=>": SENT,
    "station->csms": STATION_TO_CSMS, "csms -> station": CSMS_TO_STATION, "cp_to_cs": STATION_TO_CSMS,
    "charger2server": STATION_TO_CSMS, "station ← csms": CSMS_TO_STATION, "cs->csms": STATION_TO_CSMS,
    "": "", "up": "", "Heartbeat": "",
}  # fmt: skip


@pytest.mark.parametrize("text, direction", DIRECTIONS.items())
def test_value_of_a_direction(text: str, direction: str) -> None:
    assert direction == direction_of(text)


@pytest.mark.parametrize(
    "format", ["%(message)s", logging.BASIC_FORMAT, "%(asctime)s %(levelname)-8s %(name)s: %(message)s"]
)
def test_the_log_of_this_library_is_read(format: str, caplog: pytest.LogCaptureFixture) -> None:
    class Box:
        identity = "CP-1"

    with caplog.at_level(logging.DEBUG, "ocpp_core.frames"):
        for direction, text in (("in", HEARTBEAT), ("out", ANSWER)):
            Observer().frame(Box(), direction, text, JsonCodec("1.6"))  # type: ignore[arg-type]
    formatter = logging.Formatter(format)
    lines = found("\n".join(formatter.format(record) for record in caplog.records))

    assert [("CP-1", RECEIVED, HEARTBEAT), ("CP-1", SENT, ANSWER)] == [
        (str(one.station), one.direction, one.text) for one in lines
    ]


def _hostile() -> dict[str, Callable[[int], str]]:
    return {
        "keys": lambda size: "station=" * (size // 8),
        "from": lambda size: "from " * (size // 5),
        "arrows": lambda size: "->" * (size // 2),
        "spaces": lambda size: "cp" + " " * size,
        "names": lambda size: "a" * size,
        "quotes": lambda size: '"' * size,
        "cells": lambda size: ',"a,""b' * (size // 7),
        "commas": lambda size: "," * size,
        "begun": lambda size: '[2,"1",' * (size // 7),
        "open cells": lambda size: '"[2,""' * (size // 6),
    }


@pytest.mark.parametrize("text", _hostile().values(), ids=_hostile())
def test_hostile_text_around_a_frame_takes_no_time(text: Callable[[int], str]) -> None:
    started = time.monotonic()
    for line in (f"{text(200_000)} {F}", f"{F} {text(200_000)}", text(200_000)):
        found(f"connected\n{line}\n{line}")
        found(f"time,station,message\n{line}\n{line}")

    assert 20 > time.monotonic() - started


def test_a_name_is_bounded() -> None:
    (one,) = found(f"station={'x' * 300} {F}")

    assert re.fullmatch("x{1,200}", str(one.station))
