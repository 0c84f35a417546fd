"""Pure pieces of the WebSocket handshake: identity, credentials, choice of version, back-off.

Source: OCPP-J 1.6 §3.1, §6.2; OCPP 2.0.1 and 2.1 part 4 §3.1, §5.3 (2.1: §5.4); part 2 §2.1.4, A00.FR.2xx.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from hmac import compare_digest
from itertools import islice
from ssl import SSLContext
from urllib.parse import quote, unquote, unquote_to_bytes, urlsplit, urlunsplit

from attrs import field, frozen

from ocpp_core.model.errors import LocalProtocolError
from ocpp_core.model.printing import is_printable, printable
from ocpp_core.model.specifications import specification
from ocpp_core.model.versions import Version, Wire

#: Close codes (RFC 6455 §7.4.1).
GOING_AWAY = 1001
PROTOCOL_ERROR = 1002
UNSUPPORTED_DATA = 1003
POLICY_VIOLATION = 1008
INTERNAL_ERROR = 1011

#: Subprotocols of a station that are looked at. OCPP has had seven versions.
MOST_OFFERS = 64
#: Characters of an identity, percent-encoded: 255 of it, each of up to four bytes.
MOST_ESCAPED = 255 * 4 * 3

_IN_CREDENTIALS = ":"


def identity_in(path: str) -> str:
    """The identity at the end of a raw request path: percent-decoded once, a ``+`` stays.

    Raises:
        ValueError: There is none, or it is no UTF-8, or has more than `MOST_ESCAPED` characters.
    """
    segment = path.partition("?")[0].rpartition("/")[2]
    if len(segment) > MOST_ESCAPED:
        raise ValueError("the path ends in what is too long for an identity")
    identity = unquote_to_bytes(segment).decode("utf-8")
    if not identity or not is_printable(identity):
        raise ValueError("the path ends in no identity")
    return identity


def url_of(base: str, identity: str) -> str:
    """The address where a station of this identity connects: the endpoint, a slash, and the identity.

    An endpoint that ends in the identity is that address already: people are often given the whole of it.
    """
    parts = urlsplit(base)
    path = parts.path.rstrip("/")
    if unquote(path.rpartition("/")[2]) != identity:
        path = f"{path}/{quote(identity, safe='')}"
    return urlunsplit(parts._replace(path=path))


def require_tls(url: str, ssl: SSLContext | None) -> None:
    """Makes sure that who says how TLS is to be has an address with TLS: a password goes out in clear otherwise.

    Raises:
        LocalProtocolError: It has none.
    """
    scheme = urlsplit(url).scheme
    if ssl is not None and scheme not in ("wss", "https"):
        raise LocalProtocolError(
            f"option ssl: a URL of wss or https is needed, not {printable(scheme) or 'none'}"
        )


def credentials_in(authorization: str, identity: str) -> tuple[str, bytes] | None:
    """User name and password of an ``Authorization: Basic`` header; None if it is no such header.

    The password is raw bytes: 1.6 sends a key, not text. Credentials are split at the first colon, unless the identity
    of the URL has one itself and they begin with it.
    """
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    encoded = encoded.strip(" ")
    try:
        credentials = b64decode(encoded)
    except ValueError:
        return None
    if b64encode(credentials).decode("ascii") != encoded:  # the decoder skips what it does not know
        return None
    own = f"{identity}{_IN_CREDENTIALS}".encode()
    if credentials.startswith(own):
        return identity, credentials.removeprefix(own)
    name, colon, password = credentials.partition(_IN_CREDENTIALS.encode())
    return (name.decode("utf-8", "replace"), password) if colon else None


def authorization_of(identity: str, password: str | bytes) -> str:
    """The value of the ``Authorization`` header that `credentials_in` reads."""
    secret = password.encode() if isinstance(password, str) else password
    return "Basic " + b64encode(f"{identity}{_IN_CREDENTIALS}".encode() + secret).decode("ascii")


def is_password(given: bytes, expected: str | bytes, *, hex_allowed: bool = False) -> bool:
    """Compares a password without telling by its time where they differ.

    Args:
        given: What the station sent.
        expected: What it should have sent: bytes (1.6: the value of AuthorizationKey), or text.
        hex_allowed: Accept the hex digits of `expected` too; stations of 1.6 send their key as it was configured.
    """
    secret = expected.encode() if isinstance(expected, str) else expected
    is_equal = compare_digest(given, secret)
    is_hex = compare_digest(given.lower(), secret.hex().encode()) and hex_allowed
    return is_equal or is_hex


def versions_of(names: Iterable[str]) -> tuple[Version, ...]:
    """Versions by number or subprotocol.

    Raises:
        LookupError: No version goes by a name.
        TypeError: One name stands where a list of them belongs.
    """
    if isinstance(names, str):
        raise TypeError(f"option accepts: a list of versions wanted, as [{names!r}]")
    return tuple(Version(specification(name).version) for name in names)


def versions_over(wire: Wire, versions: Iterable[Version]) -> tuple[Version, ...]:
    """Those that this wire carries."""
    return tuple(one for one in versions if wire in specification(one).error_names)


def subprotocol_of(version: Version) -> str:
    """What is negotiated for a version. Every one of the standard has a JSON wire."""
    name = specification(version).subprotocol
    assert name is not None
    return name


def offered_in(headers: Iterable[str]) -> tuple[str, ...]:
    """The first `MOST_OFFERS` subprotocols of all ``Sec-WebSocket-Protocol`` headers, in order."""
    parts = (part for header in headers for part in header.split(",", MOST_OFFERS)[:MOST_OFFERS])
    return tuple(islice((name for part in parts if (name := part.strip())), MOST_OFFERS))


def choose(
    offered: Sequence[str], accepts: Sequence[Version], aliases: Mapping[str, str] | None = None
) -> tuple[str, Version] | None:
    """The first offered subprotocol that is accepted, and the version to speak under its name.

    Args:
        offered: By the client, in its order of preference. Its order decides.
        accepts: Versions that are accepted.
        aliases: Version meant by a subprotocol, where that is not its own: ``{"ocpp2.0": "2.0.1"}``.
    """
    names = {name: one for one in accepts for name in (one.value, subprotocol_of(one))}
    own = {subprotocol_of(one): one for one in accepts}
    for name in offered:
        meant = (aliases or {}).get(name)
        version = own.get(name) if meant is None else names.get(meant)
        if version is not None:
            return name, version
    return None


def _not_negative(_: object, attribute: "object", value: float) -> None:
    if value < 0:
        raise ValueError(f"a back-off has no negative times: {value}")


@frozen(kw_only=True)
class Backoff:
    """How long to wait before connecting again.

    Attributes:
        minimum: Seconds before the first attempt (RetryBackOffWaitMinimum).
        doublings: How often that doubles before it stays (RetryBackOffRepeatTimes).
        spread: Most seconds that chance adds, anew each time (RetryBackOffRandomRange).

    Source: 2.0.1 part 4 §5.3, 2.1 part 4 §5.4; 1.6 names no formula and uses this one.
    """

    minimum: float = field(default=10.0, validator=_not_negative)
    doublings: int = field(default=5, validator=_not_negative)
    spread: float = field(default=10.0, validator=_not_negative)

    def seconds(self, failures: int, chance: float) -> float:
        """The wait after so many failed attempts; `chance` is a random number from 0 to 1."""
        return float(self.minimum * 2 ** min(failures, self.doublings) + self.spread * chance)
