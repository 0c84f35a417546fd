"""Frames that attack: what becomes of each, and what that costs beside a valid frame of the same size.

``python tests/hostile_frames.py`` prints the table; `jsonrpc/test_hostile_frames.py` holds each row to its bounds. The
valid frame is a MeterValues full of small readings, which is what an honest station sends when it sends much. A cost
is that of refusing all the way: decoding, the sentence of the refusal, and the details for the peer.
"""

from __future__ import annotations

import sys
import time
import tracemalloc
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from bounds import undisturbed
from ocpp_core.jsonrpc.codec import JsonCodec
from ocpp_core.model.errors import FrameError
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.violations import summary_for_peer

VERSIONS = ("1.6", "2.0.1", "2.1")
SIZES = (1_024, 16_384, 1_048_576)

REFUSED = "refused in any mode"
TOLERATED = "refused, or tolerated"
#: As the last, but not with more deviations than anybody reads.
MANY = "refused, or tolerated if there are few"
READ = "read"

#: A reading, as each version has it.
READING = {
    "1.6": '{"value":"1","unit":"Wh"}',
    "2.0.1": '{"value":1.5,"location":"EV"}',
    "2.1": '{"value":1.5,"location":"EV"}',
}
#: The same with a token that the standard does not have.
WRONG = {version: reading.replace("Wh", "wh").replace("EV", "ev") for version, reading in READING.items()}
PLACE = {"1.6": '"connectorId":1', "2.0.1": '"evseId":1', "2.1": '"evseId":1'}


class Attack(NamedTuple):
    """One row of the table.

    Attributes:
        make: The text of a frame, for a version and of about so many characters.
        outcome: What becomes of it.
        versions: Those that have what it attacks.
    """

    make: Callable[[str, int], str]
    outcome: str = REFUSED
    versions: tuple[str, ...] = VERSIONS


