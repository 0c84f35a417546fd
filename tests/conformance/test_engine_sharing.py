"""What one process makes for several: once, again after a failure, and not waited for without end."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ocpp_core.conformance.sharing import shared


def never(_: Callable[[], None]) -> str:
    raise AssertionError("it is there already")


def test_what_is_there_is_not_made_again(tmp_path: Path) -> None:
    path = tmp_path / "ocpp.json"

    assert "made" == shared(path, lambda _: "made")
    assert "made" == shared(path, never)
    assert [path] == list(tmp_path.iterdir())


def test_what_could_not_be_made_is_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "ocpp.json"

    with pytest.raises(AssertionError, match="already"):
        shared(path, never)

    assert "made" == shared(path, lambda _: "made")


def test_whoever_has_died_is_not_waited_for(tmp_path: Path) -> None:
    lock = tmp_path / "ocpp.lock"
    lock.touch()
    os.utime(lock, (0, 0))

    with pytest.raises(TimeoutError, match="gone"):
        shared(tmp_path / "ocpp.json", never)


def test_a_sign_of_life_is_seen(tmp_path: Path) -> None:
    lock = tmp_path / "ocpp.lock"

    def make(lives: Callable[[], None]) -> str:
        os.utime(lock, (0, 0))
        lives()
        return str(lock.stat().st_mtime > 0)

    assert "True" == shared(tmp_path / "ocpp.json", make)
