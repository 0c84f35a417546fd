"""CSV, gzip, UTF-16, and frames that a log has printed over several lines."""

import gzip
import io
import json
import tracemalloc
import zlib
from pathlib import Path

import pytest

from command import cli, objects
from inputs import ANSWER, HEARTBEAT, HERTZ, found, frames
from ocpp_core.logs.origins import RECEIVED, SENT
from ocpp_core.logs.reading import Reader
from ocpp_core.logs.sources import expand
from sample_envelopes import boot

LOG = f"2026-01-31 recv {HEARTBEAT}\nconnected\n2026-01-31 send {ANSWER}\n"


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


TABLES = {
    "comma": f"time,charge_point_id,direction,message\n1,CP-1,in,{quoted(HEARTBEAT)}\n2,CP-1,out,{quoted(ANSWER)}\n",
    "semicolon": f"station;dir;frame\nCP-1;received;{quoted(HEARTBEAT)}\nCP-1;sent;{quoted(ANSWER)}\n",
    "semicolon, not quoted": f"station;dir;frame\nCP-1;received;{HEARTBEAT}\nCP-1;sent;{ANSWER}\n",
    "tab": f"direction\tstation\tpayload\nrx\tCP-1\t{HEARTBEAT}\ntx\tCP-1\t{ANSWER}\n",
    "comma, not quoted": f"direction,station,payload\nin,CP-1,{HEARTBEAT}\nout,CP-1,{ANSWER}\n",
    "quoted head": f'"Station ID","Direction","Message"\n"CP-1","IN",{quoted(HEARTBEAT)}\n'
    f'"CP-1","OUT",{quoted(ANSWER)}',
    "several lines": f"station,direction,message\nCP-1,in,{quoted(HEARTBEAT)}\nCP-1,out,"
    + quoted(json.dumps(json.loads(ANSWER), indent=1)),
}


@pytest.mark.parametrize("text", TABLES.values(), ids=TABLES)
def test_table_is_read_by_the_names_of_its_columns(text: str) -> None:
    one, other = found(text)

    assert [json.loads(HEARTBEAT), json.loads(ANSWER)] == [json.loads(one.text), json.loads(other.text)]
    assert [("CP-1", RECEIVED, 2), ("CP-1", SENT, 3)] == [
        (str(each.station), each.direction, each.line) for each in (one, other)
    ]


def test_rows_without_a_head_are_read() -> None:
    one, other = found(f"2026-01-31,CP-1,in,{quoted(HEARTBEAT)}\n2026-01-31,CP-1,out,{quoted(ANSWER)}\n")

    assert [(HEARTBEAT, RECEIVED), (ANSWER, SENT)] == [(each.text, each.direction) for each in (one, other)]


def test_a_log_that_begins_with_words_of_tables_is_none() -> None:
    (one,) = found(f"connected, data\nCP-1 <- {HEARTBEAT}")

    assert ("CP-1", RECEIVED) == (str(one.station), one.direction)


def test_a_row_whose_quote_is_not_closed_does_not_cost_the_next_ones() -> None:
    rows = [f'CP-1,in,"{HEARTBEAT[:9]}', *[f"CP-1,in,{quoted(HEARTBEAT)}"] * 3]

    assert [HEARTBEAT] * 3 == frames("\n".join(["station,direction,message", *rows]))[-3:]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-8-sig"])
def test_text_with_a_mark_is_read(encoding: str) -> None:
    data = LOG.encode(encoding) if encoding.endswith("sig") else f"\ufeff{LOG}".encode(encoding)

    assert [HEARTBEAT, ANSWER] == frames(data)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_xml_in_utf_16_without_a_mark_is_read_if_it_is_declared(encoding: str) -> None:
    """The first two characters of a declaration are beyond doubt (XML 1.0, appendix F); those of an element are not."""
    element = boot().decode()
    declared = f'<?xml version="1.0" encoding="UTF-16"?>\n{element}\n'

    assert [element] == frames(declared.encode(encoding))
    assert [element] == frames(gzip.compress(declared.encode(encoding)))
    assert [] == frames(element.encode(encoding))


@pytest.mark.parametrize("encoding", ["utf-32-le", "utf-32-be"])
def test_utf_32_is_not_taken_for_utf_16(encoding: str) -> None:
    assert [] == frames(f"\ufeff{HEARTBEAT}\n".encode(encoding))


@pytest.mark.parametrize("length", range(5))
def test_a_stream_that_is_shorter_than_any_mark_ends(length: int) -> None:
    assert [] == frames(b"<\0?\0"[:length])


