"""Calls over HTTP: answers that cannot be read, and addresses where nobody is."""

import gzip
from collections.abc import AsyncIterator

import httpx
import pytest

from loops import asynchronous
from ocpp_core import CallError, CallResult, ErrorCode, Role, Tolerance, v16
from ocpp_core.model.errors import (
    CallRejectedError,
    CallResultInvalidError,
    CannotConnectError,
    NotConnectedError,
)
from ocpp_core.soap.codec import SoapCodec
from ocpp_core.transports.soap_http import SoapPeer


class Stream(httpx.AsyncByteStream):
    """A body that comes in parts."""

    def __init__(self, body: bytes) -> None:
        self.parts = (body[start : start + 65_536] for start in range(0, len(body), 65_536))

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        part = next(self.parts, None)
        if part is None:
            raise StopAsyncIteration
        return part


def answering(status: int, body: bytes, **headers: str) -> SoapPeer:
    """A peer that answers each call with the same."""
    stream = Stream(body) if headers or len(body) > 1_000_000 else None
    responses = httpx.MockTransport(
        lambda _: httpx.Response(status, stream=stream, content=None if stream else body, headers=headers)
    )
    client = httpx.AsyncClient(transport=responses)
    return SoapPeer(SoapCodec("1.6", role=Role.CSMS), "CP-1", client=client, address="http://station/")


WRONG = SoapCodec("1.6", role=Role.CHARGE_POINT).encode(
    CallResult("urn:other", v16.ResetResponse(status=v16.ResetStatus.ACCEPTED))
)
FAULT = SoapCodec("1.6", role=Role.CHARGE_POINT).encode(CallError("", ErrorCode.NOT_SUPPORTED))
GZIP = {"Content-Encoding": "gzip"}
BOMB = gzip.compress(bytes(64 << 20))


@pytest.mark.parametrize(
    "status, body, headers, reason",
    [
        (502, b"<html>Bad gateway</html>", {}, "HTTP 502, not an envelope"),
        (404, b"", {}, "HTTP 404, not XML"),
        (200, b"<" + b" " * 2_000_000, {}, "HTTP 200, the body has more than 1048576 bytes"),
        (200, BOMB, GZIP, "HTTP 200, the body has more than 1048576 bytes"),
        (200, b"<a/>", {"Content-Encoding": "br"}, "HTTP 200, the content encoding 'br' is not read"),
        (200, gzip.compress(WRONG), GZIP, "HTTP 200, CallResult 'urn:other' answers no call that waits"),
    ],
    ids=["page", "nothing", "long", "bomb", "coding", "other"],
)
@asynchronous
async def test_an_answer_that_cannot_be_read_says_why_and_with_which_status(
    status: int, body: bytes, headers: dict[str, str], reason: str
) -> None:
    with pytest.raises(CallResultInvalidError) as info:
        await answering(status, body, **headers).call(v16.ResetRequest(type=v16.ResetType.SOFT))

    assert info.value.error.reason.startswith(reason)


@asynchronous
async def test_a_station_has_its_tolerance_when_it_answers_too() -> None:
    """Its answer does not say who it is; whoever was called has answered."""
    written = SoapCodec("1.6", role=Role.CHARGE_POINT).encode(CallError("urn:1", ErrorCode.INTERNAL))
    asked: list[str] = []

    def tolerance(identity: str) -> Tolerance:
        asked.append(identity)
        return Tolerance.TOLERANT

    def respond(request: httpx.Request) -> httpx.Response:
        id = request.content.partition(b"<wsa:MessageID>")[2].partition(b"<")[0]
        return httpx.Response(500, content=written.replace(b"urn:1", id))

    async with httpx.AsyncClient(transport=httpx.MockTransport(respond)) as client:
        codec = SoapCodec("1.6", role=Role.CSMS, tolerance=tolerance)
        with pytest.raises(CallRejectedError):
            await SoapPeer(codec, "CP-1", client=client, address="http://station/").call(
                v16.ResetRequest(type=v16.ResetType.SOFT)
            )

    assert ["CP-1"] == asked


@pytest.mark.parametrize(
    "address", ["http://xn--/", "http://127.0.0.1:99999/", "http://127.0.0.1:1/", "ftp://x/"]
)
@asynchronous
async def test_where_nobody_can_be_called_the_call_is_lost(address: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        peer = SoapPeer(SoapCodec("1.6", role=Role.CSMS), "CP-1", client=client, address=address)
        with pytest.raises(CannotConnectError):
            await peer.call(v16.ResetRequest(type=v16.ResetType.SOFT))
    with pytest.raises(NotConnectedError):  # the client is closed now
        await peer.call(v16.ResetRequest(type=v16.ResetType.SOFT))


@asynchronous
async def test_of_an_answer_without_end_no_more_is_read_than_an_envelope_may_have() -> None:
    stream = Stream(b" " * 8_000_000)
    responses = httpx.MockTransport(lambda _: httpx.Response(200, stream=stream))
    async with httpx.AsyncClient(transport=responses) as client:
        codec = SoapCodec("1.6", role=Role.CSMS, max_size=100_000)
        peer = SoapPeer(codec, "CP-1", client=client, address="http://station/")
        with pytest.raises(CallResultInvalidError, match="more than 100000 bytes"):
            await peer.call(v16.ResetRequest(type=v16.ResetType.SOFT))

    assert 8_000_000 - 2 * 65_536 <= sum(map(len, stream.parts))  # what is left
