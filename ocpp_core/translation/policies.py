"""What a user may decide differently: each choice of the translation, with its default."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from attrs import Attribute, field, frozen

from ocpp_core.model.printing import shown
from ocpp_core.translation.configuration_keys import Key, table

#: Statuses of 1.6 that say that a connector is in use.
IN_USE = ("Preparing", "Charging", "SuspendedEVSE", "SuspendedEV", "Finishing")
#: Types of tokens that all 2.x versions have.
TOKEN_TYPES = (
    "Central",
    "eMAID",
    "ISO14443",
    "ISO15693",
    "KeyCode",
    "Local",
    "MacAddress",
    "NoAuthorization",
)

_Check = Callable[[Any, "Attribute[Any]", Any], None]


def _checked(wanted: str, is_right: Callable[[Any], bool]) -> _Check:
    def check(_: Any, attribute: "Attribute[Any]", value: Any) -> None:
        if not is_right(value):
            raise ValueError(f"{attribute.name}: {wanted} wanted, not {shown(value)}")

    return check


def _one_of(*values: str) -> _Check:
    return _checked(" or ".join(values), values.__contains__)


def _is_mapping_of_types(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(tag, str) and kind in TOKEN_TYPES for tag, kind in value.items()
    )


def _is_place(value: Any) -> bool:
    return (
        isinstance(value, tuple) and len(value) == 2 and all(type(each) is int and each > 0 for each in value)
    )


def _is_topology(value: Any) -> bool:
    if value is None:
        return True
    if not isinstance(value, Mapping) or set(value) != set(range(1, len(value) + 1)):
        return False
    places = list(value.values())
    return all(map(_is_place, places)) and len(set(places)) == len(places)


_SECONDS = _checked("seconds, 1 or more", lambda value: type(value) is int and 0 < value < 2**31)
_COUNT = _checked("a number, 1 or more", lambda value: type(value) is int and 0 < value < 2**31)
_SWITCH = _checked("True or False", lambda value: isinstance(value, bool))


def _tuple(keys: Iterable[Key]) -> tuple[Key, ...]:
    return tuple(keys)


def _own(value: Any) -> Any:
    """A copy, which the caller cannot change any more."""
    return MappingProxyType(dict(value)) if isinstance(value, Mapping) else value


def _without_clash(policy: "Policy", attribute: Any, keys: tuple[Key, ...]) -> None:
    table(keys)


@frozen(kw_only=True)
class Policy:
    """The choices of a translation.

    Attributes:
        heartbeat_interval: Seconds, where a BootNotification response of 1.2 leaves them out.
        occupied_as: Status of 1.6 for Occupied of 1.5, without a session, which knows by the transactions.
        preparing_as: Status of 1.6 for Occupied of 2.0.1, where no transaction is known.
        soft_reset: What Soft of 1.6 becomes: "OnIdle" waits for transactions, "Immediate" ends them as 1.6 does.
        invalid_as: Status of 2.0.1 for Invalid of 1.6: "Invalid", or "Unknown", which is what it means there.
        token_types: Type of 2.0.1 by idTag (compared without case), where the guess by length is wrong.
        anonymous_id_tag: The idTag that stands for a token of type NoAuthorization.
        has_security_extension: Whether the 1.6 side knows the actions of the security whitepaper.
        allow_unsigned_firmware: Whether signed firmware goes to a station without the extension as unsigned, which
            leaves its signature unchecked.
        has_plug_and_charge: Whether the 1.6 side takes what is said of contracts and certificates of vehicles by
            DataTransfer (``org.openchargealliance.iso15118pnc``; sessions).
        has_cost_messages: Whether the 1.6 side takes costs by DataTransfer
            (``org.openchargealliance.costmsg``; sessions).
        most_tokens: How many tokens a session remembers the types of; those used longest ago are forgotten.
        most_transactions: How many transactions it remembers: of more, those that ended longest ago are forgotten.
        most_waiting: How many messages of one transaction may wait to be sent; more are refused, so that the station
            keeps them.
        keep_transactions: Seconds after which a transaction is forgotten whose end the CSMS knows of.
        start_timeout: Seconds in which a transaction has to begin that was started remotely, after which one that
            begins is another. A station of which the session has read how long it waits for a vehicle
            (ConnectionTimeOut, EVConnectionTimeOut) has that and a minute.
        report_timeout: Seconds to wait for the report that answers a GetConfiguration without keys; after that the
            answer is what is known.
        configuration_keys: Keys of 1.6 that the table of the standard lacks, as those of a vendor, and the variables
            that mean the same; or those of the table that your stations have elsewhere. What is in neither is unknown
            to the other side.
        configuration_report: What a GetConfiguration without keys asks a station of 2.0.1 for: "ConfigurationInventory"
            has what can be set, "FullInventory" has the limits of the station too, and takes longer.
        connectors: EVSE and connector of 2.x by the connector of 1.x, from 1 without gaps, where stations have EVSEs
            with several connectors: ``{1: (1, 1), 2: (1, 2)}``. What a station reports beyond is numbered as it is
            heard of, so ``{}`` learns all. None: connector N is EVSE N (sessions).

    Raises:
        ValueError: A choice is none of those that there are; or two of `configuration_keys` have one name, or the value
            of one variable.
    """

    heartbeat_interval: int = field(default=900, validator=_SECONDS)
    occupied_as: str = field(default="Charging", validator=_one_of(*IN_USE))
    preparing_as: str = field(default="Preparing", validator=_one_of(*IN_USE))
    soft_reset: str = field(default="OnIdle", validator=_one_of("OnIdle", "Immediate"))
    invalid_as: str = field(default="Invalid", validator=_one_of("Invalid", "Unknown"))
    token_types: Mapping[str, str] = field(
        default=MappingProxyType({}),
        validator=_checked(f"types by idTag, each of {', '.join(TOKEN_TYPES)},", _is_mapping_of_types),
    )
    anonymous_id_tag: str = field(
        default="NoAuthorization",
        validator=_checked(
            "text of 1 to 20 characters", lambda value: isinstance(value, str) and 0 < len(value) <= 20
        ),
    )
    has_security_extension: bool = field(default=False, validator=_SWITCH)
    allow_unsigned_firmware: bool = field(default=False, validator=_SWITCH)
    has_plug_and_charge: bool = field(default=False, validator=_SWITCH)
    has_cost_messages: bool = field(default=False, validator=_SWITCH)
    most_tokens: int = field(default=10_000, validator=_COUNT)
    most_transactions: int = field(default=1_000, validator=_COUNT)
    most_waiting: int = field(default=1_000, validator=_COUNT)
    keep_transactions: int = field(default=30 * 24 * 3600, validator=_SECONDS)
    start_timeout: int = field(default=300, validator=_SECONDS)
    report_timeout: int = field(default=60, validator=_SECONDS)
    configuration_keys: tuple[Key, ...] = field(default=(), converter=_tuple, validator=_without_clash)
    configuration_report: str = field(
        default="ConfigurationInventory", validator=_one_of("ConfigurationInventory", "FullInventory")
    )
    connectors: Mapping[int, tuple[int, int]] | None = field(
        default=None,
        converter=_own,
        validator=_checked("EVSE and connector, each once, by connectors from 1 without gaps", _is_topology),
    )
    _types: Mapping[str, str] = field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        types = {tag.casefold(): kind for tag, kind in self.token_types.items()}
        types[self.anonymous_id_tag.casefold()] = "NoAuthorization"
        object.__setattr__(self, "_types", types)  # the only way into a frozen object

    def token_type(self, id_tag: str) -> str | None:
        """The type of an idTag as it was decided; None if it was not."""
        return self._types.get(id_tag.casefold())


DEFAULT_POLICY = Policy()
