"""Stages on the JSON wire, in front of our own CSMS and our own station."""

import asyncio
from urllib.parse import urlsplit

import pytest

from certificates import Certificates
from ocpp_core.conformance.grounds import Target, ground
from ocpp_core.conformance.listening import Door
from ocpp_core.conformance.profiles import Profile
from ocpp_core.conformance.stages import AnswerKind, Refused
from ocpp_core.conformance.traces import Direction, What
from ocpp_core.conformance.verdicts import Inconclusive
from ocpp_core.model.versions import Role, Wire
from played import JSON_VERSIONS, csms_stage, csms_url, door, station, station_stage


@pytest.mark.parametrize("version", JSON_VERSIONS)
def test_a_csms_is_called_and_its_answers_are_told_apart(version: str) -> None:
    async def run() -> None:
        async with csms_url() as url:
            stage = await csms_stage(url, version)
            await stage.be_registered()
            silence = await stage.exchange('[3,"never asked",{}]', "never asked", within=0.05)
            unknown = await stage.call("MakeCoffee", {})
            alive = await stage.is_alive()
            await stage.close()

        assert (AnswerKind.SILENCE, -1) == (silence.kind, silence.mark)
        assert (AnswerKind.ERROR, "NotImplemented") == (unknown.kind, unknown.code)
        assert stage.trace[unknown.mark].direction is Direction.RECEIVED
        assert alive

    asyncio.run(run())


def test_a_reconnection_is_in_the_trace_and_the_old_end_is_not_waited_for() -> None:
    async def run() -> None:
        async with csms_url() as url:
            stage = await csms_stage(url, "2.0.1")
            await stage.be_registered()
            for abruptly in (True, False):
                await stage.reconnect(abruptly=abruptly)

                assert await stage.is_alive()
            await stage.close()

        events = [entry.what for entry in stage.trace if entry.what is not What.MESSAGE]
        assert [What.OPENED, What.CLOSED, What.OPENED, What.CLOSED, What.OPENED] == events

    asyncio.run(run())


def test_a_closed_connection_is_an_answer() -> None:
    async def run() -> None:
        async with csms_url() as url:
            stage = await csms_stage(url, "1.6")
            answer = await stage.exchange(b"\xff", "x")
            again = await stage.call("Heartbeat", {})
            await stage.close()

        assert (AnswerKind.CLOSED, "1003") == (answer.kind, answer.code)
        assert AnswerKind.CLOSED is again.kind

    asyncio.run(run())


def test_other_handshakes_are_tried_beside() -> None:
    async def run() -> None:
        async with csms_url(authenticate=lambda one: one.has_password("correct horse battery")) as url:
            stage = await csms_stage(url, "2.0.1", password="correct horse battery")
            wrong = await stage.shake_hands(password="wrong")
            foreign = await stage.shake_hands(offers=["ocpp0.9"])
            await stage.close()
            with pytest.raises(Inconclusive, match="401"):
                await csms_stage(url, "2.0.1")

        assert 401 == wrong.status
        assert (101, None, "1002") == (foreign.status, foreign.chosen, foreign.closed)

    asyncio.run(run())


@pytest.mark.parametrize("version", JSON_VERSIONS)
def test_a_station_is_kept_over_stages_and_got_to_call(version: str) -> None:
    async def run() -> None:
        here = door(version)
        async with here.listening("127.0.0.1", 0), station(here.port, version):
            first = await station_stage(here, version)
            await first.be_registered()
            heartbeat = await first.provoke("Heartbeat")
            await first.close()
            second = await station_stage(here, version)
            await second.be_registered()
            started = await second.provoke("TransactionEvent" if version != "1.6" else "StartTransaction")
            await second.close()

        assert "Heartbeat" == heartbeat.action
        assert started.payload
        assert 1 == sum(entry.what is What.OPENED for entry in second.trace)

    asyncio.run(run())


def test_a_station_is_waited_for_when_it_has_to_come_back() -> None:
    async def run() -> None:
        here = door("1.6")
        async with here.listening("127.0.0.1", 0), station(here.port, "1.6"):
            stage = await station_stage(here, "1.6")
            await stage.be_registered()
            await stage.reconnect(abruptly=True)
            alive = await stage.is_alive()
            await stage.close()

        assert alive

    asyncio.run(run())


def test_responders_answer_errors_and_silence() -> None:
    async def run() -> None:
        here = door("1.6")
        async with here.listening("127.0.0.1", 0), station(here.port, "1.6"):
            stage = await station_stage(here, "1.6")
            await stage.be_registered()
            stage.responders["Heartbeat"] = lambda _: Refused("InternalError", "not now")
            call = await stage.provoke("Heartbeat")
            stage.responders["Heartbeat"] = lambda _: None
            await stage.provoke("Heartbeat")
            quiet = stage.trace[-1]
            await stage.close()

        sent = [entry.text for entry in stage.trace if entry.direction is Direction.SENT]
        assert f'[4,"{call.id}","InternalError","not now",{{}}]' in sent
        assert Direction.RECEIVED is quiet.direction

    asyncio.run(run())


def test_others_than_the_station_are_refused() -> None:
    async def run() -> None:
        here = door("1.6", identity="CP2", password="0123456789abcdef")
        async with here.listening("127.0.0.1", 0):
            for version, identity, password in (
                ("1.6", "CP1", None),
                ("1.6", "CP2", "wrong-0123456789"),
                ("1.6", "CP2", None),
                ("2.0.1", "CP2", "0123456789abcdef"),
            ):
                with pytest.raises(OSError, match="40"):
                    async with station(here.port, version, identity, password=password, wait=False):
                        pass  # pragma: no cover
            async with station(here.port, "1.6", "CP2", password="0123456789abcdef"):
                assert await here.wait()

        assert [
            "/CP1: only CP2 is tested here",
            "/CP2: another password is needed",
            "/CP2: the subprotocol ocpp1.6 is needed",
        ] == list(here.refused)

    asyncio.run(run())


def test_who_waits_in_vain_is_told_who_was_refused() -> None:
    async def run() -> None:
        here = Door(("ocpp1.6",), identity="CP2", patience=0.2)
        async with here.listening("127.0.0.1", 0):
            with pytest.raises(OSError, match="404"):
                async with station(here.port, "1.6", "CP1", wait=False):
                    pass  # pragma: no cover
            with pytest.raises(Inconclusive, match=r"in 0 s; refused /CP1: only CP2 is tested here$"):
                await station_stage(here, "1.6")

    asyncio.run(run())


def test_a_station_that_speaks_soap_comes_over_tls_if_there_is_a_certificate() -> None:
    known = Certificates()
    target = Target(
        role=Role.CHARGE_POINT, version="1.6", wire=Wire.SOAP, host="localhost", port=0, ssl=known.server
    )

    async def run() -> str:
        async with ground(target, Profile()) as here:
            where = urlsplit(here.address or "")
            _, writer = await asyncio.open_connection(where.hostname, where.port, ssl=known.client())
            writer.close()
            return where.scheme

    assert "https" == asyncio.run(run())
