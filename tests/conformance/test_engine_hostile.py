"""Hostile software under the kit: the run ends in time and tells that nobody can tell, and its report has bounds."""

import asyncio
import gc
import json
import re
import warnings
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from io import StringIO
from typing import Any

import pytest
from attrs import evolve
from rich.console import Console
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import WebSocketException
from websockets.frames import Frame, Opcode
from websockets.typing import Subprotocol

import made_reports
from ocpp_core.conformance import runner
from ocpp_core.conformance.checks import CHECKS, Check, Start
from ocpp_core.conformance.grounds import Target
from ocpp_core.conformance.profiles import Profile
from ocpp_core.conformance.reports import as_json, as_junit, as_page, discretion
from ocpp_core.conformance.reports.discretion import discreet
from ocpp_core.conformance.reports.report import Report
from ocpp_core.conformance.reports.terminal import print_report
from ocpp_core.conformance.rules import rules
from ocpp_core.conformance.runner import MOST_FINDINGS, Listening, conform, load_checks
from ocpp_core.conformance.traces import MOST_CHARACTERS, MOST_ENTRIES, Direction, Trace, What
from ocpp_core.conformance.verdicts import Finding, Outcome, Verdict
from ocpp_core.model.versions import Role, Wire
from played import QUICK, csms_url

#: A packet of pings without content, from a server or from a client that masks with nothing.
_PINGS = b"\x89\x00" * 5000
Talk = Callable[[Any], Awaitable[None]]
_CALL = json.dumps([2, "1", "StatusNotification", {}])
_EVIL = "\x1b]0;owned\x07<script>alert(1)</script>\u202e"
#: Rules of every kind of start.
_SOME = (
    *("boot.answered", "configuration.all"),
    *("frame.unknown-action", "frame.json", "frame.one-call-open", "frame.open-id"),
)


async def floods(line: Any) -> None:
    while True:
        await line.send(_CALL)


async def never_answers(line: Any) -> None:
    await line.wait_closed()


async def closes_at_once(line: Any) -> None:
    await line.close()


async def says_too_much_at_once(line: Any) -> None:
    async for _ in line:
        await line.send(json.dumps([3, "x", {"data": "x" * 9_000_000}]))


async def says_nothing_that_is_text(line: Any) -> None:
    async for _ in line:
        await line.send(b"\xff" * 100)


async def is_no_utf8(line: Any) -> None:
    async for _ in line:
        line.transport.write(b"\x81\x02\xff\xff")


async def pings_without_end(line: Any) -> None:
    """And reads nothing."""
    line.transport.pause_reading()
    while not line.transport.is_closing():
        line.transport.write(_PINGS)
        await line.drain()
        await asyncio.sleep(0)


async def begins_messages_without_end(line: Any) -> None:
    async def parts() -> AsyncIterator[str]:
        while True:
            yield "x" * 1_000_000

    await line.send(parts())


async def commands_terminals(line: Any) -> None:
    async for text in line:
        frame = json.loads(text) if text.startswith("[") else [0, "0"]
        await line.send(json.dumps([4, frame[1], _EVIL, _EVIL, {_EVIL: _EVIL}], ensure_ascii=False))


async def says_a_number_that_nothing_holds(line: Any) -> None:
    async for text in line:
        frame = json.loads(text) if text.startswith("[") else [0, "0"]
        await line.send(f'[3,"{frame[1]}",{{"interval":1e{"9" * 20}}}]')


async def boots_and_answers_with_depth(line: Any) -> None:
    async for text in line:
        frame = json.loads(text) if text.startswith("[") else [0, "0"]
        booted = '{"status":"Accepted","currentTime":"2026-01-31T12:00:00Z","interval":300}'
        payload = booted if "BootNotification" in frame else "[" * 50_000 + "]" * 50_000
        await line.send(f'[3,"{frame[1]}",{payload}]')


TALKS: list[Talk] = [
    says_a_number_that_nothing_holds,
    boots_and_answers_with_depth,
    floods,
    never_answers,
    closes_at_once,
    says_too_much_at_once,
    says_nothing_that_is_text,
    is_no_utf8,
    pings_without_end,
    begins_messages_without_end,
    commands_terminals,
]


@asynccontextmanager
async def hostile_csms(talk: Talk) -> AsyncGenerator[str, None]:
    async def handle(connection: ServerConnection) -> None:
        with suppress(WebSocketException):
            await talk(connection)

    async with serve(
        handle, "127.0.0.1", 0, subprotocols=[Subprotocol("ocpp1.6")], max_size=None, close_timeout=0.1
    ) as server:
        yield f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"


