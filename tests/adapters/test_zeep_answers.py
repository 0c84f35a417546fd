"""Answers that attack a client which zeep drives: too large, packed, redirected."""

import gzip
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from bounds import memory
from ocpp_core import Role, Version
from ocpp_core.adapters.zeep_client import zeep_client

zeep = pytest.importorskip("zeep")
requests = pytest.importorskip("requests")

MEBIBYTE = 1_048_576


@contextmanager
def answering(status: int, body: bytes, times: int = 1, **headers: str) -> Generator[tuple[str, list[str]]]:
    """The address of a service that answers everything alike, and what it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.headers["Accept-Encoding"])
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            for name, value in {"Content-Type": "application/soap+xml", **headers}.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            try:
                for _ in range(times):
                    self.wfile.write(body)
            except ConnectionError:
                self.close_connection = True

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def heartbeat(address: str, **options: Any) -> Any:
    return zeep_client(Version.V1_6, Role.CSMS, address, "CP-1", **options).service.Heartbeat()


def test_of_an_answer_without_end_no_more_is_read_than_allowed() -> None:
    with (
        answering(200, b" " * MEBIBYTE, times=64) as (address, _),
        memory(16 * MEBIBYTE),
        pytest.raises(requests.RequestException, match="more than 1048576 bytes"),
    ):
        heartbeat(address)


def test_a_packed_answer_is_neither_asked_for_nor_unpacked() -> None:
    with (
        answering(200, gzip.compress(bytes(64 * MEBIBYTE)), Content_Encoding="gzip") as (address, asked),
        memory(16 * MEBIBYTE),
        pytest.raises(requests.RequestException, match="packed"),
    ):
        heartbeat(address)

    assert ["identity"] == asked


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_service_cannot_send_us_to_another_address(status: int) -> None:
    with (
        answering(200, b"") as (other, asked),
        answering(status, b"", Location=other) as (address, _),
        pytest.raises(requests.TooManyRedirects),
    ):
        heartbeat(address)

    assert [] == asked


@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><x>&e;</x>',
        b'<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd"><x/>',
        b"<x" + b" a=''" * 100_000,
        b"<x>" * 100_000,
    ],
    ids=["entity", "DTD", "attributes", "depth"],
)
def test_xml_that_attacks_is_an_error_of_zeep(body: bytes) -> None:
    with answering(200, body) as (address, _), pytest.raises((zeep.exceptions.Error, ValueError)):
        heartbeat(address)
