"""The security profiles over real sockets: passwords, TLS and certificates of clients."""

import logging
import ssl
from base64 import b64encode
from typing import Any

import pytest
import trustme
from websockets.exceptions import InvalidMessage, InvalidStatus

from certificates import Certificates
from loopback import csms, raw, station, url
from loops import asynchronous
from ocpp_core import LocalProtocolError, v16, v201
from ocpp_core.transports._handshake import authorization_of
from ocpp_core.transports.admission import Admission
from ocpp_core.transports.websocket import CannotConnectError, Handshake, Server, connect, serve

pytestmark = pytest.mark.usefixtures("library")

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
            with pytest.raises(CannotConnectError) as info:
                async with connect(
                    url(server), identity, station(), "1.6", password=password, reconnect=False
                ):
                    pass
            assert info.value.status == 401
            cause: Any = info.value.__cause__
            assert "Basic" in cause.response.headers["WWW-Authenticate"]


@asynchronous
async def test_profile_1_is_over_plain_connections() -> None:
    async with (
        serve(csms(), "localhost", profiles=[1]) as server,
        connect(url(server), "CP-1", station(), "1.6", password=KEY),
    ):
        assert 1 == server.peers["CP-1"].handshake.profile


@asynchronous
async def test_profile_1_password_is_text_in_2_x() -> None:
    async with (
        serve(
            csms(), "localhost", authenticate=lambda handshake: handshake.has_password("pässword-16-chars")
        ) as server,
        connect(url(server), "CP-1", station(), "2.0.1", password="pässword-16-chars") as cp,
    ):
        await cp.call(v201.HeartbeatRequest())


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
        with pytest.raises(
            CannotConnectError, match="CERTIFICATE_VERIFY_FAILED"
        ):  # nobody has told this station of our authority
            async with connect(url(server, "wss"), "CP-1", station(), "1.6", password=KEY, reconnect=False):
                pass
        with pytest.raises(CannotConnectError):
            async with connect(
                url(server, "wss"), "CP-1", station(), "1.6", ssl=certificates.client(), reconnect=False
            ):
                pass


#: How OpenSSL and the socket below it tell a client that its certificate is refused; in TLS 1.3 that comes after the
#: handshake, when the client has begun to speak.
CUT_OFF = (ssl.SSLError, ConnectionError, InvalidMessage)


def online(server: Server, context: ssl.SSLContext, identity: str = "SN-1", **options: Any) -> Any:
    return connect(url(server, "wss"), identity, station(), "2.0.1", ssl=context, reconnect=False, **options)


async def status(connecting: Any) -> int | None:
    """What a station is refused with."""
    with pytest.raises(CannotConnectError) as info:
        async with connecting:
            pass
    return info.value.status


@asynchronous
async def test_a00_405_profile_3_binds_a_station_to_its_certificate(caplog: pytest.LogCaptureFixture) -> None:
    """Without a hook: who has the certificate of one station is not let in as another."""
    caplog.set_level(logging.CRITICAL, "websockets")
    certificates = Certificates(ssl.CERT_REQUIRED)
    async with serve(csms(), "localhost", ssl=certificates.server) as server:
        async with online(server, certificates.client("SN-1")) as cp:
            await cp.call(v201.HeartbeatRequest())

            assert server.peers["SN-1"].handshake.is_proven
        assert 401 == await status(online(server, certificates.client("SN-1"), "SN-2"))
        assert 401 == await status(online(server, certificates.client("SN-2"), "SN-1"))

        for context in (certificates.client(), certificates.client("SN-1", trustme.CA())):
            with pytest.raises(CannotConnectError) as info:
                async with online(server, context):
                    pass
            assert isinstance(info.value.__cause__, CUT_OFF)
        assert {} == server.peers


@asynchronous
async def test_a_hook_is_asked_of_certificates_too() -> None:
    certificates = Certificates(ssl.CERT_REQUIRED)
    seen: list[tuple[str | None, int]] = []

    def authenticate(handshake: Handshake) -> bool:
        seen.append((handshake.common_name, handshake.profile))
        return handshake.identity != "SN-3"

    async with serve(csms(), "localhost", ssl=certificates.server, authenticate=authenticate) as server:
        async with online(server, certificates.client("SN-1")):
            pass
        assert 401 == await status(online(server, certificates.client("SN-3"), "SN-3"))
        assert 401 == await status(online(server, certificates.client("SN-1"), "SN-3"))  # nobody is asked

    assert [("SN-1", 3), ("SN-3", 3)] == seen