async def hostile_station(url: str, talk: Talk) -> None:
    """Comes again and again."""
    while True:
        with suppress(WebSocketException, OSError):
            async with connect(
                f"{url}/CP1", subprotocols=[Subprotocol("ocpp1.6")], max_size=None, close_timeout=0.1
            ) as line:
                await talk(line)
        await asyncio.sleep(0)


async def judged(talk: Talk, role: Role, *patterns: str, seconds: float | None = None) -> Report:
    """What the kit says of software that talks so."""
    tasks: list[asyncio.Task[None]] = []
    profile = Profile(answer_within=0.3, silence=0.05)
    try:
        if role is Role.CSMS:
            async with hostile_csms(talk) as url:
                target = Target(role=role, version="1.6", url=url)
                return await conform(target, profile=profile, patterns=patterns, seconds=seconds)

        def told(event: Any) -> None:
            if isinstance(event, Listening):
                tasks.append(asyncio.create_task(hostile_station(event.address, talk)))

        target = Target(role=role, version="1.6", patience=3.0)
        return await conform(target, profile=profile, patterns=patterns, seconds=seconds, told=told)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize("talk", TALKS, ids=lambda talk: talk.__name__)
@pytest.mark.parametrize("role", [Role.CSMS, Role.CHARGE_POINT], ids=["CSMS", "station"])
def test_a_run_against_hostile_software_ends_and_blames_no_check(role: Role, talk: Talk) -> None:
    async def run() -> Report:
        async with asyncio.timeout(60):
            return await judged(talk, role, *_SOME)

    with warnings.catch_warnings():
        # asyncio of 3.11 forgets, open, whom it accepts while the server closes (CPython gh-109564).
        warnings.simplefilter("ignore", ResourceWarning)
        report = asyncio.run(run())
        gc.collect()
    wrong = [outcome for outcome in report.outcomes if outcome.verdict is Verdict.BROKEN]
    finding_texts = [
        sum(len(entry.text) for entry in finding.trace.received())
        for outcome in report.outcomes
        for finding in outcome.findings
    ]

    assert [] == [(outcome.rule.id, outcome.reason) for outcome in wrong]
    assert report.outcomes
    assert all(size <= MOST_CHARACTERS + 9_000_100 for size in finding_texts)


@pytest.mark.parametrize("talk", [floods, says_too_much_at_once, is_no_utf8], ids=lambda talk: talk.__name__)
def test_what_the_kit_itself_ends_is_no_deviation(talk: Talk) -> None:
    report = asyncio.run(judged(talk, Role.CSMS, "boot.answered", "frame.unknown-action"))

    assert {Verdict.INCONCLUSIVE} == {outcome.verdict for outcome in report.outcomes}


def test_many_pings_draw_few_pongs() -> None:
    pongs = 0

    async def pings(line: Any) -> None:
        receive = line.protocol.recv_frame

        def received(frame: Frame) -> None:
            nonlocal pongs
            pongs += frame.opcode is Opcode.PONG
            receive(frame)

        line.protocol.recv_frame = received
        line.transport.write(_PINGS)
        await line.wait_closed()

    asyncio.run(judged(pings, Role.CSMS, "heartbeat.answered"))

    assert 0 < pongs < 100


def test_nothing_of_a_peer_commands_a_terminal_or_a_page() -> None:
    report = asyncio.run(judged(commands_terminals, Role.CSMS, *_SOME))
    console = Console(record=True, width=200, file=StringIO())
    print_report(report, console)
    page = as_page(report)

    for written in (console.export_text(), page, as_json(report), as_junit(report).decode()):
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", written)
    assert "<script>alert" not in page
    assert any(outcome.verdict is Verdict.DEVIATING for outcome in report.outcomes)


# The SOAP wire


