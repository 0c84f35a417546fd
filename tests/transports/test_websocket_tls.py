"""Handshakes of TLS that fail: each is seen once, as any other that is turned away at the door."""

import asyncio
import logging
import socket
import ssl
import tempfile
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from both_servers import Door, Running, serve_of
from certificates import Certificates
from loopback import csms
from loops import asynchronous, until
from ocpp_core.dispatch.router import Router
from ocpp_core.transports._tls import Tls
from ocpp_core.transports.asgi import OcppApp
from ocpp_core.transports.serving import serving
from rawsocket import raw_socket, upgrading


@asynccontextmanager
async def serve(
    router: Router, host: str, *, ssl: ssl.SSLContext, **options: Any
) -> AsyncGenerator[Any, None]:
    """By uvicorn; `listener` puts those in its place that listen themselves."""
    app = OcppApp(router, **options)
    limits = {"open_timeout": options["open_timeout"]} if "open_timeout" in options else {}
    async with serving(app, host, 0, ssl=ssl, **limits) as port:
        yield Running(port, app)


@pytest.fixture(autouse=True, params=["websocket", "fast_websocket", "uvicorn"])
def listener(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param != "uvicorn":
        monkeypatch.setattr(request.module, "serve", serve_of(request.param))


def of_another_authority(certificates: Certificates) -> ssl.SSLContext:
    return certificates.client("CP-1", issuer=trustme.CA())


def without_a_common_cipher(certificates: Certificates) -> ssl.SSLContext:
    context = certificates.client("CP-1")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AES128-SHA")  # for keys of RSA
    return context


def too_old(certificates: Certificates) -> ssl.SSLContext:
    certificates.server.minimum_version = ssl.TLSVersion.TLSv1_3
    context = certificates.client("CP-1")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


def that_trusts_nobody(_: Certificates) -> ssl.SSLContext:
    return ssl.create_default_context()


def with_a_name_that_is_no_text(certificates: Certificates) -> ssl.SSLContext:
    """A certificate of our own authority, with a DNS name of bytes that are no UTF-8: `ssl` cannot read it."""
    context = certificates.client("CP-1")
    issued = certificates.authority.issue_cert("CP-1.stations.test")
    key = serialization.load_pem_private_key(issued.private_key_pem.bytes(), None)
    old = x509.load_pem_x509_certificate(issued.cert_chain_pems[0].bytes())
    builder = x509.CertificateBuilder().subject_name(old.subject).issuer_name(old.issuer)
    builder = builder.public_key(old.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(old.not_valid_before_utc).not_valid_after(old.not_valid_after_utc)
    names = x509.UnrecognizedExtension(x509.SubjectAlternativeName.oid, b"\x30\x04\x82\x02\xff\xfe")
    builder = builder.add_extension(names, critical=False)
    authority = serialization.load_pem_private_key(certificates.authority.private_key_pem.bytes(), None)
    assert isinstance(authority, ec.EllipticCurvePrivateKey)
    made = builder.sign(authority, hashes.SHA256())
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with tempfile.NamedTemporaryFile() as file:
        file.write(made.public_bytes(serialization.Encoding.PEM) + pem)
        file.flush()
        context.load_cert_chain(file.name)
    return context


CLIENTS: dict[str, tuple[Callable[[Certificates], ssl.SSLContext], str]] = {
    "no certificate": (Certificates.client, "peer did not return a certificate"),
    "of another authority": (of_another_authority, "unable to get local issuer certificate"),
    "no common cipher": (without_a_common_cipher, "no shared cipher"),
    "too old": (too_old, "unsupported protocol"),
    "a name that is no text": (with_a_name_that_is_no_text, "UnicodeDecodeError of what the peer has sent"),
    "does not trust us": (that_trusts_nobody, "tlsv1 alert unknown ca"),
}


def knock(port: int, context: ssl.SSLContext) -> None:
    """Makes the handshake as stations do: unlike a client of asyncio, it says why it refuses a server. In TLS 1.3 a
    client is done before it is judged, so it waits for the server to hang up.
    """
    with (
        suppress(OSError),
        socket.create_connection(("127.0.0.1", port)) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as secured,
    ):
        while secured.recv(1000):
            pass


@pytest.mark.parametrize("client", CLIENTS)
@asynchronous
async def test_a_tls_handshake_that_fails_is_seen_once_with_the_reason(
    client: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "ocpp_core.admission")
    make, why = CLIENTS[client]
    certificates, door = Certificates(ssl.CERT_REQUIRED), Door()
    context = make(certificates)
    async with serve(csms(), "127.0.0.1", ssl=certificates.server, hooks=[door]) as server:
        await asyncio.to_thread(knock, server.port, context)
        await until(lambda: door.refused_ones)

    (refused,) = door.refused_ones
    assert (0, "", "", ()) == (refused.status, refused.identity, refused.path, refused.offered)
    assert "127.0.0.1" == refused.remote[0]
    assert f"no TLS: {why}" == refused.reason
    told = [record.getMessage() for record in caplog.records if record.name == "ocpp_core.admission"]
    assert [str(refused)] == told
    assert f"is refused: no TLS: {why} (no request was read)" in str(refused)


@asynchronous
async def test_plain_http_on_a_port_of_tls_is_seen() -> None:
    door = Door()
    async with (
        serve(csms(), "127.0.0.1", ssl=Certificates().server, hooks=[door]) as server,
        raw_socket(server.port) as raw,
    ):
        await raw.send(upgrading())
        await raw.rest()
        await until(lambda: door.refused_ones)

    assert ["no TLS: http request"] == [one.reason for one in door.refused_ones]


@asynchronous
async def test_a_tls_handshake_that_never_ends_is_seen_and_a_port_that_is_tried_is_not() -> None:
    door = Door()
    async with serve(
        csms(), "127.0.0.1", ssl=Certificates().server, hooks=[door], open_timeout=0.05
    ) as server:
        async with raw_socket(server.port):
            pass
        async with raw_socket(server.port) as raw:
            await raw.rest()
            await until(lambda: door.refused_ones)

    assert ["no TLS: the handshake takes too long"] == [one.reason for one in door.refused_ones]


@asynchronous
async def test_a_server_that_ends_waits_for_no_tls_handshake() -> None:
    door = Door()
    async with serve(csms(), "127.0.0.1", ssl=Certificates().server, hooks=[door]) as server:
        raw = raw_socket(server.port)
        silent = await raw.__aenter__()
        await silent.send(b"\x16")
    async with asyncio.timeout(1):
        rest = await silent.rest()
    await raw.__aexit__(None, None, None)

    assert b"" == rest
    assert [] == door.refused_ones


@asynchronous
async def test_what_comes_with_the_end_of_the_tls_handshake_is_read() -> None:
    certificates = Certificates()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = certificates.client().wrap_bio(incoming, outgoing, server_hostname="localhost")
    async with (
        serve(csms(), "127.0.0.1", ssl=certificates.server) as server,
        raw_socket(server.port) as raw,
    ):
        while True:
            try:
                client.do_handshake()
                break
            except ssl.SSLWantReadError:
                await raw.send(outgoing.read())
                incoming.write(await raw.receive())
        client.write(upgrading())
        # The end of the handshake, the request, and the end of TLS, in one packet.
        await raw.send(outgoing.read())
        await until(lambda: server.peers)
        head = b""
        while not head:
            incoming.write(await raw.receive())
            try:
                head = client.read()
            except ssl.SSLWantReadError:
                continue

    assert head.startswith(b"HTTP/1.1 101 ")


@asynchronous
async def test_a_tls_handshake_that_has_not_begun_when_the_server_ends_is_cut() -> None:
    closed = asyncio.get_running_loop().create_future()

    class Protocol(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            tls.start(transport, self)
            tls.close()
            listener.close()
            closed.set_result(transport)

    tls = Tls(Certificates().server, open_timeout=9, close_timeout=9, failed=lambda *_: None)
    listener = await asyncio.get_running_loop().create_server(Protocol, "127.0.0.1", 0)
    async with raw_socket(listener.sockets[0].getsockname()[1]) as raw, asyncio.timeout(1):
        assert b"" == await raw.rest()

    assert (await closed).is_closing()
