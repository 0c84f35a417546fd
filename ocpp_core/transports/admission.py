"""Who may connect, and in which version: the rules of the server's side, for every server and both wires.

A WebSocket is judged before its handshake is completed, a SOAP request before anything of it is kept or handled.

Source: OCPP-J 1.6 §3.1, §3.2, §6.2; OCPP-S 1.6 §3.3; OCPP 2.0.1 and 2.1 part 4 §3.1-§3.3; security whitepaper and
part 2, A00.
"""

import inspect
from collections.abc import Awaitable, Callable, Collection, Mapping, MutableMapping, Sequence
from contextlib import suppress
from typing import Any, Literal, TypedDict, TypeVar

from attrs import evolve, field, frozen

from ocpp_core.dispatch.ends import is_of_task
from ocpp_core.dispatch.hooks import Refused
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import LocalProtocolError
from ocpp_core.model.identities import is_identity, is_usable
from ocpp_core.model.logs import logger
from ocpp_core.model.printing import shown
from ocpp_core.model.specifications import specification
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import Version, Wire
from ocpp_core.payloads.tolerance import DEFAULT_TOLERANCE, ToleranceByStation, tolerance_of
from ocpp_core.transports._handshake import (
    choose,
    credentials_in,
    identity_in,
    is_password,
    offered_in,
    versions_of,
    versions_over,
)
from ocpp_core.transports._options import (
    ALIASES_OF,
    FLAG,
    FUNCTION,
    MENDERS,
    PROFILES_OF,
    TEXT,
    TOLERANCE_OF,
    one_of,
    take,
)
from ocpp_core.transports.http_request import Headers, HttpRequest
from ocpp_core.transports.mending import Mend
from ocpp_core.transports.styles import STYLES, USUAL, Style, Styles

_log = logger("admission")

T = TypeVar("T")

#: Every version, for `accepts`.
ALL = tuple(Version)

#: The status of a refusal that nobody can be told, as there is no HTTP: TLS has failed.
NO_ANSWER = 0

#: The security profile in which stations show certificates.
CERTIFICATES = 3


@frozen(kw_only=True)
class Handshake:
    """What a station has said before it is let in: to open a WebSocket, or around a SOAP request.

    Attributes:
        identity: From the URL or the header chargeBoxIdentity; later what the hook `identities` made of it. "" if the
            path ends in none: only that hook sees it so.
        version: That is spoken; None if there is no common one.
        wire: That carries it.
        subprotocol: That names the version; None if the station offered none, and over SOAP.
        offered: Its subprotocols, most wanted first.
        path: Of the request, raw, with its query.
        headers: Of the request: proxies hand on there what they know of a client.
        username: Of Basic authentication; None if there is none.
        password: The same; raw bytes.
        certificate: Of the client (security profile 3), as `ssl.SSLSocket.getpeercert` gives it; None without.
        is_secure: Whether TLS carries it.
        remote: Address and port.
        tolerance: What is accepted of this station although it breaks a rule.
        mend: Puts right what it sends, before that is read; None without.
        style: In which we write to it.
    """

    identity: str
    version: Version | None
    wire: Wire = Wire.JSON
    subprotocol: str | None = None
    offered: tuple[str, ...] = ()
    path: str = field(default="", repr=False)
    headers: Headers = field(factory=Headers, repr=False, eq=False)
    username: str | None = None
    password: bytes | None = field(default=None, repr=False)
    certificate: Mapping[str, Any] | None = field(default=None, repr=False)
    is_secure: bool = False
    remote: Any = None
    tolerance: Tolerance = Tolerance.STRICT
    mend: Mend | None = field(default=None, repr=False)
    style: Style = field(default=USUAL, repr=False)
    #: One list for all copies of a handshake: hooks are given one of them, and what they find holds for the next.
    _proofs: list[bool] = field(factory=list, repr=False, eq=False)

    def has_password(self, expected: str | bytes) -> bool:
        """Whether the station has proven itself with this password, under its own identity as user name.

        In 1.6 the key's 40 hex digits are taken for its 20 bytes if `Tolerance.KEY_AS_HEX` allows it.
        """
        if self.password is None or self.username != self.identity:
            return False
        has_key = self.version is not None and specification(self.version).has_key_passwords
        hex_allowed = has_key and Tolerance.KEY_AS_HEX in self.tolerance
        is_right = is_password(self.password, expected, hex_allowed=hex_allowed)
        if is_right:
            self.vouch()
        return is_right

    def vouch(self) -> None:
        """Says that the station has proven itself in a way of your own: a password that is kept as a hash, a token.

        Call it in `authenticate`. Letting a station in is less: you may let in those that prove nothing.
        """
        self._proofs.append(True)

    @property
    def is_proven(self) -> bool:
        """Whether the station has proven to be this one: a certificate names it, `has_password` or `vouch` said so."""
        return bool(self._proofs)

    @property
    def profile(self) -> int:
        """The security profile that the station makes use of; 0 is none. Whether its password is right is not said."""
        if self.certificate is not None:
            return CERTIFICATES
        return 0 if self.username is None else 2 if self.is_secure else 1

    @property
    def common_name(self) -> str | None:
        """The CN of the client certificate (A00.FR.404); None if it has none, or several."""
        subject = (self.certificate or {}).get("subject", ())
        found = [value for names in subject for key, value in names if key == "commonName"]
        return found[0] if len(found) == 1 else None

    @property
    def alternative_names(self) -> tuple[str, ...]:
        """The SANs of the client certificate that are DNS names or URIs."""
        names = (self.certificate or {}).get("subjectAltName", ())
        return tuple(value for kind, value in names if kind in ("DNS", "URI"))


