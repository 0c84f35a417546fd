"""Envelopes of a size that is asked for, each to be refused or tolerated, and what that costs beside a valid one.

``python tests/hostile_sizes.py`` prints the table; `soap/test_hostile_sizes.py` holds each line of it to `MOST_TIME`
and `MOST_MEMORY`.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from typing import NamedTuple

from bounds import undisturbed
from hostile_table import CS, ENVELOPE, NAMESPACE, configuration, envelope, filled, outcome
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import Role
from ocpp_core.soap.codec import SoapCodec

#: Bytes: a message of every day, one of a station that has saved up, and the most that is read.
SIZES = {"2 KiB": 2_048, "32 KiB": 32_768, "1 MiB": 1_048_576}
#: Bytes that the tree of libxml2 takes for each byte of a valid envelope, which `tracemalloc` does not see: measured
#: for 1 MiB. `soap/test_hostile.py` measures the whole process.
TREE = 13
#: Times the memory of a valid envelope of the same size.
MOST_MEMORY = 10.0
#: Times its processor time.
MOST_TIME = 10.0
MODES = {"strict": Tolerance.STRICT, "tolerant": Tolerance.TOLERANT}

READING = "<sampledValue><value>1</value><unit>Wh</unit></sampledValue>"
ATTRIBUTES, DECLARATIONS = ' a#=""', ' xmlns:a#="b"'
OLD_BLOCK = '<w:To xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing"/>'
NOON = "2026-01-31T12:00:00Z"


def readings(reading: str, room: int, timestamp: str = NOON) -> str:
    """MeterValues of a hundred readings each, and one of fewer; ``#`` in a reading is its number."""
    sized = reading.replace("#", "123456")
    count = max(1, int((room - 100) / (len(sized) + 0.77)))
    made = [reading.replace("#", f"{number:06}") for number in range(count)]
    groups = [made[start : start + 100] for start in range(0, count, 100)]
    return "".join(
        f"<meterValue><timestamp>{timestamp}</timestamp>{''.join(group)}</meterValue>" for group in groups
    )


def meter_values(
    room: int, reading: str = READING, *, last: str = "", timestamp: str = NOON, **names: str
) -> bytes:
    """A MeterValues of about `room` bytes; `last` stands behind the last reading."""
    values = readings(reading, room - 560 - len(last), timestamp)
    values = values.removesuffix("</meterValue>") + last + "</meterValue>"
    body = f"<meterValuesRequest><connectorId>1</connectorId>{values}</meterValuesRequest>"
    return envelope(body, action="MeterValues", **names)


def valid(size: int) -> bytes:
    """What everything is compared with: a valid envelope with an escape, which lxml reads, and not the first tier."""
    return meter_values(size - 20).replace(b"<connectorId>1<", b"<connectorId>&#49;<")


def request(body: str, action: str = "Heartbeat", **others: str) -> bytes:
    return envelope(body, action=action, **others)


def within(room: int) -> int:
    """Room for text or elements in an envelope of `room` bytes."""
    return room - 460


def keys(item: str, room: int) -> bytes:
    """Keys of a GetConfiguration, as many as one element may hold."""
    return configuration(filled(item, min(within(room), 9_990 * len(item.replace("#", "123456")))))


def status(inside: str) -> bytes:
    body = (
        "<statusNotificationRequest><connectorId>1</connectorId><status>Available</status>"
        f"<errorCode>NoError</errorCode>{inside}</statusNotificationRequest>"
    )
    return request(body, "StatusNotification")


def boot(inside: str, before: str = "") -> bytes:
    body = (
        f"<bootNotificationRequest>{before}<chargePointVendor>V</chargePointVendor><chargePointModel>M"
        f"</chargePointModel>{inside}</bootNotificationRequest>"
    )
    return request(body, "BootNotification")


def fault(inside: str, reason: str = "no") -> bytes:
    return envelope(
        "<e:Fault><e:Code><e:Value>e:Sender</e:Value></e:Code><e:Reason><e:Text xml:lang='en'>"
        f"{reason}</e:Text></e:Reason><e:Detail>{inside}</e:Detail></e:Fault>"
    )


