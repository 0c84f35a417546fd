"""The HTTP transport of zeep, bounded: zeep reads whole answers, unpacks them, and follows redirects."""

import io
from typing import Any

import requests
import zeep
from requests.adapters import HTTPAdapter


def bounded_transport(timeout: float, max_size: int) -> Any:
    """A transport that follows no redirect and reads no more of an answer than allowed.

    Args:
        timeout: Seconds for which the peer may send nothing.
        max_size: Bytes of an answer. It is asked for unpacked, and one that is packed all the same is refused.

    Returns:
        A ``zeep.Transport``. Its operations raise `requests.RequestException` for such answers.
    """
    session = requests.Session()
    session.max_redirects = 0  # the request, and with it a password, is for this address only
    session.headers["Accept-Encoding"] = "identity"
    for scheme in ("http://", "https://"):
        session.mount(scheme, _Bounded(max_size))
    transport: Any = zeep.Transport  # without types
    return transport(timeout=timeout, operation_timeout=timeout, session=session)


class _Bounded(HTTPAdapter):
    def __init__(self, max_size: int) -> None:
        super().__init__()
        self._max_size = max_size

    def send(self, *arguments: Any, **options: Any) -> requests.Response:
        response = super().send(*arguments, **options)
        body = response.raw.read(self._max_size + 1, decode_content=False)
        if len(body) > self._max_size:
            response.close()
            raise requests.RequestException(f"the answer has more than {self._max_size} bytes")
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise requests.RequestException("the answer is packed, although that was not offered")
        response.raw = io.BytesIO(body)
        return response
