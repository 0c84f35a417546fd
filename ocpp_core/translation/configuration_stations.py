"""What is known of a station beside the message, and what a setting means on it.

Values that one side has and the other asks for under no name of its own are made here: limits and lists of 1.6 from the
variables of 2.0.1, and variables from keys, from the last BootNotification, from statuses.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from attrs import evolve, field, frozen

from ocpp_core import v16
from ocpp_core.translation.configuration_keys import Key, Keys, Rule, Target, of_connector

#: Connectors of a station that has not been described. It may say any number.
_MOST_CONNECTORS = 1000


@frozen(kw_only=True)
class Known:
    """What was read of a variable.

    Attributes:
        value: Its Actual attribute, as text of 2.0.1.
        mutability: A token of ``MutabilityEnumType``, if the station said it.
        max_limit: Its characteristic, if the station said it.
        path: Where the value stood in the message that was read, from the root.
        limit_path: The same of the limit.
    """

    value: str | None = None
    mutability: str | None = None
    max_limit: Decimal | None = None
    path: str = field(default="", eq=False)
    limit_path: str = field(default="", eq=False)


@frozen(kw_only=True)
class Station:
    """What is known of a station. Nothing needs to be.

    Attributes:
        identity: Of the connection.
        topology: EVSE and connector by the number that the connector has in 1.6; without it connector N is EVSE N.
        variables: What was read before, by `Target.folded`.
        boot: The last BootNotification of a station of 1.6.
        statuses: The last status of each connector, by its number in 1.6, 0 for the station: a token of 1.6 or 2.0.1.
    """

    identity: str = ""
    topology: Mapping[int, tuple[int, int]] = field(factory=dict)
    variables: Mapping[Target, Known] = field(factory=dict)
    boot: v16.BootNotificationRequest | None = None
    statuses: Mapping[int, str] = field(factory=dict)

    @property
    def connectors(self) -> list[int]:
        """Numbers of the connectors in 1.6, as far as they are known."""
        return sorted(self.topology)

    def outlet(self, connector: int) -> tuple[int, int] | None:
        """EVSE and connector; None if the station has no such connector."""
        return self.topology.get(connector) if self.topology else (connector, 1)

    def connector(self, target: Target) -> int | None:
        """Number of the connector in 1.6 that a variable belongs to; None if there is none, or several."""
        if target.evse is None or not 1 <= target.evse <= _MOST_CONNECTORS:
            return None
        if not self.topology:
            return target.evse if target.connector in (None, 1) else None
        found = [
            number
            for number, (evse, connector) in self.topology.items()
            if evse == target.evse and target.connector in (None, connector)
        ]
        return found[0] if len(found) == 1 else None

    def with_connectors(self, number: str | None) -> "Station":
        """The same with as many connectors as it says, if it is not known which it has."""
        if self.topology or number is None or not number.isdecimal() or len(number) > 9:
            return self
        return evolve(
            self, topology={one: (one, 1) for one in range(1, min(int(number), _MOST_CONNECTORS) + 1)}
        )


# Settings: a key with a variable on this station


@frozen
class Setting:
    """What a variable of a station is in 1.6.

    Attributes:
        key: The key that has it.
        connector: Of which the value is in a list of all.
        is_second: The key has its value for another variable, and shares it.
    """

    key: Key
    connector: int | None = None
    is_second: bool = False


def setting(target: Target, keys: Keys, station: Station) -> Setting | None:
    """The key of a variable; None if there is none."""
    key = keys.at(target)
    if key is None or key.target is None:
        return None
    is_second = key.also is not None and evolve(target, evse=None, connector=None).folded == key.also.folded
    if key.rule is Rule.PHASE_ROTATION and is_second:
        return Setting(key, 0) if target.evse is None else None
    if key.rule not in (Rule.PHASE_ROTATION, Rule.PER_CONNECTOR):
        return Setting(key, is_second=is_second) if target.evse is None else None
    number = station.connector(target)
    if number is None:
        return None
    return Setting(of_connector(key, number)) if key.rule is Rule.PER_CONNECTOR else Setting(key, number)


def variable(key: Key, connector: int | None, station: Station) -> Target | None:
    """The variable of a key, or of its part for a connector; None if the station has no such connector."""
    number = key.connector if connector is None else connector
    if key.target is None or number is None:
        return key.target
    if number == 0:
        return key.also
    outlet = station.outlet(number)
    if outlet is None:
        return None
    evse, on_evse = outlet
    return evolve(key.target, evse=evse, connector=on_evse if key.rule is Rule.PHASE_ROTATION else None)


def variables(key: Key, station: Station) -> list[Target]:
    """The variables to read for a key, of which the first one's access is that of the key."""
    if key.rule is Rule.COMPUTED:
        return list(COMPUTED[key.name].targets)
    if not key.is_value or "R" not in key.mutability:
        return []
    parts = [0, *station.connectors] if key.rule is Rule.PHASE_ROTATION else [None]
    found = (variable(key, part, station) for part in parts)
    return [target for target in found if target is not None]


