"""Who may connect, and in which version: the rules of the server's side of a handshake, for every WebSocket server.

Source: OCPP-J 1.6 §3.1, §3.2, §6.2; OCPP 2.0.1 and 2.1 part 4 §3.1-§3.3; security whitepaper and part 2, A00.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal

from attrs import evolve, field, frozen

from ocpp_core.model.specifications import specification
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import Version
from ocpp_core.payloads.tolerance import ToleranceByStation, tolerance_of
from ocpp_core.transports._handshake import (
    choose,
    credentials_in,
    identity_in,
    is_identity,
    is_password,
    offered_in,
    versions_of,
)


@frozen(kw_only=True)
class Handshake:
    """What a station has said before its WebSocket is open.

    Attributes:
        identity: From the URL, or what the hook `identities` made of it.
        version: That will be spoken; None if there is no common one.
        subprotocol: That names it; None if the station offered none.
        offered: Its subprotocols, most wanted first.
        path: Of the request, raw.
        username: Of Basic authentication; None if there is none.
        password: The same; raw bytes.
        certificate: Of the client (security profile 3), as `ssl.SSLSocket.getpeercert` gives it; None without.
        remote: Address and port.
        tolerance: What is accepted of this station although it breaks a rule.
    """

    identity: str
    version: Version | None
    subprotocol: str | None = None
    offered: tuple[str, ...] = ()
    path: str = ""
    username: str | None = None
    password: bytes | None = field(default=None, repr=False)
    certificate: Mapping[str, Any] | None = field(default=None, repr=False)
    remote: Any = None
    tolerance: Tolerance = Tolerance.STRICT

    def has_password(self, expected: str | bytes) -> bool:
        """Whether the station has proven itself with this password, under its own identity as user name.

        In 1.6 the key's 40 hex digits are taken for its 20 bytes, unless the tolerance is strict.
        """
        if self.password is None or self.username != self.identity:
            return False
        has_key = self.version is not None and specification(self.version).has_key_passwords
        hex_allowed = has_key and bool(self.tolerance)
        return is_password(self.password, expected, hex_allowed=hex_allowed)

    @property
    def common_name(self) -> str | None:
        """The CN of the client certificate: the serial number of the station (A00.FR.404)."""
        subject = (self.certificate or {}).get("subject", ())
        return next((value for names in subject for key, value in names if key == "commonName"), None)


@frozen
class Refusal:
    """An HTTP response in place of the WebSocket."""

    status: int
    reason: str
    headers: Mapping[str, str] = field(factory=dict)


#: Says whether a station is who it claims to be; plain or a coroutine function.
Authenticate = Callable[[Handshake], bool | Awaitable[bool]]
#: Gives the identity under which a station is known, or None for a stranger; plain or a coroutine function.
Identities = Callable[[Handshake], str | Awaitable[str | None] | None]

_UNAUTHORIZED = Refusal(401, "not authenticated", {"WWW-Authenticate": 'Basic realm="OCPP", charset="UTF-8"'})


@frozen(kw_only=True)
class Admission:
    """The rules by which stations are let in.

    Attributes:
        accepts: Versions that are served, by number. The station's order of preference decides.
        default_version: Of stations that offer no subprotocol at all; None means that they have no common version.
        authenticate: Without it everyone is let in.
        identities: Without it every identity is known.
        no_common_version: "close" completes the handshake and closes at once, as the standard says; "refuse" answers
            HTTP 400, as a certification test wants.
        aliases: Version meant by a subprotocol where that is not its own, or a function from the identity to that.
        tolerance: What is accepted although it breaks a rule; a function decides it for each station, by the identity
            in its URL. Anything but strict lets 2.x stations have any identity.
    """

    accepts: Sequence[Version] = field(converter=versions_of)
    default_version: str | None = None
    authenticate: Authenticate | None = None
    identities: Identities | None = None
    no_common_version: Literal["close", "refuse"] = "close"
    aliases: Mapping[str, str] | Callable[[str], Mapping[str, str]] | None = None
    tolerance: ToleranceByStation = Tolerance.STRICT

    async def admit(
        self,
        path: str,
        *,
        offers: Sequence[str] = (),
        authorization: str | None = None,
        certificate: Mapping[str, Any] | None = None,
        remote: Any = None,
    ) -> Handshake | Refusal:
        """Judges one request for a WebSocket.

        Args:
            path: Raw: not percent-decoded.
            offers: Values of the ``Sec-WebSocket-Protocol`` headers.
            authorization: Value of the ``Authorization`` header.
            certificate: Of the client.
            remote: Its address.

        Returns:
            The handshake to complete; its ``version`` is None if the WebSocket is to be closed at once.
        """
        try:
            identity = identity_in(path)
        except ValueError:
            return Refusal(404, "no such station")
        offered = offered_in(offers)
        subprotocol, version = self._choose(identity, offered)
        if version is None and self.no_common_version == "refuse":
            return Refusal(400, "no common OCPP version")
        tolerance = tolerance_of(self.tolerance, lambda: identity)
        if not tolerance and not is_identity(identity, version):
            return _UNAUTHORIZED if ":" in identity else Refusal(404, "no such station")
        username, password = credentials_in(authorization or "", identity) or (None, None)
        handshake = Handshake(
            identity=identity,
            version=version,
            subprotocol=subprotocol,
            offered=offered,
            path=path,
            username=username,
            password=password,
            certificate=certificate,
            remote=remote,
            tolerance=tolerance,
        )
        known = await result_of(self.identities(handshake)) if self.identities is not None else identity
        if not known:
            return Refusal(404, "no such station")
        if self.authenticate is not None and not await result_of(self.authenticate(handshake)):
            return _UNAUTHORIZED
        return evolve(handshake, identity=known)

    def _choose(self, identity: str, offered: tuple[str, ...]) -> tuple[str | None, Version | None]:
        if not offered and self.default_version is not None:
            return None, versions_of([self.default_version])[0]
        aliases = self.aliases(identity) if callable(self.aliases) else self.aliases
        return choose(offered, self.accepts, aliases) or (None, None)


async def result_of(value: Any) -> Any:
    """What a hook has returned, once it is there: hooks are plain or coroutine functions."""
    return await value if inspect.isawaitable(value) else value
