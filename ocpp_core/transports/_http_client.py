"""Posting an envelope with httpx, and reading no more of the answer than an envelope may have (extra ``soap``)."""

from collections.abc import AsyncIterator, Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from ssl import SSLContext
from typing import cast

from attrs import define

from ocpp_core.model.extras import needed
from ocpp_core.transports.soap_body import SOAP_XML, read_body

with needed("SOAP over HTTP", "httpx", "soap"):
    import httpx

#: Where a request carries what is to become of its answer.
_EXTENSION = "ocpp_core"


@define
class Answer:
    """The answer to one request.

    Attributes:
        max_size: Bytes that its body may have, packed and unpacked.
        status: "HTTP 200" or the like; "" while there is none.
        body: Unpacked.
        is_asked_for: Whether the request has gone out, as far as that is known: None if the transport of the client
            does not say.
    """

    max_size: int
    status: str = ""
    body: bytes = b""
    is_asked_for: bool | None = None

    async def note(self, step: str, _: object) -> None:
        """Learns from the transport of httpx how far it has come."""
        self.is_asked_for = bool(self.is_asked_for) or step.endswith("send_request_headers.started")


class _Replayed(httpx.AsyncByteStream):
    """A body that has been read, for hooks that read it again."""

    def __init__(self, body: bytes, stream: httpx.AsyncByteStream) -> None:
        self._body = body
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._body

    async def aclose(self) -> None:
        await self._stream.aclose()


def new_client(ssl: SSLContext | None = None, headers: Mapping[str, str] | None = None) -> httpx.AsyncClient:
    """A client for calls to many stations, of which none can hold up the others or leave anything behind.

    `ssl` is for security profiles 2 and 3; without it those that the system trusts are trusted. The headers are those
    of each request.

    A silent station takes a connection for as long as its call lasts: of a hundred, which is what httpx has, a hundred
    such stations would leave none for the others. And cookies would be kept for every station that sets some.
    """
    return httpx.AsyncClient(
        verify=True if ssl is None else ssl,
        headers=headers,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        # Servers close connections that were idle for a while, uvicorn after five seconds. A request on one that is
        # just being closed is lost, and nobody knows whether it was acted on; the default of httpx is five seconds too.
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=20, keepalive_expiry=2.0),
    )


def was_not_sent(error: Exception, answer: Answer) -> bool:
    """Whether what a client has raised means that nobody was reached, so that nobody has acted on the request."""
    unreached = (
        httpx.ConnectError
        | httpx.ConnectTimeout
        | httpx.PoolTimeout
        | httpx.ProxyError
        | httpx.UnsupportedProtocol
        | httpx.InvalidURL
        | UnicodeError  # a host that no name can be
    )
    # Sockets raise more than these, for a port that TCP does not have for instance.
    return isinstance(error, unreached) or answer.is_asked_for is False


async def post(
    client: httpx.AsyncClient, address: str, body: bytes, headers: Mapping[str, str], answer: Answer
) -> None:
    """Posts a body, and follows no redirect: who may be called was decided for this address, and so what may be said.

    Args:
        client: That posts. It gets a response hook, which does nothing for any other request.
        address: URL.
        body: Of the request.
        headers: Beside those of the client.
        answer: Is filled in, as far as one comes.

    Raises:
        BodyRefused: The answer is too large, or packed in a way that cannot be unpacked.
        Exception: What the client raises, such as `httpx.HTTPError`.
    """
    others = [hook for hook in client.event_hooks["response"] if hook is not _take]
    if client.event_hooks["response"] != [_take, *others]:
        # A new list, as hooks may be at work.
        client.event_hooks = {**client.event_hooks, "response": [_take, *others]}
    async with client.stream(
        "POST",
        address,
        content=body,
        headers=headers,
        timeout=None,
        follow_redirects=False,
        extensions={_EXTENSION: answer, "trace": answer.note},
    ):
        """It has been read."""


async def _take(response: httpx.Response) -> None:
    """Reads the answer to a call of ours, in front of all other hooks, and leaves to them what it has read.

    They may read all of a response and have it unpacked, as httpx does itself for some kinds of authentication.
    """
    answer = response.request.extensions.get(_EXTENSION)
    if not isinstance(answer, Answer):
        return
    answer.status = f"HTTP {response.status_code}"
    stream = cast("httpx.AsyncByteStream", response.stream)
    data = bytearray()
    async for part in stream:
        data += part
        if len(data) > answer.max_size:
            break
    encoding = response.headers.pop("content-encoding", "")
    answer.body = read_body(
        bytes(data), content_type=SOAP_XML, content_encoding=encoding, max_size=answer.max_size
    )
    response.stream = _Replayed(answer.body, stream)