async def _endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers for ever."""
    media = "application/soap+xml" + "x" * 500
    with suppress(OSError):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: {media}\r\n\r\n".encode())
        while True:
            writer.write(b"<a>" * 100_000)
            await writer.drain()
    writer.transport.abort()


def test_a_soap_answer_without_end_is_read_to_the_limit() -> None:
    async def run() -> Report:
        async with await asyncio.start_server(_endless, "127.0.0.1", 0) as server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            target = Target(role=Role.CSMS, version="1.6", url=url, wire=Wire.SOAP)
            return await conform(target, profile=QUICK, patterns=["envelope.answer", "envelope.media-type"])

    report = asyncio.run(run())

    assert all(outcome.verdict is Verdict.INCONCLUSIVE for outcome in report.outcomes)
    assert "something that is no answer 200" in report.outcomes[0].reason


# What is kept


def test_a_long_trace_is_kept_within_bounds_and_what_shows_the_finding_is_whole() -> None:
    trace = Trace()
    for number in range(1_000):
        trace.add(float(number), Direction.RECEIVED, What.MESSAGE, "x" * 10_000)
    kept = trace.kept((3,))

    assert [3, *range(1_000 - MOST_ENTRIES, 1_000)] == [entry.number for entry in kept]
    assert 10_000 == len(kept[0].text)
    assert sum(len(entry.text) for entry in kept) <= MOST_CHARACTERS + 10_000
    assert trace[:9] == list(Trace(trace[:9]).kept(()))


def test_a_report_of_many_findings_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discretion, "MOST_IN_ALL", 10_000)
    trace = Trace()
    for number in range(MOST_ENTRIES):
        trace.add(float(number), Direction.SENT, What.MESSAGE, f"[{number}]")
    findings = [Finding("this", "that", f"place {number}", trace, (7,)) for number in range(1_000)]
    outcome = Outcome(rules()["frame.json"], Verdict.DEVIATING, findings=findings)
    shown = discreet(evolve(made_reports.REPORTS["clean"], outcomes=(outcome,), is_discreet=False))

    entries = [list(finding.trace) for finding in shown.outcomes[0].findings]
    assert MOST_ENTRIES == len(entries[0])
    assert [7] == [entry.number for entry in entries[-1]]
    assert sum(len(entry.text) for each in entries for entry in each) < 20_000


def test_of_places_without_end_some_are_kept() -> None:
    async def many(line: Any) -> None:
        for number in range(100):
            await line.send(json.dumps([2, str(number), f"Action{number}", {}]))
        await line.wait_closed()

    report = asyncio.run(judged(many, Role.CSMS, "payload.request-action"))

    assert [MOST_FINDINGS] == [len(outcome.findings) for outcome in report.outcomes]


# Time


def test_a_run_waits_no_longer_for_a_station_than_it_may_take() -> None:
    target = Target(role=Role.CHARGE_POINT, version="1.6")
    report = asyncio.run(conform(target, profile=QUICK, patterns=_SOME, seconds=0.2))

    assert {"the time was over"} == {outcome.reason for outcome in report.outcomes}


def test_one_check_does_not_take_all_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    async def waits(_: Any) -> None:
        await asyncio.Event().wait()

    async def run() -> Report:
        async with csms_url() as url:
            target = Target(role=Role.CSMS, version="1.6", url=url)
            profile = Profile(answer_within=0.1, silence=0.05)
            return await conform(
                target, profile=profile, patterns=["boot.answered", "boot.time"], seconds=100.0
            )

    load_checks()
    monkeypatch.setattr(runner, "_SHARE", 0.01)
    monkeypatch.setitem(CHECKS, "boot.answered", Check("boot.answered", waits, Start.CONNECTED))
    outcomes = {outcome.rule.id: outcome for outcome in asyncio.run(run()).outcomes}

    assert "it took more than 1 s" == outcomes["boot.answered"].reason
    assert Verdict.CONFORMING is outcomes["boot.time"].verdict


def test_what_never_begins_is_not_tried_for_ever() -> None:
    patterns = ("heartbeat.answered", "status.answered", "authorize.answered", "data-transfer.any-data")
    report = asyncio.run(judged(never_answers, Role.CSMS, *patterns))
    reasons = [outcome.reason for outcome in report.outcomes]

    assert 4 <= len(reasons)
    assert all(reason.endswith("not tried any more") for reason in reasons[3:])
    assert not any(reason.endswith("not tried any more") for reason in reasons[:3])


def test_a_hook_that_fails_is_told_by_the_checks_that_take_it() -> None:
    def fails(_: Any) -> None:
        raise OSError("no relay")

    async def run() -> Report:
        profile = Profile(answer_within=0.2, silence=0.05, hooks={"trigger": fails})
        tasks: list[asyncio.Task[None]] = []

        def told(event: Any) -> None:
            if isinstance(event, Listening):
                tasks.append(asyncio.create_task(hostile_station(event.address, never_answers)))

        target = Target(role=Role.CHARGE_POINT, version="1.6", patience=3.0)
        try:
            return await conform(target, profile=profile, patterns=["configuration.all"], told=told)
        finally:
            tasks[0].cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    [outcome] = asyncio.run(run()).outcomes

    assert (Verdict.BROKEN, "the hook trigger failed: no relay") == (outcome.verdict, outcome.reason)
