"""A request of HTTP as a server hands it over, before anything of it is judged."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from attrs import field, frozen


class Headers(Mapping[str, str]):
    """The headers of a request, by name in whatever case.

    Those that occur several times are joined by commas (RFC 9110 §5.3), so that who looks for one value finds none that
    a second header has smuggled in behind it. `all` gives each.

    Args:
        pairs: Names and values, in order.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name.lower(), []).append(value)

    def all(self, name: str) -> list[str]:
        """All values of a header, in order."""
        return self._values.get(name.lower(), [])

    def __getitem__(self, name: str) -> str:
        return ", ".join(self._values[name.lower()])

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"<headers {', '.join(self)}>"  # their values may be keys


@frozen(kw_only=True)
class HttpRequest:
    """What is known of a request, and of the connection that has brought it.

    Attributes:
        path: Raw: not percent-decoded; with the query, where the server tells it.
        headers: All of them.
        certificate: Of the client, verified; None without.
        sees_certificates: Whether the server would know if the client had one.
        is_secure: Whether TLS carries the request.
        remote: Its address.
    """

    path: str = ""
    headers: Headers = field(factory=Headers)
    certificate: Mapping[str, Any] | None = field(default=None, repr=False)
    sees_certificates: bool = True
    is_secure: bool = False
    remote: Any = None
