"""`fuzz.py` finds nothing in a short run, and would find what leaves a receive path."""

from collections import Counter

import pytest
from attrs import evolve

from fuzz import TARGETS, left, main


@pytest.mark.parametrize("wire", TARGETS)
def test_nothing_but_a_frame_error_leaves_a_receive_path(wire: str) -> None:
    counts: Counter[str] = Counter()

    assert [] == list(left(TARGETS[wire](), 300, 7, counts))
    assert {"read", "refused"} == set(counts)


def test_what_leaves_it_is_seen() -> None:
    target = TARGETS["json-1.6"]()

    def receive(written: bytes) -> list[str]:
        return [str(written, "ascii")]

    found = list(left(evolve(target, receive=receive), 300, 7, Counter()))

    assert found
    assert {UnicodeDecodeError} == {type(error) for _, error in found}


def test_a_wire_that_there_is_not_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["json-3.0"])

    assert 2 == caught.value.code
    assert "no wire json-3.0; there are json-1.2 " in capsys.readouterr().err