@asynchronous
async def test_alternative_names_or_a_hook_may_bind_instead() -> None:
    certificates = Certificates(ssl.CERT_REQUIRED)
    context = certificates.client("SN-1")
    async with serve(csms(), "localhost", ssl=certificates.server, bound_by="alternative_name") as server:
        async with online(server, context, "sn-1.stations.test"):
            pass
        assert 401 == await status(online(server, context))

    def by_serial(handshake: Handshake) -> str | None:
        return {"SN-1": "CP-1"}.get(handshake.common_name or "")

    async with (
        serve(
            csms(), "localhost", ssl=certificates.server, bound_by="nothing", identities=by_serial
        ) as server,
        online(server, context, "whoever") as cp,
    ):
        await cp.call(v201.HeartbeatRequest())
        assert ["CP-1"] == list(server.peers)


@asynchronous
async def test_profiles_2_and_3_side_by_side() -> None:
    certificates = Certificates(ssl.CERT_OPTIONAL)

    def authenticate(handshake: Handshake) -> bool:
        return handshake.profile == 3 or handshake.has_password("secret-secret-16")

    def profiles(identity: str) -> list[int]:
        return [3] if identity.startswith("SN") else [2]

    async with serve(
        csms(), "localhost", ssl=certificates.server, authenticate=authenticate, profiles=profiles
    ) as server:
        with_password = {"password": "secret-secret-16"}
        async with (
            online(server, certificates.client("SN-1")),
            online(server, certificates.client(), "CP-2", **with_password),
        ):
            assert {"SN-1": 3, "CP-2": 2} == {
                name: peer.handshake.profile for name, peer in server.peers.items()
            }
        assert 401 == await status(online(server, certificates.client(), "SN-1", **with_password))
        assert 401 == await status(online(server, certificates.client(), "CP-2"))
        assert 401 == await status(online(server, certificates.client("CP-2"), "CP-2"))


@pytest.mark.parametrize(
    "clients, profiles, is_possible",
    [
        (None, [0, 1], True),
        (None, [1, 2, 3], True),  # the others may come to another listener
        (None, [2, 3], False),
        (None, [3], False),
        (ssl.CERT_NONE, [2], True),
        (ssl.CERT_NONE, [2, 3], False),
        (ssl.CERT_NONE, [1], False),
        (ssl.CERT_OPTIONAL, [2, 3], True),
        (ssl.CERT_REQUIRED, [3], True),
        (ssl.CERT_REQUIRED, [2], False),
    ],
)
@asynchronous
async def test_a_profile_that_cannot_be_had_is_said_at_start(
    clients: ssl.VerifyMode | None, profiles: list[int], is_possible: bool
) -> None:
    context = None if clients is None else Certificates(clients).server
    starting = serve(csms(), "localhost", ssl=context, profiles=profiles)
    if is_possible:
        async with starting:
            pass
    else:
        with pytest.raises(LocalProtocolError, match="security profile"):
            async with starting:
                pass


@asynchronous
async def test_two_headers_of_credentials_are_400() -> None:
    headers = [("Authorization", authorization_of("CP-1", KEY)), ("authorization", "Basic x")]
    async with serve(csms(), "localhost", authenticate=lambda handshake: True) as server:
        with pytest.raises(InvalidStatus) as info:
            async with raw(server, "CP-1", "ocpp1.6", additional_headers=headers):
                pass

    assert 400 == info.value.response.status_code


@asynchronous
async def test_servers_may_share_one_admission() -> None:
    admission = Admission(accepts=["1.6"], authenticate=lambda handshake: handshake.has_password(KEY))
    async with (
        serve(csms(), "localhost", admission=admission) as one,
        serve(csms(), "localhost", admission=admission) as other,
    ):
        for server in (one, other):
            async with connect(url(server), "CP-1", station(), "1.6", password=KEY):
                pass
            assert 401 == await status(connect(url(server), "CP-1", station(), "1.6", reconnect=False))
    with pytest.raises(LocalProtocolError, match="accepts"):
        async with serve(csms(), "localhost", admission=admission, accepts=["1.6"]):
            pass


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


@asynchronous
async def test_a_station_whose_certificate_is_not_taken_is_told_to_look_at_it() -> None:
    """All that it sees since TLS 1.3 is the end of its connection, or an alert."""
    certificates = Certificates(ssl.CERT_REQUIRED)
    async with serve(csms(), "localhost", ssl=certificates.server) as server:
        address, context = f"wss://localhost:{server.port}", certificates.client()
        with pytest.raises(CannotConnectError) as info:
            async with connect(address, "CP-1", station(), "1.6", ssl=context, reconnect=False):
                pass

    assert "certificate" in str(info.value)
