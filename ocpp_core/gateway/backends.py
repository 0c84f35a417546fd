"""The back-ends of a gateway: where they are, which version they speak, and with what a station proves itself there."""

from collections.abc import Callable, Collection, Mapping
from ssl import SSLContext
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

#: Gives the context of TLS with which a station is connected to a back-end, and its certificate with it.
Contexts = Callable[[Caller], SSLContext | None]

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
        tls: Of wss: the context of all stations, with the certificate of the gateway; or a function that gives each
            station its own. What a station is called by its own certificate cannot be carried.
        allows: Of a mirror: the actions, as its version calls them, that it may ask of the station.
        listen: Host and port where a SOAP back-end calls the stations, all of them at the same.
        address: What a SOAP back-end is told of that, where it is not ``http://host:port/``.
        options: Of `websocket.connect` or `soap_station.connect`, for all stations.

    Raises:
        LocalProtocolError: There is no such version, or it has no such action (`NoSuchAction`).
        ValueError: The version has no wire of this URL, an action is not for a station, or a SOAP back-end has nowhere
            to call to, or `tls` is given for another URL than wss.
    """

    url: str
    version: Version = field(converter=_version)
    name: str = ""
    credentials: Credentials | None = carried_credentials
    tls: SSLContext | Contexts | None = field(default=None, repr=False)
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
        if self.tls is not None and urlsplit(self.url).scheme != "wss":
            raise ValueError("option tls is of a back-end of wss")
        if self.wire is Wire.SOAP and self.listen is None:
            raise ValueError("a SOAP back-end calls stations: say by `listen` where")
        if not self.name:
            object.__setattr__(self, "name", hide(self.url))

    def context_of(self, station: Caller) -> SSLContext | None:
        """The context of TLS of a station; None if its URL says all."""
        return self.tls(station) if callable(self.tls) else self.tls

    @property
    def wire(self) -> Wire | None:
        """That its URL says; None if that is no URL."""
        return _WIRES.get(urlsplit(self.url).scheme)