@frozen
class Refusal:
    """An HTTP response in place of the WebSocket, or a fault in place of the answer.

    Attributes:
        status: Of the response; `NO_ANSWER` if none can be given.
        reason: One sentence for people, which says nothing that a stranger should not know.
        headers: Of the response.
        code: Of the fault.
        why: The reason for our own eyes: it is logged, and hooks are told. `reason` if there is no more to say.
    """

    status: int
    reason: str
    headers: Mapping[str, str] = field(factory=dict)
    code: ErrorCode = ErrorCode.SECURITY
    why: str = field(default="", repr=False)

    def because(self, why: str) -> "Refusal":
        """The same, with the reason for our own eyes."""
        return evolve(self, why=why)


#: Says whether a station is who it claims to be; plain or a coroutine function.
Authenticate = Callable[[Handshake], bool | Awaitable[bool]]
#: Gives the identity under which a station is known, or None for a stranger; plain or a coroutine function.
Identities = Callable[[Handshake], str | Awaitable[str | None] | None]
#: Security profiles that are allowed, of all stations or of each by its identity.
Profiles = Collection[int] | Callable[[str], Collection[int]]
#: What of a station's credentials has to be its identity.
BoundBy = Literal["common_name", "alternative_name", "nothing"]
Aliases = Mapping[str, str] | Callable[[str], Mapping[str, str]]
#: Menders by the identities of stations, or a function from one to its mender.
Menders = Mapping[str, Mend] | Callable[[str], Mend | None]

_UNAUTHORIZED = Refusal(401, "not authenticated", {"WWW-Authenticate": 'Basic realm="OCPP", charset="UTF-8"'})
_UNKNOWN = Refusal(404, "no such station")
#: A hook has failed, or we have.
FAILED = Refusal(500, "this server has failed", code=ErrorCode.INTERNAL)


class AdmissionOptions(TypedDict, total=False):
    """Who may connect: options of every server. `Admission` has their meaning and defaults."""

    accepts: Sequence[str]
    default_version: str | None
    authenticate: Authenticate | None
    identities: Identities | None
    bound_by: BoundBy
    profiles: Profiles | None
    soap_without_authentication: bool
    no_common_version: Literal["close", "refuse"]
    aliases: Aliases | None
    tolerance: ToleranceByStation
    menders: Menders | None
    styles: Styles | None


