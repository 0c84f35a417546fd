"""What a user may decide differently: each choice of the translation, with its default."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from attrs import field, frozen

from ocpp_core.translation.configuration_keys import Key, table


def _tuple(keys: Iterable[Key]) -> tuple[Key, ...]:
    return tuple(keys)


def _without_clash(policy: "Policy", attribute: Any, keys: tuple[Key, ...]) -> None:
    table(keys)


@frozen(kw_only=True)
class Policy:
    """The choices of a translation.

    Attributes:
        heartbeat_interval: Seconds, where a BootNotification response of 1.2 leaves them out.
        occupied_as: Status of 1.6 for Occupied of 1.5.
        preparing_as: Status of 1.6 for Occupied of 2.0.1, where no transaction is known.
        soft_reset: What Soft of 1.6 becomes: "OnIdle" waits for transactions, "Immediate" ends them as 1.6 does.
        invalid_as: Status of 2.0.1 for Invalid of 1.6: "Invalid", or "Unknown", which is what it means there.
        token_types: Type of 2.0.1 by idTag (compared without case), where the guess by length is wrong.
        anonymous_id_tag: The idTag that stands for a token of type NoAuthorization.
        has_security_extension: Whether the 1.6 side knows the actions of the security whitepaper.
        allow_unsigned_firmware: Whether signed firmware goes to a station without the extension as unsigned, which
            leaves its signature unchecked.
        most_tokens: How many tokens a session remembers the types of; those used longest ago are forgotten.
        most_transactions: How many transactions it remembers: of more, those that ended longest ago are forgotten.
        most_waiting: How many messages of one transaction may wait to be sent; more are refused, so that the station
            keeps them.
        keep_transactions: Seconds after which a transaction is forgotten whose end the CSMS knows of.
        start_timeout: Seconds in which a transaction has to begin that was started remotely, after which one that
            begins is another.
        report_timeout: Seconds to wait for the report that answers a GetConfiguration without keys; after that the
            answer is what is known.
        configuration_keys: Keys of 1.6 that the table of the standard lacks, as those of a vendor, and the variables
            that mean the same; or those of the table that your stations have elsewhere. What is in neither is unknown
            to the other side.
        configuration_report: What a GetConfiguration without keys asks a station of 2.0.1 for: "ConfigurationInventory"
            has what can be set, "FullInventory" has the limits of the station too, and takes longer.

    Raises:
        ValueError: Two of `configuration_keys` have one name, or the value of one variable.
    """

    heartbeat_interval: int = 900
    occupied_as: str = "Charging"
    preparing_as: str = "Preparing"
    soft_reset: str = "OnIdle"
    invalid_as: str = "Invalid"
    token_types: Mapping[str, str] = MappingProxyType({})
    anonymous_id_tag: str = "NoAuthorization"
    has_security_extension: bool = False
    allow_unsigned_firmware: bool = False
    most_tokens: int = 10_000
    most_transactions: int = 1_000
    most_waiting: int = 1_000
    keep_transactions: int = 30 * 24 * 3600
    start_timeout: int = 300
    report_timeout: int = 60
    configuration_keys: tuple[Key, ...] = field(default=(), converter=_tuple, validator=_without_clash)
    configuration_report: str = "ConfigurationInventory"


DEFAULT_POLICY = Policy()