def fill(head: str, item: str, tail: str, size: int) -> str:
    """As many of an item as there is room for, with commas between; ``#`` in it is a number."""
    sized = len(item.replace("#", "000000")) + 1
    count = max(1, (size - len(head) - len(tail)) // sized)
    items = (item.replace("#", f"{number:06}") for number in range(count)) if "#" in item else [item] * count
    return f"{head}{','.join(items)}{tail}"


def stretch(head: str, letter: str, tail: str, size: int) -> str:
    """As many of some letters as there is room for."""
    return f"{head}{letter * ((size - len(head) - len(tail)) // len(letter))}{tail}"


def call(action: str, head: str, item: str, tail: str, size: int) -> str:
    return fill(f'[2,"1","{action}",{{{head}', item, f"{tail}}}]", size)


def readings(version: str, size: int, item: str, last: str = "") -> str:
    head = f'{PLACE[version]},"meterValue":[{{"timestamp":"2026-01-31T12:00:00Z","sampledValue":['
    return call("MeterValues", head, item, f"{last and ','}{last}]}}]", size)


def values(version: str, size: int, item: str) -> str:
    return call("MeterValues", f'{PLACE[version]},"meterValue":[', item, "]", size)


def valid(version: str, size: int) -> str:
    """What everything is compared with."""
    return readings(version, size, READING[version])


def data(version: str, size: int, item: str) -> str:
    """A list where any JSON may stand; in 1.6, which has no such place, in the details of an error."""
    if version == "1.6":
        return fill('[4,"1","GenericError","",{"a":[', item, "]}]", size)
    return call("DataTransfer", '"vendorId":"V","data":[', item, "]", size)


def text(version: str, size: int, letter: str) -> str:
    """Text where any text may stand."""
    return stretch('[2,"1","DataTransfer",{"vendorId":"V","data":"', letter, '"}]', size)


def limits(version: str, size: int, number: str) -> str:
    """A charging schedule whose limits are all this number."""
    listed = "[{}]" if version != "1.6" else "{}"
    own, where = (
        ('"chargingProfileId":1', '"connectorId":1,"csChargingProfiles"')
        if version == "1.6"
        else ('"id":1', '"evseId":1,"chargingProfile"')
    )
    inner = "" if version == "1.6" else '"id":1,'
    plan = listed.format(f'{{{inner}"chargingRateUnit":"A","chargingSchedulePeriod":[#]}}')
    head, tail = (
        f'{where}:{{{own},"stackLevel":0,"chargingProfilePurpose":"TxProfile","chargingProfileKind":"Absolute",'
        f'"chargingSchedule":{plan}}}'
    ).split("#")
    return call("SetChargingProfile", head, f'{{"startPeriod":0,"limit":{number}}}', tail, size)


def nested(opening: str, inner: str, closing: str, room: int) -> str:
    levels = room // (len(opening) + len(closing))
    return opening * levels + inner + closing * levels


HEARTBEAT = '[2,"1","Heartbeat",{'
OBJECT = '{"a":'
#: Where any JSON may stand.
SINCE_2 = ("2.0.1", "2.1")
LONGEST_ACTION = "NotifyMeterStationBootStatusValuesRequestedFirmwareUpdateEvs"
WIDE = "\U0010ffff"


def misnamed(version: str, size: int, action: str) -> str:
    """A valid frame but for its action."""
    return valid(version, size).replace('"MeterValues"', f'"{action}"', 1)


def several(version: str, size: int, item: str, other: str) -> str:
    """Readings of which the last hundred, or the last half, are others."""
    last = min(100 * (len(other) + 1), size // 2)
    return readings(version, size - last, item, fill("", other, "", last))


def one(action: str, member: str, letter: str, size: int) -> str:
    """A call with one member of one text."""
    return stretch(f'[2,"1","{action}",{{"{member}":"', letter, '"}]', size)


def transfer(inner: str) -> str:
    return f'[2,"1","DataTransfer",{{"vendorId":"V","data":{inner}}}]'


ATTACKS: dict[str, Attack] = {
    # Messages that nobody knows
    "unknown action": Attack(lambda v, n: stretch('[2,"1","', "x", '",{}]', n)),
    "unknown action, not ASCII": Attack(lambda v, n: stretch('[2,"1","', "é", '",{}]', n)),
    "unknown action, wide": Attack(lambda v, n: stretch('[2,"1","', WIDE, '",{}]', n)),
    "unknown action, longer in lower case": Attack(lambda v, n: stretch('[2,"1","', "İ", '",{}]', n)),
    "unknown action, nearly known": Attack(lambda v, n: misnamed(v, n, "MeterValuse")),
    "unknown action of 60 letters": Attack(lambda v, n: misnamed(v, n - len(LONGEST_ACTION), LONGEST_ACTION)),
    "action in another case": Attack(lambda v, n: misnamed(v, n, "metervalues")),
    "unknown message type": Attack(lambda v, n: valid(v, n).replace("[2", "[7", 1)),
    "call as a SEND": Attack(lambda v, n: valid(v, n).replace("[2", "[6", 1)),
    # Payloads that break rules
    "last reading wrong": Attack(lambda v, n: readings(v, n, READING[v], WRONG[v]), TOLERATED),
    "last reading no object": Attack(lambda v, n: readings(v, n, READING[v], "7"), TOLERATED),
    "last reading null": Attack(lambda v, n: readings(v, n, READING[v], "null"), TOLERATED),
    "last hundred readings wrong": Attack(lambda v, n: several(v, n, READING[v], WRONG[v]), TOLERATED),
    "readings all wrong": Attack(lambda v, n: readings(v, n, WRONG[v]), MANY),
    "readings all wrong, as many as are read": Attack(
        lambda v, n: readings(v, n, WRONG[v].replace("}", f',"phase":"L1","format":"{"x" * 52}"}}')),
        MANY,
        ("1.6",),
    ),
    "readings all numbers": Attack(lambda v, n: readings(v, n, "7"), MANY),
    "values all null": Attack(lambda v, n: values(v, n, "null"), MANY),
    "values all empty objects": Attack(lambda v, n: values(v, n, "{}"), MANY),
    "values all empty lists": Attack(lambda v, n: values(v, n, "[]"), MANY),
    "times all wrong": Attack(lambda v, n: values(v, n, '{"timestamp":"now","sampledValue":[]}'), MANY),
    "times all without zone": Attack(
        lambda v, n: values(v, n, '{"timestamp":"2026-01-31T12:00:00","sampledValue":[]}'), MANY
    ),
    "one wrong token": Attack(lambda v, n: one("Reset", "type", "x", n), TOLERATED),
    "one wrong token, wide": Attack(lambda v, n: one("Reset", "type", WIDE, n), TOLERATED),
    "one wrong time": Attack(lambda v, n: one("StatusNotification", "timestamp", WIDE, n), TOLERATED),
    "one number in text": Attack(lambda v, n: one("ClearCache", "a", "1", n), TOLERATED),
    "one text too long": Attack(lambda v, n: one("DataTransfer", "vendorId", "x", n), TOLERATED),
    "one text too long, wide": Attack(lambda v, n: one("DataTransfer", "vendorId", WIDE, n), TOLERATED),
    "one text too long, escaped": Attack(
        lambda v, n: one("DataTransfer", "messageId", "\\u001b", n), TOLERATED
    ),
    "keys all too long": Attack(
        lambda v, n: call("GetConfiguration", '"key":[', f'"{"x" * 100}"', "]", n), MANY, ("1.6",)
    ),
    "list in place of text": Attack(
        lambda v, n: call("DataTransfer", '"vendorId":[', "[]", "]", n), TOLERATED
    ),
    "object in place of text": Attack(
        lambda v, n: call("DataTransfer", '"vendorId":{', '"a#":0', "}", n), TOLERATED
    ),
    "unknown members": Attack(lambda v, n: fill(HEARTBEAT, '"a#":0', "}]", n), MANY),
    "unknown members, nearly known": Attack(
        lambda v, n: call("MeterValues", "", '"meterValu#":0', "", n), MANY
    ),
    "unknown members, as many as are read": Attack(
        lambda v, n: fill(HEARTBEAT, f'"a#":"{"x" * 95}"', "}]", n), TOLERATED
    ),
    "unknown member of a long name": Attack(
        lambda v, n: stretch(f'{HEARTBEAT}"', "x", '":0}]', n), TOLERATED
    ),
    "unknown member of a long name, wide": Attack(
        lambda v, n: stretch(f'{HEARTBEAT}"', WIDE, '":0}]', n), TOLERATED
    ),
    "unknown member of many items": Attack(lambda v, n: fill(f'{HEARTBEAT}"a":[', "0", "]}]", n), TOLERATED),
    "unknown member in each reading": Attack(
        lambda v, n: readings(v, n, READING[v].replace("}", ',"valeu":1}')), MANY
    ),
    # Nesting
    "nested lists, no end": Attack(lambda v, n: transfer("[" * (n - 60))),
    "nested lists": Attack(lambda v, n: transfer(nested("[", "", "]", n - 60))),
    "nested 500 deep, many": Attack(lambda v, n: data(v, n, nested("[", "", "]", min(1000, n // 2)))),
    "nested 60 deep, many": Attack(lambda v, n: data(v, n, nested("[", "", "]", 120)), READ),
    "nested objects as payload": Attack(
        lambda v, n: f'[2,"1","Heartbeat",{nested(OBJECT, "0", "}", n - 30)}]'
    ),
    "nested lists as a frame": Attack(lambda v, n: nested("[", "", "]", n)),
    # Members that are there twice
    "one member many times": Attack(lambda v, n: fill(HEARTBEAT, '"a":0', "}]", n), TOLERATED),
    "many members twice": Attack(lambda v, n: fill(HEARTBEAT, '"a#":0,"a#":0', "}]", n), MANY),
    "member twice in each reading": Attack(
        lambda v, n: readings(v, n, READING[v].replace("{", '{"value":0,')), TOLERATED
    ),
    "member twice behind many": Attack(
        lambda v, n: valid(v, n - len(PLACE[v]) - 1).removesuffix("}]") + f",{PLACE[v]}}}]", TOLERATED
    ),
    # Numbers
    "tiny numbers": Attack(lambda v, n: data(v, n, "1e-300"), READ),
    "numbers beyond a double": Attack(lambda v, n: data(v, n, "1e400")),
    "zeros with large exponents": Attack(lambda v, n: data(v, n, "0e-900000000,12345678901234567890")),
    "limits with exponents": Attack(lambda v, n: limits(v, n, "1e300"), READ, ("1.6",)),
    "limits of 300 digits": Attack(lambda v, n: limits(v, n, "1" * min(300, n // 4)), READ, ("1.6",)),
    "limit of many digits": Attack(
        lambda v, n: limits(v, 0, stretch("0.", "1", "", n - 300)), MANY, ("1.6",)
    ),
    "limit of many zeros": Attack(lambda v, n: limits(v, 0, stretch("1.", "0", "", n - 300)), READ, ("1.6",)),
    "limits of 1,000 digits in text": Attack(
        lambda v, n: limits(v, n, f'"{"1" * min(1000, n // 4)}"'), TOLERATED
    ),
    "limits of zeros with large exponents in text": Attack(lambda v, n: limits(v, n, '"0E-900000000"'), MANY),
    "integers of 300 digits": Attack(lambda v, n: data(v, n, "1" * 300), READ),
    "integers of 300 digits, as text": Attack(
        lambda v, n: call("GetConfiguration", '"key":[', "1" * 300, "]", n), TOLERATED, ("1.6",)
    ),
    "integers of 4,000 digits": Attack(lambda v, n: data(v, n, "1" * min(4000, n // 2))),
    "integer of many digits": Attack(
        lambda v, n: stretch('[2,"1","CancelReservation",{"reservationId":', "1", "}]", n)
    ),
    "decimal of many digits": Attack(
        lambda v, n: data(v, 0, stretch("0.", "1", "", n - len(data(v, 0, "")))), READ
    ),
    "decimals of 17 digits": Attack(lambda v, n: data(v, n, "0.12345678901234567"), READ),
    # Text
    "escapes": Attack(lambda v, n: text(v, n, "\\u0041"), READ),
    "escaped colons": Attack(lambda v, n: text(v, n, "\\u003a"), READ),
    "escaped control characters": Attack(lambda v, n: text(v, n, "\\u0000"), READ),
    "half surrogates, escaped": Attack(lambda v, n: text(v, n, "\\ud800")),
    "half surrogates": Attack(lambda v, n: text(v, n, "\ud800")),
    "wide text": Attack(lambda v, n: text(v, n, WIDE), READ),
    # The frame itself
    "long id": Attack(lambda v, n: stretch('[2,"', "x", '","Heartbeat",{}]', n), TOLERATED),
    "long id, wide": Attack(lambda v, n: stretch('[2,"', WIDE, '","Heartbeat",{}]', n), TOLERATED),
    "number as id": Attack(lambda v, n: valid(v, n).replace('"1"', "1", 1), TOLERATED),
    "number of many digits as id": Attack(lambda v, n: stretch("[2,", "1", ',"Heartbeat",{}]', n)),
    "list as id": Attack(lambda v, n: fill("[2,[", "0", '],"Heartbeat",{}]', n)),
    "list as action": Attack(lambda v, n: fill('[2,"1",[', "0", "],{}]", n)),
    "list as payload": Attack(lambda v, n: fill('[2,"1","Heartbeat",[', "0", "]]", n)),
    "many elements": Attack(lambda v, n: fill('[2,"1","Heartbeat",{},', "{}", "]", n)),
    "no frame": Attack(lambda v, n: fill("[", '"x"', "]", n)),
    "no list": Attack(lambda v, n: fill("{", '"a#":0', "}", n)),
    "error of many details": Attack(
        lambda v, n: fill('[4,"1","GenericError","",{', '"a#":[0]', "}]", n), READ
    ),
    "error of a long code": Attack(lambda v, n: stretch('[4,"1","', "é", '","",{}]', n), READ),
    "error of a long description": Attack(
        lambda v, n: stretch('[4,"1","GenericError","', "\\u001b", '",{}]', n), READ
    ),
    "error of many elements": Attack(lambda v, n: fill('[4,"1",', "0", "]", n), READ),
    "error of many texts": Attack(lambda v, n: fill('[4,"1",', '"a"', "]", n), READ),
    "error without details": Attack(lambda v, n: stretch('[4,"1","', "x", '"]', n), READ),
    "error with a member twice": Attack(
        lambda v, n: fill('[4,"1","GenericError","",{"a":1,', '"a#":0', ',"a":1}]', n), READ
    ),
    "result that answers nothing": Attack(lambda v, n: fill('[3,"x",{', '"a#":0', "}]", n)),
    "result of a long id that answers nothing": Attack(lambda v, n: stretch('[3,"', "é", '",{}]', n)),
    "wrong result": Attack(lambda v, n: fill('[3,"7",{', '"a#":0', "}]", n), MANY),
    # No JSON
    "cut off": Attack(lambda v, n: valid(v, n)[:-1]),
    "one comma too many": Attack(lambda v, n: f"{valid(v, n)[:-1]},]"),
    "something behind": Attack(lambda v, n: f"{valid(v, n)}x"),
    "commas": Attack(lambda v, n: stretch("[2", ",", "", n)),
    "blanks": Attack(lambda v, n: " " * n),
    "blanks in a frame": Attack(lambda v, n: stretch("[2,", " ", '"1","Heartbeat",{}', n)),
    "quotes": Attack(lambda v, n: '"' * n),
    "backslashes": Attack(lambda v, n: stretch('[2,"', "\\", "", n)),
    "brackets": Attack(lambda v, n: "[" * n),
    "NaN": Attack(lambda v, n: data(v, n, "NaN")),
    "comments": Attack(lambda v, n: stretch("[2,", "/**/", '"1","Heartbeat",{}]', n)),
}


# Measuring


class Cost(NamedTuple):
    """Seconds of the processor, and bytes that Python held at most."""

    seconds: float
    memory: int


class Measured(NamedTuple):
    """What became of a frame, and its cost in costs of a valid frame of the same size."""

    refusal: FrameError | None
    seconds: float
    memory: float


@cache
def _codec(version: str, tolerance: Tolerance) -> JsonCodec:
    return JsonCodec(version, tolerance=tolerance)


def receive(written: str, version: str, tolerance: Tolerance) -> FrameError | None:
    """Decodes a frame and, if it is refused, says everything that an answer to it says."""
    codec = _codec(version, tolerance)
    try:
        codec.decode(written, awaiting={"7": codec.specification.request("Heartbeat")})
    except FrameError as error:
        str(error)
        summary_for_peer(error.violations)
        return error
    return None


_TRIES = 5
#: Seconds for which each frame is received again and again at least, so that the shortest time means something.
_LONG_ENOUGH = 0.002


def cost(written: str, version: str, tolerance: Tolerance, most: float = float("inf")) -> Cost:
    """The least that receiving a frame has cost in a few tries.

    Args:
        written: The frame.
        version: Of the codec.
        tolerance: Of the codec.
        most: Seconds that are cheap enough: no more tries are made to find less.
    """
    with undisturbed():
        for _ in range(2):  # whatever is done on first use, and with the second frame of an action
            receive(written, version, tolerance)
        tracemalloc.start()
        receive(written, version, tolerance)
        memory = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        seconds = min(_seconds(written, version, tolerance) for _ in range(2))
        for _ in range(5):
            if seconds <= most < float("inf"):
                break
            seconds = min(seconds, _seconds(written, version, tolerance))
        return Cost(seconds, memory)


def _seconds(written: str, version: str, tolerance: Tolerance) -> float:
    count, start = 0, time.process_time()
    while (spent := time.process_time() - start) < _LONG_ENOUGH or not count:
        receive(written, version, tolerance)
        count += 1
    return spent / count


@cache
def basis(version: str, size: int) -> Cost:
    """What the dearest valid frame costs: one with an escape, which is read from values, not at once from its text."""
    plain, escaped = '"1"', r'"\u0031"'
    written = valid(version, size - len(escaped) + len(plain)).replace(plain, escaped, 1)
    assert receive(written, version, Tolerance.STRICT) is None
    return cost(written, version, Tolerance.STRICT)


def measure(attack: Attack, version: str, size: int, tolerance: Tolerance, allowed: float = 10) -> Measured:
    """Measures one row; if it is beyond `allowed` times a valid frame, again and together with a valid frame.

    Another process on the same core may double a time, so that those that are compared must be of one moment.
    """
    written = attack.make(version, size)
    least = basis(version, size)
    spent = cost(written, version, tolerance, least.seconds * allowed)
    for _ in range(_TRIES):
        if spent.seconds <= least.seconds * allowed:
            break
        basis.cache_clear()
        least = basis(version, size)
        spent = cost(written, version, tolerance, least.seconds * allowed)
    refusal = receive(written, version, tolerance)
    return Measured(refusal, spent.seconds / least.seconds, spent.memory / least.memory)


def main() -> None:
    """Prints the table; with words behind, only the rows that have one of them in their name."""
    worst: dict[int, float] = {}
    for size in SIZES:
        for version in VERSIONS:
            least = basis(version, size)
            print(
                f"\nOCPP {version}, {size:,} characters: {least.seconds * 1e6:,.0f} us, {least.memory:,} bytes\n"
            )
            print("| input | characters | strict | CPU | memory | tolerant | CPU | memory |")
            print("| --- | ---: | --- | ---: | ---: | --- | ---: | ---: |")
            for name, attack in ATTACKS.items():
                if version not in attack.versions or not any(word in name for word in sys.argv[1:] or [""]):
                    continue
                cells = [name, f"{len(attack.make(version, size)):,}"]
                for tolerance in (Tolerance.STRICT, Tolerance.TOLERANT):
                    seen = measure(attack, version, size, tolerance)
                    said = "read" if seen.refusal is None else str(seen.refusal.code)
                    cells += [said, f"{seen.seconds:.2f}", f"{seen.memory:.2f}"]
                    worst[size] = max(worst.get(size, 0), seen.seconds, seen.memory)
                print(f"| {' | '.join(cells)} |", flush=True)
    for size, ratio in worst.items():
        print(f"\nWorst of {size:,} characters: {ratio:.2f}")


if __name__ == "__main__":
    main()