def test_utf_16_that_is_broken_is_read_as_far_as_it_can() -> None:
    assert [HEARTBEAT] == frames(f"\ufeff{HEARTBEAT}\n".encode("utf-16-le") + b"\x00\xd8\x00")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_gzip_is_read(encoding: str) -> None:
    assert [HEARTBEAT, ANSWER] == frames(gzip.compress(LOG.encode(encoding)))


def test_parts_of_gzip_are_read_one_after_the_other() -> None:
    assert [HEARTBEAT, ANSWER, HEARTBEAT] == frames(
        gzip.compress(LOG.encode()) + gzip.compress(f"{HEARTBEAT}\n".encode())
    )


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-9], lambda data: data[:15] + b"\xff" * 20 + data[35:]]
)
def test_broken_gzip_is_an_error_of_the_file(damage: object, tmp_path: Path) -> None:
    path = tmp_path / "a.log.gz"
    path.write_bytes(damage(gzip.compress(LOG.encode() * 50)))  # type: ignore[operator]
    result = cli("validate", "--version", "1.6", path)

    assert 2 == result.exit_code
    assert f"{path}: is packed, and broken" in result.stderr.replace("\n", "")


def test_bomb_takes_no_memory() -> None:
    data = gzip.compress(b" " * 100_000_000 + b"\n" + HEARTBEAT.encode())
    tracemalloc.start()
    texts = frames(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert [HEARTBEAT] == texts
    assert 40_000_000 > peak


def test_bytes_are_counted_as_they_are_kept() -> None:
    data = gzip.compress(LOG.encode() * 1000)
    reader = Reader()
    list(reader.read(io.BytesIO(data), "x"))

    assert len(data) == reader.bytes_read
    assert len(data) < len(zlib.decompress(data, 31))


def test_a_folder_has_tables_and_packed_logs(tmp_path: Path) -> None:
    for name in ("a.csv", "b.log.gz", "c.tar.gz", "d.gz", "e.TSV"):
        (tmp_path / name).write_bytes(b"")

    assert ["a.csv", "b.log.gz", "e.TSV"] == [path.name for path in expand([tmp_path])]


PRINTED = {
    "one of ocpp": (
        'INFO [ocpp] P: receive message [3,"17",\n{\n"currentTime": "2026-01-31T12:00:00Z"\n}]',
        ANSWER,
    ),
    "an indented one": (f"INFO recv {json.dumps(json.loads(HERTZ), indent=2)}", HERTZ),
    "one that is broken once": ("INFO recv " + HERTZ.replace('"meterValue":', '"meterValue":\n'), HERTZ),
}


@pytest.mark.parametrize("text, frame", PRINTED.values(), ids=PRINTED)
def test_frame_of_a_log_over_several_lines_is_one_frame(text: str, frame: str) -> None:
    one, other = found(f"connected\n{text}\nconnected\nrecv {HEARTBEAT}")

    assert json.loads(frame) == json.loads(one.text)
    assert (2, HEARTBEAT, RECEIVED) == (one.line, other.text, one.direction)


def test_frame_that_is_cut_off_at_the_end_of_a_line_does_not_cost_the_next_one() -> None:
    assert ['[2,"1","Heartbeat",{', HEARTBEAT] == frames(
        f'connected\nrecv [2,"1","Heartbeat",{{\nrecv {HEARTBEAT}'
    )
    assert 500 == len(frames("connected\n" + 'recv [2,"1","Heartbeat",{\nx\n' * 500))


def test_lines_behind_a_broken_frame_are_not_lost() -> None:
    seen: list[tuple[int, str]] = []
    reader = Reader(lambda source, line, text: seen.append((line, text)))
    text = f'connected\nrecv [2,"1","Heartbeat",{{\n"a":,\n}}]\nrecv {HEARTBEAT}\n'
    texts = [one.text for one in reader.read(io.BytesIO(text.encode()), "x")]

    assert ['[2,"1","Heartbeat",{', HEARTBEAT] == texts
    assert [(1, "connected"), (3, '"a":,'), (4, "}]")] == seen


def test_station_and_direction_are_told_to_programs() -> None:
    rows = objects(cli("decode", "--json", "--version", "1.6", text=TABLES["comma"]))

    assert [("CP-1", "station->csms"), ("CP-1", "csms->station")] == [
        (row["station"], row["direction"]) for row in rows
    ]