# Keys that are made of several variables

_PROFILES = {
    "LocalAuthListManagement": "LocalAuthListCtrlr",
    "Reservation": "ReservationCtrlr",
    "SmartCharging": "SmartChargingCtrlr",
}


@frozen
class Computed:
    """A key that is no variable.

    Attributes:
        value: It, made of what was read; None if it is not known.
        targets: What is read.
    """

    value: Callable[[Station, Callable[[Target], Known | None]], str | None]
    targets: tuple[Target, ...] = ()


def _profiles(station: Station, read: Callable[[Target], Known | None]) -> str:
    def is_there(controller: str) -> bool:
        found = read(Target(controller, "Available"))
        return found is not None and (found.value or "").strip().lower() == "true"

    optional = [profile for profile, controller in _PROFILES.items() if is_there(controller)]
    return ",".join(["Core", "FirmwareManagement", *optional, "RemoteTrigger"])


#: By key.
COMPUTED = {
    "NumberOfConnectors": Computed(
        lambda station, read: str(len(station.connectors)) if station.topology else None
    ),
    "ConnectorPhaseRotationMaxLength": Computed(
        lambda station, read: str(len(station.connectors) + 1) if station.topology else None
    ),
    "SupportedFeatureProfiles": Computed(
        _profiles, tuple(Target(controller, "Available") for controller in _PROFILES.values())
    ),
}


# Variables that are no key


@frozen
class StandIn:
    """A variable that no key of 1.6 has. All of them are read-only.

    Attributes:
        value: It, made of the station and of the values of `keys`; None if it is not known.
        keys: What is read, in 1.6.
        data: Its type.
    """

    value: Callable[[Station, Target, Mapping[str, str]], str | None]
    keys: tuple[str, ...] = ()
    data: str = "string"


def _of_boot(*attributes: str) -> StandIn:
    def value(station: Station, target: Target, read: Mapping[str, str]) -> str | None:
        found = (getattr(station.boot, name, None) for name in attributes)
        return next((text for text in found if isinstance(text, str)), None)

    return StandIn(value)


def _constant(value: str, data: str) -> StandIn:
    return StandIn(lambda station, target, read: value, data=data)


#: The status of an EVSE is the first of these that one of its connectors has.
_STATUSES = ("Occupied", "Reserved", "Available", "Unavailable", "Faulted")


def _state(station: Station, target: Target, read: Mapping[str, str]) -> str | None:
    if target.evse is None:
        numbers: Iterable[int] = [0]
    elif target.connector is None and station.topology:
        numbers = [number for number, (evse, _) in station.topology.items() if evse == target.evse]
    else:
        number = station.connector(target)
        numbers = [] if number is None else [number]
    found = {station.statuses[number] for number in numbers if number in station.statuses}
    plain = {status if status in _STATUSES else "Occupied" for status in found}
    return next((status for status in _STATUSES if status in plain), None)


def _is_available(station: Station, target: Target, read: Mapping[str, str]) -> str | None:
    outlets = station.with_connectors(read.get("NumberOfConnectors")).topology.values()
    places = {(None, None), *outlets, *((evse, None) for evse, _ in outlets)}
    return "true" if (target.evse, target.connector) in places else None


