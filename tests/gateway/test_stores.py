"""A gateway whose store fails: nothing is acknowledged that is not written, and it goes on once it can be written."""

import json
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from command import cli
from gateways import gateway_to, office, station
from loops import asynchronous, until
from ocpp_core import v16
from ocpp_core.gateway import mirrors
from ocpp_core.model.errors import CallFailedError
from ocpp_core.translation import SqliteStore, StateError
from ocpp_core.translation.sessions.stores import MemoryStore
from served import NOW

BOOT = v16.BootNotificationRequest(charge_point_vendor="V", charge_point_model="M")
START = v16.StartTransactionRequest(connector_id=1, id_tag="TAG", meter_start=0, timestamp=NOW)


class Failing(MemoryStore):
    """It fails as it is told: by method, and for the records whose name has these characters."""

    def __init__(self) -> None:
        super().__init__()
        self.fails: dict[str, Callable[[str], bool]] = {}
        self.error: Exception = sqlite3.OperationalError("database or disk is full")

    def _fail(self, method: str, identity: str) -> None:
        if method in self.fails and self.fails[method](identity):
            raise self.error

    def load(self, identity: str) -> Mapping[tuple[str, str], Any]:
        self._fail("load", identity)
        return super().load(identity)

    def save(self, identity: str, changes: Mapping[tuple[str, str], Any]) -> None:
        self._fail("save", identity)
        super().save(identity, changes)


def of_mirror(identity: str) -> bool:
    return "\n" in identity


@asynchronous
async def test_once_the_disk_has_room_again_a_transaction_goes_on_under_its_number() -> None:
    store = Failing()
    async with office("2.0.1") as back, gateway_to(back.backend(), store=store) as (_, port):
        async with station(port) as peer:
            await peer.call(BOOT)
            started: Any = await peer.call(START)
        stop = v16.StopTransactionRequest(transaction_id=started.transaction_id, meter_stop=9, timestamp=NOW)
        store.fails["save"] = lambda _: True
        async with station(port) as peer:
            with pytest.raises(CallFailedError):
                await peer.call(stop)
        del store.fails["save"]
        async with station(port) as peer:
            await peer.call(stop)

    events = [one for one in back.heard if one.__ocpp__.action == "TransactionEvent"]
    assert [0, 1] == [one.seq_no for one in events]
    assert 1 == len({one.transaction_info.transaction_id for one in events})


@pytest.mark.parametrize(
    "error",
    [
        sqlite3.DatabaseError("database disk image is malformed"),
        StateError("CP-1", "a later release"),
        json.JSONDecodeError("no JSON", "", 0),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("wire", ["json", "soap"])
@asynchronous
async def test_a_station_whose_records_cannot_be_read_is_answered_an_error(
    wire: str, error: Exception
) -> None:
    store = Failing()
    store.fails["load"], store.error = lambda _: True, error
    async with office("2.0.1") as back, gateway_to(back.backend(), store=store) as (gateway, port):
        with pytest.raises(CallFailedError):  # as soon as it connects, or when it calls
            async with station(port, "1.6", wire) as peer:
                await peer.call(BOOT)
        await until(lambda: not gateway.identities)
        del store.fails["load"]
        async with station(port, "1.6", wire) as peer:
            await peer.call(BOOT)

    assert ["BootNotification"] == back.actions


@pytest.mark.parametrize("method", ["load", "save"])
@asynchronous
async def test_a_mirror_whose_records_fail_is_begun_anew_and_the_station_hears_nothing_of_it(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mirrors, "AGAIN", 0.02)
    store = Failing()
    store.fails[method] = of_mirror
    async with (
        office("2.0.1") as main,
        office("2.0.1") as side,
        gateway_to(main.backend(), side.backend(), store=store) as (_, port),
        station(port) as peer,
    ):
        await peer.call(BOOT)
        await peer.call(START)
        store.fails.clear()
        await until(lambda: "BootNotification" in side.actions)
        await peer.call(v16.HeartbeatRequest())
        await until(lambda: "Heartbeat" in side.actions)

    assert ["BootNotification", "TransactionEvent", "Heartbeat"] == main.actions


def test_two_gateways_do_not_share_a_file(tmp_path: Path) -> None:
    """Each would give out the numbers that the other has given."""
    store = SqliteStore(tmp_path / "gateway.db", alone=True)

    result = cli(
        "gateway",
        *("--csms", "ws://127.0.0.1:9", "--csms-version", "1.6", "--store", str(tmp_path / "gateway.db")),
    )
    store.close()

    assert 2 == result.exit_code
    assert "another process" in result.output
