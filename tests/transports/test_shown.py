"""What is seen of an object in a debugger and in a log."""

import pytest

from loopback import csms, station, url
from loops import asynchronous, until
from ocpp_core import SoapCodec
from ocpp_core.dispatch.router import Router
from ocpp_core.gateway import Backend, Gateway
from ocpp_core.translation import TranslationSession
from ocpp_core.transports.asgi import OcppApp
from ocpp_core.transports.soap_http import SoapPeer
from ocpp_core.transports.websocket import WebSocketPeer, connect, serve


@pytest.mark.parametrize(
    "thing, expected",
    [
        (SoapPeer(SoapCodec("1.5"), "CP-1"), "<SoapPeer 'CP-1', OCPP 1.5>"),
        (SoapPeer(SoapCodec("1.5"), "\x1b[2J\u202e"), r"<SoapPeer '\x1b[2J\u202e', OCPP 1.5>"),
        (OcppApp(Router()), "<OcppApp, stations: 0 on WebSockets, 0 over SOAP>"),
        (
            TranslationSession(station="1.6", csms="2.0.1", identity="CP-1"),
            "<TranslationSession of 'CP-1', 1.6 to 2.0.1>",
        ),
        (
            Gateway(Backend(url="ws://csms.example/", version="2.0.1")),
            "<Gateway to ws://csms.example/, stations: 0>",
        ),
    ],
)
def test_of_an_object_is_shown_what_tells_it_from_others(thing: object, expected: str) -> None:
    assert expected == repr(thing)


@asynchronous
@pytest.mark.usefixtures("library")
async def test_of_what_is_connected_is_shown_who_it_is() -> None:
    async with (
        serve(csms(), "localhost") as server,
        connect(url(server), "CP-1", station(), "1.6") as client,
    ):
        peer: WebSocketPeer = await client.connected()
        await until(lambda: bool(server.peers))

        assert f"<Server on port {server.port}, stations: 1>" == repr(server)
        assert f"<Station {client.identity!r}, OCPP 1.6, connected>" == repr(client)
        assert "Peer" in repr(peer)
        assert f" {client.identity!r}, OCPP 1.6>" in repr(peer)
    assert f"<Station {client.identity!r}, OCPP 1.6, not connected>" == repr(client)
