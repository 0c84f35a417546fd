"""The software under test, and what gives stages in front of it."""

from abc import ABC, abstractmethod
from ssl import SSLContext
from typing import Any

from attrs import field, frozen

from ocpp_core.conformance.conversation import Conversation, peaceful
from ocpp_core.conformance.profiles import Profile
from ocpp_core.model.specifications import specification
from ocpp_core.model.urls import is_url
from ocpp_core.model.versions import Role, Specification, Wire

#: The identity of the played station, if nobody names one.
IDENTITY = "CONFORMANCE-1"
_SCHEMES = {Wire.JSON: ("ws", "wss"), Wire.SOAP: ("http", "https")}
_MOST_PORTS = 65_535


@frozen(kw_only=True)
class Target:
    """The software under test.

    Attributes:
        role: What it is.
        version: That it speaks.
        wire: How.
        url: Of a CSMS: its endpoint, without the identity. Of a station on the SOAP wire: its own service, if that is
            known before it says so.
        host: Where the kit listens: for a station; on the SOAP wire for a CSMS too, which calls back.
        port: The same; 0 is any free port.
        address: Where the software is told that the kit listens, if that is not where it does.
        identity: Of the station, be it played or tested.
        password: For Basic authentication: what the kit says to a CSMS, or what a station has to say.
        ssl: For TLS: the context of a client, or of a server.
        patience: Seconds for a station to come.
    """

    role: Role
    version: str
    wire: Wire = Wire.JSON
    url: str = ""
    host: str = "127.0.0.1"
    port: int = 0
    address: str | None = None
    identity: str | None = None
    password: str | bytes | None = field(default=None, repr=False)
    ssl: SSLContext | None = None
    patience: float = 120.0

    @property
    def specification(self) -> Specification:
        """Of the version.

        Raises:
            LookupError: There is no such version.
        """
        return specification(self.version)

    @property
    def fault(self) -> str | None:
        """Why it cannot be tested; None if it may be tried."""
        try:
            wires = self.specification.error_names
        except LookupError as error:
            return str(error)
        if self.wire not in wires:
            return f"OCPP {self.version} is not spoken over {self.wire.value.upper()}"
        schemes = _SCHEMES[self.wire]
        if (self.url or self.role is Role.CSMS) and not is_url(self.url, schemes):
            return f"a URL of {' or '.join(schemes)} is needed, with a host"
        if not 0 <= self.port <= _MOST_PORTS:
            return f"there is no port {self.port}"
        return None


class Ground(ABC):
    """Gives stages.

    Attributes:
        address: Where the software is reached, or where the kit listens for it.
    """

    address: str

    def __init__(self, target: Target, profile: Profile, address: str) -> None:
        self.target = target
        self.profile = profile
        self.address = address
        self._answers = peaceful(Role.CSMS if target.role is Role.CHARGE_POINT else Role.CHARGE_POINT)

    @property
    def facts(self) -> dict[str, Any]:
        """What a conversation has to know."""
        target = self.target
        return {
            "role": target.role,
            "wire": target.wire,
            "specification": target.specification,
            "profile": self.profile,
            "identity": target.identity or IDENTITY,
            "answers": self._answers,
        }

    @property
    def another(self) -> str | None:
        """The identity of another station that a CSMS knows, if the profile names one."""
        if self.target.role is not Role.CSMS:
            return None
        return next((name for name in self.profile.identities if name != self.target.identity), None)

    def other(self) -> "Ground":
        """The same in front of which another station is played, if the profile names a second; this one if not."""
        return self

    @abstractmethod
    async def stage(self) -> Conversation:
        """A stage on which nothing was said yet.

        Raises:
            Inconclusive: The software cannot be reached.
        """
