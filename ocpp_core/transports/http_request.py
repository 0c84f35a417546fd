"""A request of HTTP as a server hands it over, before anything of it is judged."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from attrs import field, frozen

#: Where a station says which versions it speaks.
OFFERS = "Sec-WebSocket-Protocol"


class Headers(Mapping[str, str]):
    """The headers of a request, by name in whatever case.

    Those that occur several times are joined by commas (RFC 9110 §5.3), so that who looks for one value finds none that
    a second header has smuggled in behind it. `all` gives each.

    They are looked through when one is asked for: a request may have thousands, of which nobody wants more than a few.

    Args:
        pairs: Names and values, in order, as text or as bytes.
    """

    def __init__(self, pairs: Iterable[tuple[str | bytes, str | bytes]] = ()) -> None:
        self._pairs = tuple(pairs)

    def all(self, name: str) -> list[str]:
        """All values of a header, in order."""
        wanted = name.lower()
        either = (wanted, wanted.encode("latin-1", "replace"))
        length = len(wanted)
        return [_text(value) for key, value in self._pairs if len(key) == length and key.lower() in either]

    def __getitem__(self, name: str) -> str:
        values = self.all(name)
        if not values:
            raise KeyError(name)
        return ", ".join(values)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(_text(key).lower() for key, _ in self._pairs))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"<headers {', '.join(self)}>"  # their values may be keys


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")


@frozen(kw_only=True)
class HttpRequest:
    """What is known of a request, and of the connection that has brought it.

    Attributes:
        path: Raw: not percent-decoded; with the query, where the server tells it.
        headers: All of them.
        offers: Values of its ``Sec-WebSocket-Protocol`` headers, which some ASGI servers keep to themselves.
        certificate: Of the client, verified; None without.
        sees_certificates: Whether the server would know if the client had one.
        is_secure: Whether TLS carries the request.
        remote: Its address.
    """

    path: str = ""
    headers: Headers = field(factory=Headers)
    offers: Sequence[str] = ()
    certificate: Mapping[str, Any] | None = field(default=None, repr=False)
    sees_certificates: bool = True
    is_secure: bool = False
    remote: Any = None