@frozen(kw_only=True)
class Admission:
    """The rules by which stations are let in. Several servers may share one.

    Nothing is kept of what a rule refuses. A rule that raises refuses too (500), and is logged. A station that has
    proven itself has to do so each time: a request without a proof, on either wire, is then no request of this station.

    Attributes:
        accepts: Versions that are served, by number. The station's order of preference decides.
        default_version: Of stations that offer no subprotocol at all; None means that they have no common version.
        authenticate: Says whether a station is who it claims to be; see `Handshake.has_password`. Without it everyone
            is let in. It is asked on both wires, and of stations with a certificate too (``handshake.profile == 3``).
        identities: Gives the identity under which a station is known, or None. Without it every identity is known.
            It is also asked of stations whose path ends in none (``/``, ``/CP-1/``, ``/ocpp/?cid=CP-1``), which are
            turned away without it: ``handshake.identity`` is "" then, and path, headers and credentials have to say who
            it is. What it gives is trusted: its type alone is looked at, and it is what has to be proven then. Over
            SOAP an unknown station gets SecurityError; where its BootNotification shall be answered "Rejected", let it
            pass here, and leave that to a `BootGate`.
        bound_by: A certificate that a station shows has to name its identity, by its common name or one of its
            alternative names, and so has the user name of Basic authentication, whatever this says of certificates.
            "nothing" leaves both to `authenticate`: where a certificate has the serial number of the station, for
            instance, which need not be its identity.
        profiles: Security profiles in which stations may come, of all or of each by its identity: 1 with a password, 2
            with a password over TLS, 3 with a certificate over TLS, 0 with nothing. None leaves that to `authenticate`.
        soap_without_authentication: Serves SOAP to everyone although there is `authenticate`, which is then asked on
            WebSockets only: for stations that cannot authenticate themselves, on a network of their own.
        no_common_version: "close" completes the handshake and closes at once, as the standard says; "refuse" answers
            HTTP 400, as a certification test wants.
        aliases: Version meant by a subprotocol where that is not its own (``{"ocpp2.0": "2.0.1"}``), or a function from
            the identity to that ("" where the path ends in none). Names match to the letter (``"OCPP1.6"``, ``"v16"``).
        tolerance: What is accepted although it breaks a rule; a function decides it for each station, by the identity
            that it claims. With `Tolerance.IDENTITY_FORM` they may have any that
            `is_usable`.
        menders: For stations whose JSON cannot be read, by the identity under which they are known: a function from the
            text of each frame to the text that is to be read. What it changes is among the ``violations`` of the frame.
        styles: In which we write to stations that read one form only, by the identity under which they are known; a
            function gives None for those that need none. A SOAP request that is broken, or not let in, is answered in
            the style of the station that it names, "" if it names none.
    """

    accepts: Sequence[Version] = field(default=ALL, converter=versions_of)
    default_version: str | None = field(default=None, validator=TEXT.or_none)
    authenticate: Authenticate | None = field(default=None, validator=FUNCTION.or_none)
    identities: Identities | None = field(default=None, validator=FUNCTION.or_none)
    bound_by: BoundBy = "common_name"
    profiles: Profiles | None = field(default=None, validator=PROFILES_OF.or_none)
    soap_without_authentication: bool = field(default=False, validator=FLAG)
    no_common_version: Literal["close", "refuse"] = "close"
    aliases: Aliases | None = field(default=None, validator=ALIASES_OF.or_none)
    tolerance: ToleranceByStation = field(default=DEFAULT_TOLERANCE, validator=TOLERANCE_OF)
    menders: Menders | None = field(default=None, validator=MENDERS.or_none)
    styles: Styles | None = field(default=None, validator=STYLES.or_none)
    #: Of real stations only, so nobody can fill it.
    _proven: set[str] = field(factory=set, init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        one_of("common_name", "alternative_name", "nothing").check("bound_by", self.bound_by)
        one_of("close", "refuse").check("no_common_version", self.no_common_version)
        # A version that nobody knows is found now, and not when the first station offers an alias of it.
        aliases = {} if self.aliases is None or callable(self.aliases) else self.aliases
        meant = {f"aliases {shown(name)}": version for name, version in aliases.items()}
        if self.default_version is not None:
            meant["default_version"] = self.default_version
        for option, version in zip(meant, versions_of(meant.values()), strict=True):
            if version not in self.accepts:
                accepted = ", ".join(self.accepts) or "nothing"
                raise LocalProtocolError(f"option {option}: OCPP {version} is not accepted, only {accepted}")

    async def admit(self, request: HttpRequest) -> Handshake | Refusal:
        """Judges one request for a WebSocket.

        Returns:
            The handshake to complete; its ``version`` is None if the WebSocket is to be closed at once.
        """
        return await self._judge(request, lambda: self._knock(request))

    async def admit_soap(
        self, request: HttpRequest, identity: str | None, version: Version
    ) -> Handshake | Refusal:
        """Judges one SOAP request; its answer may be sent if a handshake is returned.

        Args:
            request: That has brought it.
            identity: From the header chargeBoxIdentity. Without it, where that is tolerated, a certificate or Basic
                authentication has to say who the station is.
            version: Of the envelope.
        """
        return await self._judge(
            request, lambda: _claim(request, identity=identity or "", version=version, wire=Wire.SOAP)
        )

    def allowed_profiles(self, identity: str) -> Collection[int] | None:
        """In which security profiles this station may come; None is all."""
        return self.profiles(identity) if callable(self.profiles) else self.profiles

    def has_proven(self, identity: str) -> bool:
        """Whether a station of this identity has proven itself, on either wire, and was not forgotten since."""
        return identity in self._proven

    def forget(self, identity: str) -> None:
        """The station need not prove itself again: it has been replaced by one that cannot."""
        self._proven.discard(identity)

    def style_of(self, identity: str) -> Style:
        """In which style we write to a station.

        Raises:
            TypeError: A function of `styles` has given something else. What it raises itself is not caught.
        """
        style: Any = _own(self.styles, identity)
        if style is not None and not isinstance(style, Style):
            raise TypeError(f"`styles` gives a Style or None, not a {type(style).__name__}")
        return style or USUAL

    # Inside

    def _knock(self, request: HttpRequest) -> Handshake | Refusal:
        """What a request for a WebSocket says."""
        try:
            identity = identity_in(request.path)
        except ValueError as error:
            if self.identities is None:
                return _UNKNOWN.because(str(error))
            identity = ""
        offered = offered_in(request.offers)
        subprotocol, version = self._choose(identity, offered)
        if version is None and self.no_common_version == "refuse":
            return Refusal(400, "no common OCPP version")
        return _claim(request, identity=identity, version=version, subprotocol=subprotocol, offered=offered)

    async def _judge(
        self, request: HttpRequest, claim: Callable[[], Handshake | Refusal]
    ) -> Handshake | Refusal:
        """Judges what is claimed. A hook that fails lets nobody in, whatever it raises."""
        try:
            claimed = claim()
            return claimed if isinstance(claimed, Refusal) else await self._verdict(claimed, request)
        except BaseException as error:
            if is_of_task(error):
                raise
            return hook_failed("a rule of who may connect", error)

    async def _verdict(self, claimed: Handshake, request: HttpRequest) -> Handshake | Refusal:
        authorization = request.headers.all("Authorization")
        if len(authorization) > 1:
            return Refusal(400, "several Authorization headers")
        credentials = credentials_in(authorization[0], claimed.identity) if authorization else None
        username, password = credentials or (None, None)
        identity = claimed.identity
        if not identity and claimed.wire is Wire.SOAP:
            identity = username or claimed.common_name or ""
        if not identity and self.identities is None:
            return Refusal(400, "the request does not say which station it is of", code=ErrorCode.PROTOCOL)
        tolerance = tolerance_of(self.tolerance, lambda: identity)
        is_any = Tolerance.IDENTITY_FORM in tolerance
        if identity and not (is_usable(identity) if is_any else is_identity(identity, claimed.version)):
            # A colon could never be told from the one behind the user name (2.x part 4 §3.1.1).
            refusal = _UNAUTHORIZED if ":" in identity else evolve(_UNKNOWN, code=ErrorCode.IDENTITY)
            return refusal.because("no station of this version can have this identity")
        handshake = evolve(
            claimed, identity=identity, username=username, password=password, tolerance=tolerance
        )
        known = identity if self.identities is None else await self._known(handshake)
        if not known:
            return _UNKNOWN.because("`identities` knows no such station")
        if not identity:
            handshake = evolve(
                handshake, identity=known, tolerance=tolerance_of(self.tolerance, lambda: known)
            )
        profiles = self.allowed_profiles(handshake.identity)
        if profiles is not None:
            if CERTIFICATES in profiles and handshake.is_secure and not request.sees_certificates:
                _log.error(
                    "security profile 3 is wanted, but the server hands over no certificates of clients"
                )
                return Refusal(503, "this server sees no certificates")
            if handshake.profile not in profiles:
                return _UNAUTHORIZED.because(f"security profile {handshake.profile} is not among `profiles`")
        stranger = self._misnamed(handshake, known)
        if stranger is not None:
            return _UNAUTHORIZED.because(stranger)
        if not await self._is_authentic(handshake):
            said = "showed a certificate" if handshake.certificate else "sent no credentials"
            said = said if handshake.username is None else "sent a user name and a password"
            return _UNAUTHORIZED.because(f"`authenticate` said no to a station that {said}")
        if handshake.is_proven:
            self._proven.add(known)
        elif self.has_proven(known):
            return _UNAUTHORIZED.because("the station has proven itself before, and has not now")
        return evolve(handshake, identity=known, mend=_own(self.menders, known), style=self.style_of(known))

    async def _known(self, handshake: Handshake) -> str | None:
        assert self.identities is not None
        known = await result_of(self.identities(handshake))
        if known is not None and not isinstance(known, str):
            raise TypeError(f"`identities` gives an identity or None, not a {type(known).__name__}")
        return known

    def _misnamed(self, handshake: Handshake, known: str) -> str | None:
        """Why the credentials are not those of the station, as it calls itself or we call it (A00.FR.207, .405)."""
        if self.bound_by == "nothing":
            return None
        names = {handshake.identity, known}
        if handshake.username is not None and handshake.username not in names:
            return f"the user name {shown(handshake.username)} is not the identity"
        if handshake.certificate is None:
            return None
        is_common = self.bound_by == "common_name"
        found = (handshake.common_name,) if is_common else handshake.alternative_names
        if names.isdisjoint(found):
            others = ", ".join(map(shown, found[:3])) or "nobody"
            return f"the certificate names {others}, not the identity"
        handshake.vouch()
        return None

    async def _is_authentic(self, handshake: Handshake) -> bool:
        if self.authenticate is None or (handshake.wire is Wire.SOAP and self.soap_without_authentication):
            return True
        return bool(await result_of(self.authenticate(handshake)))

    def _choose(self, identity: str, offered: tuple[str, ...]) -> tuple[str | None, Version | None]:
        if not offered and self.default_version is not None:
            return None, versions_of([self.default_version])[0]
        aliases = self.aliases(identity) if callable(self.aliases) else self.aliases
        return choose(offered, versions_over(Wire.JSON, self.accepts), aliases) or (None, None)


def _own(given: Mapping[str, T] | Callable[[str], T | None] | None, identity: str) -> T | None:
    """What a station has of its own, by its identity."""
    if given is None:
        return None
    return given(identity) if callable(given) else given.get(identity)


def hook_failed(what: str, error: BaseException) -> Refusal:
    """Logs what a hook has raised; who has come is let in by none that fails."""
    _log.error("%s has failed", what, exc_info=error)
    return FAILED.because(f"{what} has failed: {type(error).__name__}")


def _claim(request: HttpRequest, **said: Any) -> Handshake:
    """What a request says, before anything of it is judged."""
    return Handshake(
        path=request.path,
        headers=request.headers,
        certificate=request.certificate,
        is_secure=request.is_secure,
        remote=request.remote,
        **said,
    )


def refused(
    request: HttpRequest, refusal: Refusal, *, identity: str | None = None, wire: Wire = Wire.JSON
) -> Refused:
    """What is told of somebody who is turned away.

    Args:
        request: That was refused.
        refusal: Why.
        identity: As the station called itself, "" if it did not; the end of the path if it is not given.
        wire: That it came by.
    """
    if identity is None:
        with suppress(ValueError):
            identity = identity_in(request.path)
    return Refused(
        identity=identity or "",
        path=request.path,
        remote=request.remote,
        status=refusal.status,
        reason=refusal.why or refusal.reason,
        offered=offered_in(request.offers),
        wire=wire,
    )


def admission_of(options: MutableMapping[str, Any], ready: Admission | None) -> Admission:
    """The admission that a server was given ready-made, or that its options make.

    Args:
        options: Of the server; those of `AdmissionOptions` are removed.
        ready: In place of them.

    Raises:
        LocalProtocolError: There are both.
    """
    made = sorted(AdmissionOptions.__annotations__.keys() & options.keys())
    if ready is not None and made:
        raise LocalProtocolError(f"an admission is given, so {', '.join(made)} belongs into it")
    return ready or take(Admission, options)


async def result_of(value: Any) -> Any:
    """What a hook has returned, once it is there: hooks are plain or coroutine functions."""
    return await value if inspect.isawaitable(value) else value
