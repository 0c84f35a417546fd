"""Reports made up for tests: every verdict, both roles and wires, and a peer that writes whatever it likes."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from ocpp_core.conformance.reports import Report, Software
from ocpp_core.conformance.rules import Kind, Level, Rule, Seen
from ocpp_core.conformance.traces import Direction, Trace, What
from ocpp_core.conformance.verdicts import Finding, Outcome, Verdict
from ocpp_core.model.versions import Role, Version, Wire

STARTED = datetime(2026, 1, 31, 12, 0, 0, 250_000, tzinfo=UTC)
#: A key that a station was given, and a password: neither may be seen in any report.
SECRETS = ("k3y0fTheStation", "pa55w0rdOfCp1")
#: Commands for a terminal, a forged line, marks that turn the writing, markup, a script, and what ends a comment.
HOSTILE = (
    "\x1b[2J\x07\r\nFORGED \u202eltr\x00 </pre><script>alert(1)</script>\" onload='alert(2)' <!-- ]]> &amp;"
)


def rule(id: str = "boot.interval", **members: Any) -> Rule:
    usual: dict[str, Any] = {
        "sentence": "The interval in the answer to BootNotification is not negative.",
        "roles": Role.CSMS,
        "wires": frozenset(Wire),
        "versions": frozenset(version.value for version in Version),
        "level": Level.MUST,
        "kind": Kind.PAYLOAD,
        "seen": Seen.ASKED,
        "sources": {"1.6": "OCPP 1.6 §4.2", "": "part 2 B01"},
        "requirements": {"1.6": ("O16-4.2-c",), "2.0.1": ("B01.FR.02",), "soap": ("S16-3.2-a",)},
        "cases": ("TC_B_01_CSMS",),
    }
    return Rule(id=id, **{**usual, **members})


def frame(*members: Any) -> str:
    return json.dumps(members, separators=(",", ":"))


def boot_trace() -> Trace:
    trace = Trace()
    trace.add(0.0, Direction.SENT, What.OPENED, "GET /ocpp/CP-1 ocpp2.0.1")
    station = {"vendorName": "Example Energy", "model": "Duo 22"}
    trace.add(
        0.012,
        Direction.SENT,
        What.MESSAGE,
        frame(2, "1", "BootNotification", {"reason": "PowerUp", "chargingStation": station}),
    )
    answer = {"status": "Accepted", "currentTime": "2026-01-31T12:00:00Z", "interval": -5}
    trace.add(0.034, Direction.RECEIVED, What.MESSAGE, frame(3, "1", answer))
    return trace


def secret_trace() -> Trace:
    trace = Trace()
    header = "Authorization: Basic Q1AtMTpwYTU1dzByZE9mQ3Ax"
    trace.add(0.0, Direction.SENT, What.OPENED, f"ws://CP-1:{SECRETS[1]}@127.0.0.1/CP-1 {header}")
    setting = {"key": "AuthorizationKey", "value": SECRETS[0]}
    trace.add(0.1, Direction.RECEIVED, What.MESSAGE, frame(2, "7", "ChangeConfiguration", setting))
    trace.add(0.2, Direction.SENT, What.MESSAGE, frame(3, "7", {"status": "Accepted"}))
    trace.add(0.3, Direction.RECEIVED, What.MESSAGE, f'[2,"8","SetPassword",{{"password":"{SECRETS[1]}"')
    twice = f'[2,"9","X",{{"password":"{SECRETS[1]}","password":null}}]'
    trace.add(0.4, Direction.RECEIVED, What.MESSAGE, twice)
    trace.add(0.5, Direction.RECEIVED, What.CLOSED, "1008 policy violation", "HTTP none")
    return trace


def hostile_trace() -> Trace:
    trace = Trace()
    trace.add(0.0, Direction.SENT, What.MESSAGE, '[2,"1","Nonsense",{"not": ', "broken: the end is missing")
    trace.add(
        0.1,
        Direction.RECEIVED,
        What.MESSAGE,
        frame(4, HOSTILE, "NotImplemented", HOSTILE, {HOSTILE: HOSTILE}),
    )
    trace.add(0.2, Direction.RECEIVED, What.MESSAGE, HOSTILE)
    trace.add(0.3, Direction.RECEIVED, What.MESSAGE, frame(2, "2", HOSTILE, {"data": "x" * 100_000}))
    trace.add(0.4, Direction.RECEIVED, What.MESSAGE, b'[3,"1",\xff\xfe]')
    trace.add(0.5, Direction.RECEIVED, What.CLOSED, HOSTILE)
    return trace


def envelope_trace() -> Trace:
    envelope = (
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://www.w3.org/2005/08/addressing"'
        ' xmlns:o="urn://Ocpp/Cs/2015/10/"><s:Header><a:{id}>urn:1</a:{id}></s:Header><s:Body>{body}</s:Body></s:Envelope>'
    )
    trace = Trace()
    request = envelope.format(id="MessageID", body="<o:heartbeatRequest/>")
    trace.add(0.0, Direction.SENT, What.MESSAGE, request)
    answer = "<o:heartbeatResponse><o:currentTime>yesterday</o:currentTime></o:heartbeatResponse>"
    trace.add(0.1, Direction.RECEIVED, What.MESSAGE, envelope.format(id="RelatesTo", body=answer), "HTTP 200")
    comment = f"<!-- password {SECRETS[1]} --><o:heartbeatResponse/>"
    trace.add(0.2, Direction.RECEIVED, What.MESSAGE, envelope.format(id="RelatesTo", body=comment))
    return trace


def finding(trace: Trace | None = None, **members: Any) -> Finding:
    usual: dict[str, Any] = {
        "expected": "an interval of 0 or more",
        "got": "interval -5",
        "place": "$.interval",
        "trace": boot_trace() if trace is None else trace,
        "marks": (2,),
    }
    return Finding(**{**usual, **members})


def outcomes(**findings: Trace) -> tuple[Outcome, ...]:
    """One for each verdict, and a deviation for each of the traces."""
    deviating = rule("boot.interval")
    should = rule("boot.time-zone", level=Level.SHOULD, sentence="The current time says its offset from UTC.")
    reserve = rule(
        "reservation.status", sentence="What becomes of a reservation is taken.", kind=Kind.SEQUENCE
    )
    return (
        Outcome(rule("boot.answered"), Verdict.CONFORMING, seconds=0.031),
        Outcome(
            deviating,
            Verdict.DEVIATING,
            findings=[finding(count=3, replay="boot.interval.ndjson")],
            seconds=0.05,
        ),
        Outcome(should, Verdict.DEVIATING, findings=[finding(place="", got="a time without an offset")]),
        Outcome(rule("boot.before-acceptance"), Verdict.INCONCLUSIVE, "the boot was accepted at once"),
        Outcome(reserve, Verdict.NOT_APPLICABLE, "the profile says that there is no reservation"),
        Outcome(rule("send.reset"), Verdict.BROKEN, "the hook trigger has ended with 1"),
        *(
            Outcome(rule(f"frame.{name}"), Verdict.DEVIATING, findings=[finding(trace, got="something else")])
            for name, trace in findings.items()
        ),
    )


def report(made: tuple[Outcome, ...] | None = None, **members: Any) -> Report:
    usual: Mapping[str, Any] = {
        "target": "ws://127.0.0.1:9000/ocpp",
        "role": Role.CSMS,
        "version": "2.0.1",
        "wire": Wire.JSON,
        "seed": 7,
        "started": STARTED,
        "ended": STARTED + timedelta(seconds=12.5),
        "outcomes": outcomes() if made is None else made,
        "kit": "0.1.0",
        "profile": "csms.toml",
        "software": Software(vendor="Example Energy", model="Back Office", firmware="4.2"),
        "left_behind": ("station CP-1", "transaction 17"),
    }
    return Report(**{**usual, **members})


#: Reports that every form has to bear, by what is in them.
REPORTS: Mapping[str, Report] = {
    "every verdict": report(),
    "nothing": report(()),
    "clean": report((Outcome(rule(), Verdict.CONFORMING),), profile="", software=Software(), left_behind=()),
    "secrets": report(outcomes(secrets=secret_trace()), target=f"ws://CP-1:{SECRETS[1]}@127.0.0.1:9000"),
    "hostile": report(
        outcomes(hostile=hostile_trace()),
        software=Software(vendor=HOSTILE),
        left_behind=(HOSTILE,),
        known={"boot.interval": "as agreed in the letter of May"},
    ),
    "a surprise": report(known={"boot.answered": "as agreed"}),
    "a station": report(
        role=Role.CHARGE_POINT, target="ws://127.0.0.1:9000/", version="1.6", strict=True, identity="CP-1"
    ),
    "SOAP": report(
        outcomes(envelope=envelope_trace()), wire=Wire.SOAP, version="1.6", target="http://127.0.0.1/"
    ),
}