def nested(room: int, tag: str = "a") -> str:
    depth = min(230, within(room) // (2 * len(tag) + 5))
    return f"<{tag}>" * depth + f"</{tag}>" * depth


def wrong(reading: str, **others: str) -> Callable[[int], bytes]:
    return lambda room: meter_values(room, reading, **others)


def replaced(old: str, new: str, reading: str = READING) -> Callable[[int], bytes]:
    return wrong(reading.replace(old, new))


#: Each makes an envelope of about as many bytes.
HOSTILE: dict[str, Callable[[int], bytes]] = {
    # Operations
    "unknown operation": lambda room: request(f"<{filled('x', min(within(room), 49_000))}/>"),
    "unknown operation, no ASCII": lambda room: request(f"<{filled('é', min(within(room), 49_000) // 2)}/>"),
    "unknown operation full of readings": lambda room: meter_values(room).replace(
        b"meterValuesR", b"meterValueR"
    ),
    "operation in capitals": lambda room: (
        meter_values(room)
        .replace(b"<meterValuesR", b"<METERVALUESR")
        .replace(b"</meterValuesR", b"</METERVALUESR")
    ),
    "namespace of another version": lambda room: meter_values(room, namespace="urn://Ocpp/Cs/2012/06/"),
    "namespace of the other service": lambda room: meter_values(room, namespace=NAMESPACE),
    "namespace without its slash": lambda room: meter_values(room, namespace=CS[:-1]),
    "long namespace": lambda room: request(
        "<heartbeatRequest/>", namespace=f"urn:{'n' * (within(room) // 2)}"
    ),
    "namespace of many slashes": lambda room: request(
        "<heartbeatRequest/>", namespace=CS + "/" * (within(room) // 2)
    ),
    "no namespace at all": lambda room: (
        meter_values(room, namespace="").replace(b' xmlns:h=""', b"").replace(b"h:charge", b"charge")
    ),
    # Readings
    "last reading wrong": lambda room: meter_values(
        room, last="<sampledValue><value>1</value><unit>x</unit></sampledValue>"
    ),
    "last reading unknown": lambda room: meter_values(room, last="<x/>"),
    "every token wrong": replaced("Wh", "Energy.Activ"),
    "every token another": replaced("Wh", "k#"),
    "every token blank": replaced("Wh", " Wh "),
    "every token empty": replaced("Wh", ""),
    "short wrong readings": wrong("<sampledValue/>"),
    "unknown element in each": replaced("<unit>", "<x/><unit>"),
    "elements of many names": replaced("<unit>", "<n#/><unit>"),
    "known element twice": replaced("<unit>", "<unit>Wh</unit><unit>"),
    "order wrong": wrong("<sampledValue><unit>Wh</unit><value>1</value></sampledValue>"),
    "no namespace in each": wrong('<sampledValue xmlns=""><value>1</value></sampledValue>'),
    "other namespace in each": wrong('<sampledValue xmlns="urn:x"><value>1</value></sampledValue>'),
    "nil in each": replaced(
        "<unit>Wh", '<unit xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="1">'
    ),
    "attribute in each": replaced("<unit>", '<unit a="">'),
    "many attributes in each": replaced("<unit>", '<unit a="" b="" c="" d="" e="">'),
    "text in each": replaced("<unit>", "t<unit>"),
    "elements in each value": replaced("Wh", "<a/><b/>"),
    "time wrong in each": wrong("<x/>", timestamp="2026-01-31"),
    "attributes on readings": wrong('<sampledValue value="1" unit="Wh"/>'),
    # Lists and many of one kind
    "keys too long": lambda room: keys(f"<key>{'k' * 51}</key>", room),
    "empty keys in no namespace": lambda room: keys('<key xmlns=""/>', room),
    "unknown elements": lambda room: boot(filled("<x/>", min(within(room), 39_000))),
    "unknown elements of many names": lambda room: boot(filled("<n#/>", min(within(room), 89_000))),
    "near misses": lambda room: boot(filled("<chargePoin#/>", min(within(room), 140_000))),
    "one element again and again": lambda room: boot(filled("<iccid>1</iccid>", min(within(room), 150_000))),
    "elements before the first": lambda room: boot("", filled("<x/>", min(within(room), 39_000))),
    "attributes of one element": lambda room: request(
        f"<heartbeatRequest{filled(ATTRIBUTES, min(within(room), 100_000))}/>"
    ),
    "periods wrong": lambda room: periods("<p/>", room),
    "periods in part": lambda room: periods("<startPeriod>1</startPeriod>", room),
    "periods with long numbers": lambda room: periods(
        f"<startPeriod>1</startPeriod><limit>{'9' * 200}x</limit>", room
    ),
    "periods with wrong numbers": lambda room: periods(
        "<startPeriod>1.0</startPeriod><limit>1e3</limit>", room
    ),
    "periods out of range": lambda room: periods("<startPeriod>-1</startPeriod><limit>1.23</limit>", room),
    # Text
    "text too long": lambda room: status(f"<info>{filled('x', within(room) - 100)}</info>"),
    "text too long, no ASCII": lambda room: status(f"<info>{filled('é', (within(room) - 100) // 2)}</info>"),
    "text where none is allowed": lambda room: request(
        f"<heartbeatRequest>{filled('x', within(room))}</heartbeatRequest>"
    ),
    "blanks where nothing is allowed": lambda room: request(
        f"<heartbeatRequest>{filled(' ', within(room))}</heartbeatRequest>"
    ),
    "long token": lambda room: status("").replace(b"Available", b"A" * within(room)),
    "long number": lambda room: status("").replace(b">1<", b">" + b"1" * within(room) + b"<"),
    "long time": lambda room: status(f"<timestamp>{filled('2', within(room) - 100)}</timestamp>"),
    "long attribute": lambda room: request(f'<heartbeatRequest a="{filled("x", within(room))}"/>'),
    "long name of an element": lambda room: boot(f"<{filled('x', min(within(room), 49_000))}/>"),
    "deep": lambda room: boot(nested(room)),
    "deep and long": lambda room: boot(nested(room, "a" * max(1, within(room) // 500))),
    # Headers
    "long action": lambda room: request("<heartbeatRequest/>", filled("x", within(room))),
    "long id": lambda room: request("<x/>").replace(b">m1<", b">" + b"m" * within(room) + b"<"),
    "long identity": lambda room: request("<x/>").replace(b">CP1<", b">" + b"C" * within(room) + b"<"),
    "long reply-to": lambda room: request(
        "<heartbeatRequest/>",
        header=f"<w:ReplyTo><w:Address>{filled('x', within(room))}</w:Address></w:ReplyTo>",
    ),
    "blocks of 2004": lambda room: request(
        "<heartbeatRequest/>", header=filled(OLD_BLOCK, min(within(room), 690_000))
    ),
    "blocks that must be understood": lambda room: request(
        "<heartbeatRequest/>", header=filled('<a e:mustUnderstand="1"/>', min(within(room), 240_000))
    ),
    "identities": lambda room: request(
        "<heartbeatRequest/>",
        header=filled("<h:chargeBoxIdentity>C</h:chargeBoxIdentity>", min(within(room), 400_000)),
    ),
    "identity in a long namespace": lambda room: request(
        "<heartbeatRequest/>",
        header=f'<chargeBoxIdentity xmlns="urn:{filled("n", within(room) - 80)}">C</chargeBoxIdentity>',
    ),
    "addresses without Address": lambda room: request(
        "<heartbeatRequest/>", header=filled("<w:From>x</w:From>", min(within(room), 170_000))
    ),
    # Faults
    "fault of a long reason": lambda room: fault("", filled("r", within(room) - 150)),
    "fault of many details": lambda room: fault(filled("<a/>", min(within(room) - 150, 39_000))),
    "fault of many named details": lambda room: fault(filled("<n#/>", min(within(room) - 150, 89_000))),
    "fault of deep details": lambda room: fault(nested(room - 150)),
    "response to nothing": lambda room: envelope(
        f"<heartbeatResponse>{filled('<x/>', min(within(room), 39_000))}</heartbeatResponse>"
    ),
    # Envelopes and XML
    "many bodies": lambda room: request(filled("<heartbeatRequest/>", min(within(room), 180_000))),
    "undeclared prefixes": lambda room: request(filled("<o:x/>", min(within(room), 59_000))),
    "undeclared prefixes behind a warning": lambda room: request(
        filled("<o:x/>", min(within(room), 59_000)) + '<y xml:space="?"/>'
    ),
    "warnings": lambda room: request(
        "<heartbeatRequest/>", header=filled('<y xml:space="?"/>', min(within(room), 170_000))
    ),
    "declarations": lambda room: request(
        f"<heartbeatRequest{filled(DECLARATIONS, min(within(room), 900_000))}/>"
    ),
    "no XML": lambda room: filled("<", room).encode(),
    "cut short": lambda room: meter_values(room)[:-20],
    "another envelope": lambda room: meter_values(room).replace(
        ENVELOPE.encode(), b"http://schemas.xmlsoap.org/soap/envelope/"
    ),
    "another root": lambda room: f'<a xmlns="urn:{filled("n", within(room))}"/>'.encode(),
    "comments": lambda room: request(filled("<!-- -->", within(room)) + "<x/>"),
    "document type": lambda room: f"<!DOCTYPE x>{filled(' ', within(room))}".encode(),
}


def periods(inside: str, room: int) -> bytes:
    """The periods of a SetChargingProfile."""
    item = f"<chargingSchedulePeriod>{inside}</chargingSchedulePeriod>"
    body = (
        "<setChargingProfileRequest><connectorId>1</connectorId><csChargingProfiles><chargingProfileId>1"
        "</chargingProfileId><stackLevel>0</stackLevel><chargingProfilePurpose>TxProfile</chargingProfilePurpose>"
        "<chargingProfileKind>Absolute</chargingProfileKind><chargingSchedule><chargingRateUnit>A</chargingRateUnit>"
        f"{filled(item, min(within(room) - 400, 9_990 * len(item)))}</chargingSchedule></csChargingProfiles>"
        "</setChargingProfileRequest>"
    )
    return envelope(body, action="SetChargingProfile", namespace=NAMESPACE)


class Cost(NamedTuple):
    """Of one envelope: seconds of the processor; bytes at most, Python's and `TREE` for each that libxml2 reads."""

    refusal: str | None
    seconds: float
    memory: int


def cost(written: bytes, tolerance: Tolerance) -> Cost:
    """What it costs to read an envelope: the best of several times, for small ones of many."""
    role = Role.CHARGE_POINT if NAMESPACE.encode() in written else Role.CSMS
    codec = SoapCodec("1.6", role=role, tolerance=tolerance)
    with undisturbed():
        refusal = outcome(codec, written)
        tracemalloc.start()
        try:
            outcome(codec, written)
            _, memory = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        repeats = max(1, 40_000 // len(written))
        memory += TREE * len(written)
        return Cost(refusal, min(_seconds(codec, written, repeats) for _ in range(5)), memory)


def _seconds(codec: SoapCodec, written: bytes, repeats: int) -> float:
    start = time.process_time()
    for _ in range(repeats):
        outcome(codec, written)
    return (time.process_time() - start) / repeats


def main() -> None:
    """Prints the table, the dearest of each size first."""
    print("| input | bytes | mode | outcome | CPU ratio | memory ratio |")
    print("| --- | ---: | --- | --- | ---: | ---: |")
    for label, size in SIZES.items():
        basis = cost(valid(size), Tolerance.STRICT)
        assert basis.refusal is None, basis.refusal
        said = f"{basis.seconds * 1e6:,.0f} us, {basis.memory:,} B"
        print(f"| **valid, {label}** | {len(meter_values(size)):,} | strict | {said} | 1 | 1 |")
        lines = []
        for name, make in HOSTILE.items():
            written = make(size)
            for mode, tolerance in MODES.items():
                found = cost(written, tolerance)
                said = " ".join((found.refusal or "read").replace("|", "/").split())[:70]
                ratios = found.seconds / basis.seconds, found.memory / basis.memory
                lines.append(
                    (
                        max(ratios),
                        f"| {name} | {len(written):,} | {mode} | {said} | {ratios[0]:.2f} | {ratios[1]:.2f} |",
                    )
                )
        print("\n".join(line for _, line in sorted(lines, reverse=True)))


if __name__ == "__main__":
    main()