def _per_message(station: Station, target: Target, read: Mapping[str, str]) -> str:
    return read.get("GetConfigurationMaxKeys", "1")


def _has(profile: str) -> StandIn:
    def value(station: Station, target: Target, read: Mapping[str, str]) -> str | None:
        profiles = read.get("SupportedFeatureProfiles")
        if profiles is None:
            return None
        return "true" if profile in [one.strip() for one in profiles.split(",")] else "false"

    return StandIn(value, ("SupportedFeatureProfiles",), "boolean")


_STATE = StandIn(_state, data="OptionList")
_AVAILABLE = StandIn(_is_available, ("NumberOfConnectors",), "boolean")
#: A transaction of 1.6 runs when the driver is authorised and the vehicle connected.
_POINT = _constant("PowerPathClosed", "MemberList")
_ITEMS = StandIn(_per_message, ("GetConfigurationMaxKeys",), "integer")

#: By variable; EVSE and Connector stand for each of them. ClockCtrlr/DateTime is none: 1.6 has no way to read a clock.
STAND_INS = {
    Target.of(text): one
    for text, one in (
        ("ChargingStation/VendorName", _of_boot("charge_point_vendor")),
        ("ChargingStation/Model", _of_boot("charge_point_model")),
        (
            "ChargingStation/SerialNumber",
            _of_boot("charge_point_serial_number", "charge_box_serial_number"),
        ),
        ("Controller/FirmwareVersion", _of_boot("firmware_version")),
        ("ChargingStation/AvailabilityState", _STATE),
        ("EVSE/AvailabilityState", _STATE),
        ("Connector/AvailabilityState", _STATE),
        ("ChargingStation/Available", _AVAILABLE),
        ("EVSE/Available", _AVAILABLE),
        ("Connector/Available", _AVAILABLE),
        ("TxCtrlr/TxStartPoint", _POINT),
        ("TxCtrlr/TxStopPoint", _POINT),
        ("DeviceDataCtrlr/ItemsPerMessage[GetReport]", _ITEMS),
        ("DeviceDataCtrlr/ItemsPerMessage[SetVariables]", _ITEMS),
        ("SecurityCtrlr/Identity", StandIn(lambda station, target, read: station.identity or None)),
        ("SmartChargingCtrlr/Available", _has("SmartCharging")),
        ("SmartChargingCtrlr/Enabled", _has("SmartCharging")),
        ("ReservationCtrlr/Available", _has("Reservation")),
        ("ReservationCtrlr/Enabled", _has("Reservation")),
        ("LocalAuthListCtrlr/Available", _has("LocalAuthListManagement")),
    )
}
_FOLDED = {target.folded: one for target, one in STAND_INS.items()}
#: Components of which there is one for each EVSE or connector.
_EVSE, _CONNECTOR = "evse", "connector"


def stand_in(target: Target) -> StandIn | None:
    """What stands in for a variable; None if nothing does."""
    folded = target.folded
    is_placed = {_EVSE: folded.connector is None, _CONNECTOR: folded.connector is not None}
    if is_placed.get(folded.component, folded.evse is None) and (folded.component in is_placed) == (
        folded.evse is not None
    ):
        return _FOLDED.get(evolve(folded, evse=None, connector=None))
    return None


def stand_ins(station: Station) -> list[Target]:
    """All variables for which something stands in, of each EVSE and connector."""
    outlets = [station.topology[number] for number in station.connectors]
    places: dict[str, list[tuple[int | None, int | None]]] = {
        _EVSE: [(evse, None) for evse in dict.fromkeys(evse for evse, _ in outlets)],
        _CONNECTOR: list(outlets),
    }
    return [
        evolve(target, evse=evse, connector=connector)
        for target in STAND_INS
        for evse, connector in places.get(target.folded.component, [(None, None)])
    ]


def is_known_component(target: Target, keys: Keys) -> bool:
    """Whether a variable's component is one of those that a station of 1.6 is said to have."""
    name = target.folded.component
    return name in keys.components or any(name == one.component for one in _FOLDED)
