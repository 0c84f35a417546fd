"""The security profiles over real sockets: passwords, TLS and certificates of clients."""

import logging
import ssl
from base64 import b64encode
from typing import Any

import pytest
import trustme
from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus

from loopback import csms, station, url
from loops import asynchronous
from ocpp_core import v16, v201
from ocpp_core.transports.websocket import Handshake, connect, serve

KEY = bytes(range(0xEC, 0x100))


@pytest.mark.parametrize("identity", ["CP-1", "A:B"])
@asynchronous
async def test_profile_1_basic_authentication(identity: str) -> None:
    def authenticate(handshake: Handshake) -> bool:
        return handshake.has_password(KEY)

    async with serve(csms(), "localhost", authenticate=authenticate) as server:
        async with connect(url(server), identity, station(), "1.6", password=KEY) as cp:
            await cp.call(v16.HeartbeatRequest())
        for password in (None, KEY[1:], KEY.hex()):
            with pytest.raises(InvalidStatus) as info:
                async with connect(
                    url(server), identity, station(), "1.6", password=password, reconnect=False
                ):
                    pass
            assert info.value.response.status_code == 401
            assert "Basic" in info.value.response.headers["WWW-Authenticate"]


@asynchronous
async def test_profile_1_password_is_text_in_2_x() -> None:
    async with (
        serve(
            csms(), "localhost", authenticate=lambda handshake: handshake.has_password("pässword-16-chars")
        ) as server,
        connect(url(server), "CP-1", station(), "2.0.1", password="pässword-16-chars") as cp,
    ):
        await cp.call(v201.HeartbeatRequest())


class Certificates:
    """A CA, a server's certificate, and a client's."""

    def __init__(self) -> None:
        self.authority = trustme.CA()
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server.minimum_version = ssl.TLSVersion.TLSv1_2
        self.authority.issue_cert("localhost").configure_cert(self.server)

    def require_client(self) -> None:
        self.authority.configure_trust(self.server)
        self.server.verify_mode = ssl.CERT_REQUIRED

    def client(self, common_name: str | None = None, issuer: trustme.CA | None = None) -> ssl.SSLContext:
        context = ssl.create_default_context()
        self.authority.configure_trust(context)
        if common_name is not None:
            certificate = (issuer or self.authority).issue_cert(
                f"{common_name}.stations.test", common_name=common_name, organization_name="Operator"
            )
            certificate.configure_cert(context)
        return context


@asynchronous
async def test_profile_2_tls_and_password() -> None:
    certificates = Certificates()

    def authenticate(handshake: Handshake) -> bool:
        return handshake.certificate is None and handshake.has_password(KEY)

    async with serve(csms(), "localhost", ssl=certificates.server, authenticate=authenticate) as server:
        async with connect(
            url(server, "wss"), "CP-1", station(), "1.6", password=KEY, ssl=certificates.client()
        ) as cp:
            await cp.call(v16.HeartbeatRequest())
        with pytest.raises(ssl.SSLCertVerificationError):  # nobody has told this station of our authority
            async with connect(url(server, "wss"), "CP-1", station(), "1.6", password=KEY, reconnect=False):
                pass
        with pytest.raises(InvalidStatus):
            async with connect(
                url(server, "wss"), "CP-1", station(), "1.6", ssl=certificates.client(), reconnect=False
            ):
                pass


@asynchronous
async def test_profile_3_client_certificate(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "websockets")
    certificates = Certificates()
    certificates.require_client()
    seen: list[str | None] = []

    def authenticate(handshake: Handshake) -> bool:
        seen.append(handshake.common_name)
        return handshake.common_name == handshake.identity

    async with serve(csms(), "localhost", ssl=certificates.server, authenticate=authenticate) as server:
        options: dict[str, Any] = {"reconnect": False, "router": station(), "version": "2.0.1"}
        async with connect(url(server, "wss"), "SN-1", ssl=certificates.client("SN-1"), **options) as cp:
            await cp.call(v201.HeartbeatRequest())
        with pytest.raises(InvalidStatus):  # the certificate of another station
            async with connect(url(server, "wss"), "SN-2", ssl=certificates.client("SN-1"), **options):
                pass

        assert seen == ["SN-1", "SN-1"]
        for context in (certificates.client(), certificates.client("SN-1", trustme.CA())):
            with pytest.raises((OSError, EOFError, ConnectionClosed, InvalidMessage)) as info:
                async with connect(url(server, "wss"), "SN-1", ssl=context, **options):
                    pass
            assert not isinstance(info.value, InvalidStatus)  # it never came to HTTP
        assert len(seen) == 2


def test_passwords_do_not_reach_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "ocpp_core")

    @asynchronous
    async def run() -> None:
        async with (
            serve(csms(), "localhost", authenticate=lambda handshake: True) as server,
            connect(url(server), "CP-1", station(), "1.6", password="hunter2-hunter2-") as cp,
        ):
            await cp.call(v16.HeartbeatRequest())

    run()

    assert "Heartbeat" in caplog.text
    assert "hunter2" not in caplog.text
    assert b64encode(b"CP-1:hunter2-hunter2-").decode() not in caplog.text
