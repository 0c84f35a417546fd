"""The back-ends of a gateway: where they are, which version they speak, and with what a station proves itself there."""

from collections.abc import Callable, Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

from attrs import field, frozen

from ocpp_core.dispatch.router import Caller
from ocpp_core.model.secrets import hide
from ocpp_core.model.specifications import specification
from ocpp_core.model.versions import Role, Version, Wire
from ocpp_core.transports.admission import Handshake

#: Gives the password with which a station is known to a back-end, by the station as its handlers see it.
Credentials = Callable[[Caller], str | bytes | None]

_WIRES = {"ws": Wire.JSON, "wss": Wire.JSON, "http": Wire.SOAP, "https": Wire.SOAP}


def carried_credentials(station: Caller) -> bytes | None:
    """The password that the station has shown to us; None if it has shown none, and over SOAP."""
    handshake = getattr(station, "handshake", None)
    return handshake.password if isinstance(handshake, Handshake) else None


def _version(value: str) -> Version:
    return Version(specification(value).version)


def _actions(names: Collection[str]) -> frozenset[str]:
    return frozenset(names)


@frozen(kw_only=True)
class Backend:
    """A CSMS to which the gateway connects as the station, once for each.

    Attributes:
        url: ``ws`` or ``wss``, to whose path the identity is added; ``http`` or ``https`` for SOAP.
        version: That it speaks.
        name: In records and for people; its URL, without what is secret, if you say nothing. It is a part of the names
            of the records of a mirror, so keep it.
        credentials: Gives the password of a station; that which it has shown to the gateway if you say nothing.
        allows: Of a mirror: the actions, as its version calls them, that it may ask of the station.
        listen: Host and port where a SOAP back-end calls the stations, all of them at the same.
        address: What a SOAP back-end is told of that, where it is not ``http://host:port/``.
        options: Of `websocket.connect` or `soap_station.connect`, for all stations.

    Raises:
        LocalProtocolError: There is no such version, or it has no such action (`NoSuchAction`).
        ValueError: The version has no wire of this URL, an action is not for a station, or a SOAP back-end has nowhere
            to call to.
    """

    url: str
    version: Version = field(converter=_version)
    name: str = ""
    credentials: Credentials | None = carried_credentials
    allows: Collection[str] = field(default=(), converter=_actions)
    listen: tuple[str, int] | None = None
    address: str | None = None
    options: Mapping[str, Any] = field(factory=dict, repr=False)

    def __attrs_post_init__(self) -> None:
        known = specification(self.version)
        if self.wire not in known.error_names:
            raise ValueError(
                f"OCPP {self.version} is not spoken over {urlsplit(self.url).scheme or 'no scheme'}"
            )
        for action in self.allows:
            if known.request(action).__ocpp__.sent_by is Role.CHARGE_POINT:
                raise ValueError(f"{action} is not for a station")
        if self.wire is Wire.SOAP and self.listen is None:
            raise ValueError("a SOAP back-end calls stations: say by `listen` where")
        if not self.name:
            object.__setattr__(self, "name", hide(self.url))

    @property
    def wire(self) -> Wire | None:
        """That its URL says; None if that is no URL."""
        return _WIRES.get(urlsplit(self.url).scheme)
