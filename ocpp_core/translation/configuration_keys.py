"""Configuration keys of 1.6 and the variables of 2.0.1 and 2.1 that mean the same, as a table.

Where others place a key elsewhere, this is why we do not:

- BlinkRepeat, LightIntensity, CustomIdleFeeAfterStop, DefaultPrice, DefaultPriceText, NumberOfDecimalsForCostValues and
  SupportedFeatureProfilesMaxLength have no counterpart in any list of variables, and none here: a component that we
  invent would be known to nobody. Whose stations have one says so in `Policy.configuration_keys`.
- NumberOfConnectors, ConnectorPhaseRotationMaxLength and SupportedFeatureProfiles are computed of what the station is.
- MinimumStatusDuration is in the text of the appendix and not in its table; StopTransactionOnEVSideDisconnect,
  UnlockConnectorOnEVSideDisconnect and ReserveConnectorZeroSupported have a variable that says the same. A station that
  lacks one answers UnknownVariable, which is what the asker should hear.
- GetConfigurationMaxKeys counts keys, ItemsPerMessage[GetVariables] counts variables: what one request may ask for,
  which is what a CSMS does with it.
- ConnectorPhaseRotation is one list in 1.6 and a variable of each connector in 2.x: PhaseRotation is for any component.
- CertificateStoreMaxLength is the most there may be (maxLimit), and not how many there are.
- AuthorizationKey and SecurityProfile are variables of SecurityCtrlr, not of the network profile in use: which profile
  that is, nothing says. SecurityProfile is read-only in 2.x, where SetNetworkProfile changes it: it is never written.
- Language and SupportedLanguages have a variable in 2.1 only, which is of another kind (tags of one variable's list).
- AlignedDataSignUpdatedReadings, SampledDataSignStartedReadings, SampledDataSignUpdatedReadings and MeterPublicKey are
  in the list of 2.1 and not in that of 2.0.1, though stations of 2.0.1 that sign may have them: they are asked for.
- CustomDisplayCostAndPrice and CustomMultiLanguageMessages tell whether a vendor's extension is on, which 2.x does by
  CustomImplementationEnabled with the name of the vendor.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Any

from attrs import evolve, field, frozen


class Rule(StrEnum):
    """How a value passes."""

    COPY = "copy"  #: as it is
    CSL = "csl"  #: a list
    MEASURANDS = "measurands"  #: a list of measurands, in 1.6 with phases
    RATE_UNIT = "rate_unit"  #: a list of units of charging limits, which have other names
    FAN_OUT = "fan_out"  #: as it is, to two variables; the first is read
    CHARACTERISTIC = "characteristic"  #: not a value, but the maxLimit of a variable; only reports have it
    PHASE_ROTATION = "phase_rotation"  #: a list with an item for each connector; a variable of each
    PER_CONNECTOR = "per_connector"  #: a key and a variable for each connector
    PASSWORD = "password"  #: text that each version encodes in its way
    COMPUTED = "computed"  #: made of several variables, or of what is known of the station
    NONE = "none"  #: there is no such variable


@frozen
class Target:
    """A variable of a station.

    Names are compared without case: `folded` is what to look up.

    Attributes:
        component: Name.
        variable: Name.
        instance: Of the variable.
        evse: Id, if the component is an EVSE or a part of one.
        connector: Id on the EVSE.
    """

    component: str
    variable: str
    instance: str | None = None
    evse: int | None = None
    connector: int | None = None

    @classmethod
    def of(cls, text: str) -> "Target":
        """Reads ``Component/Variable`` or ``Component/Variable[Instance]``.

        Raises:
            ValueError: It is neither, or has a name of more than 50 characters.
        """
        component, slash, rest = text.partition("/")
        variable, bracket, instance = rest.removesuffix("]").partition("[")
        parts = [component, variable, *([instance] if bracket else [])]
        if not slash or bool(bracket) != rest.endswith("]") or not all(0 < len(one) <= 50 for one in parts):
            raise ValueError(f"no Component/Variable[Instance] with names of up to 50 characters: {text!r}")
        return cls(component, variable, instance if bracket else None)

    @property
    def folded(self) -> "Target":
        """The same for every spelling."""
        instance = self.instance and self.instance.casefold()
        return Target(
            self.component.casefold(), self.variable.casefold(), instance, self.evse, self.connector
        )


def _target(text: "str | Target | None") -> Target | None:
    return Target.of(text) if isinstance(text, str) else text


def _named(key: "Key", attribute: Any, value: str) -> None:
    if not 0 < len(value) <= 50:
        raise ValueError(f"the name of a configuration key has 1 to 50 characters: {value!r}")


def _second(key: "Key", attribute: Any, value: Target | None) -> None:
    if (value is not None) != (key.rule in (Rule.FAN_OUT, Rule.PHASE_ROTATION)):
        raise ValueError(f"a key has a second variable if it is of the rule fan_out: {key.name}")


@frozen
class Key:
    """A configuration key and its variable.

    Attributes:
        name: In 1.6; compared without case.
        target: The variable, ``Component/Variable[Instance]``; None if there is none.
        access: Of the key: "R", "W" or "RW". What a station decides is "RW".
        mutability: The same of the variable.
        data: Type of the variable, a token of ``DataEnumType``.
        unit: Of the value, as 2.x spells it. It is the same in 1.6.
        rule: How values pass.
        also: Of the rule FAN_OUT: a second variable that 1.6 has no key of its own for; both are written, the first is
            read. Of PHASE_ROTATION: the variable of the whole station, which is connector 0.
        connector: In 1.6, of a key that each connector has.

    Raises:
        ValueError: A name is empty or too long, or `also` does not go with the rule.
    """

    name: str = field(validator=_named)
    target: Target | None = field(default=None, converter=_target)
    access: str = field(default="RW", kw_only=True)
    mutability: str = field(default="RW", kw_only=True)
    data: str = field(default="string", kw_only=True)
    unit: str | None = field(default=None, kw_only=True)
    rule: Rule = field(default=Rule.COPY, kw_only=True)
    also: Target | None = field(default=None, converter=_target, validator=_second, kw_only=True)
    connector: int | None = field(default=None, kw_only=True)

    @property
    def is_writable(self) -> bool:
        """Whether it is, on both sides."""
        return "W" in self.access and "W" in self.mutability

    @property
    def is_list(self) -> bool:
        """Whether the value is a list, of which a part is of use."""
        return self.data.endswith("List") and self.data != "OptionList"

    @property
    def is_value(self) -> bool:
        """Whether the variable's value is that of the key."""
        return self.target is not None and self.rule is not Rule.CHARACTERISTIC


@frozen
class Keys:
    """The table, looked up from both sides.

    Attributes:
        names: Keys by name in small letters.
        targets: Keys by the variable that has their value, `Target.folded`.
        components: Names of components that have a key, in small letters.
        limits: Variables of which a key has the limit.
    """

    names: Mapping[str, Key]
    targets: Mapping[Target, Key]
    components: frozenset[str]
    limits: frozenset[Target]

    def named(self, name: str) -> Key | None:
        """The key of this name; None if there is none in the table."""
        folded = name.casefold()
        found = self.names.get(folded)
        if found is not None:
            return None if found.rule is Rule.PER_CONNECTOR else found
        stem = folded.rstrip("0123456789")
        number = folded[len(stem) :]
        found = self.names.get(stem)
        if (
            found is None
            or found.rule is not Rule.PER_CONNECTOR
            or not 0 < len(number) < 10
            or number[0] == "0"
        ):
            return None
        return of_connector(found, int(number))

    def at(self, target: Target) -> Key | None:
        """The key that has the value of a variable, wherever in the station that is; None if there is none."""
        return self.targets.get(evolve(target.folded, evse=None, connector=None))


def of_connector(key: Key, number: int) -> Key:
    """The key of one connector of 1.6."""
    return evolve(key, name=f"{key.name}{number}", connector=number)


_TYPES = {
    "bool": "boolean",
    "int": "integer",
    "list": "MemberList",
    "moment": "dateTime",
    "option": "OptionList",
    "text": "string",
}


def _key(row: str) -> Key:
    """Reads a row: access (of key/variable, if they differ), type:unit, rule, key, variables."""
    access, data, rule, name, *targets = row.split()
    older, _, newer = access.partition("/")
    kind, _, unit = data.partition(":")
    first, second = (*targets, None, None)[:2]
    return Key(
        name,
        first,
        access=older,
        mutability=newer or older,
        data=_TYPES[kind],
        unit=unit or None,
        rule=Rule(rule),
        also=second,
    )


_SAMPLED = "SampledDataCtrlr"
_CUSTOM = "CustomizationCtrlr/CustomImplementationEnabled"

#: All keys of 1.6: of the standard, its errata, and the papers on security, Plug & Charge, signed values and cost.
KEYS = tuple(
    map(
        _key,
        f"""
    RW   bool   copy           AllowOfflineTxForUnknownId AuthCtrlr/OfflineTxForUnknownIdEnabled
    RW   bool   copy           AuthorizationCacheEnabled AuthCacheCtrlr/Enabled
    RW   bool   copy           AuthorizeRemoteTxRequests AuthCtrlr/AuthorizeRemoteStart
    RW   int    none           BlinkRepeat
    RW   int:s  fan_out        ClockAlignedDataInterval AlignedDataCtrlr/Interval AlignedDataCtrlr/TxEndedInterval
    RW   int:s  copy           ConnectionTimeOut TxCtrlr/EVConnectionTimeOut
    RW   text   phase_rotation ConnectorPhaseRotation Connector/PhaseRotation ChargingStation/PhaseRotation
    R    int    computed       ConnectorPhaseRotationMaxLength
    R    int    copy           GetConfigurationMaxKeys DeviceDataCtrlr/ItemsPerMessage[GetVariables]
    RW   int:s  copy           HeartbeatInterval OCPPCommCtrlr/HeartbeatInterval
    RW   int    none           LightIntensity
    RW   bool   copy           LocalAuthorizeOffline AuthCtrlr/LocalAuthorizeOffline
    RW   bool   copy           LocalPreAuthorize AuthCtrlr/LocalPreAuthorize
    RW   int:Wh copy           MaxEnergyOnInvalidId TxCtrlr/MaxEnergyOnInvalidId
    RW   list   measurands     MeterValuesAlignedData AlignedDataCtrlr/Measurands
    R    list   characteristic MeterValuesAlignedDataMaxLength AlignedDataCtrlr/Measurands
    RW   list   measurands     MeterValuesSampledData SampledDataCtrlr/TxUpdatedMeasurands
    R    list   characteristic MeterValuesSampledDataMaxLength SampledDataCtrlr/TxUpdatedMeasurands
    RW   int:s  fan_out        MeterValueSampleInterval {_SAMPLED}/TxUpdatedInterval {_SAMPLED}/TxEndedInterval
    RW/R int:s  copy           MessageTimeout OCPPCommCtrlr/MessageTimeout[Default]
    RW   int:s  copy           MinimumStatusDuration OCPPCommCtrlr/MinimumStatusDuration
    R    int    computed       NumberOfConnectors
    RW   int    copy           ResetRetries OCPPCommCtrlr/ResetRetries
    R    int    none           StopTransactionMaxMeterValues
    RW   bool   copy           StopTransactionOnEVSideDisconnect TxCtrlr/StopTxOnEVSideDisconnect
    RW   bool   copy           StopTransactionOnInvalidId TxCtrlr/StopTxOnInvalidId
    RW   list   measurands     StopTxnAlignedData AlignedDataCtrlr/TxEndedMeasurands
    R    list   characteristic StopTxnAlignedDataMaxLength AlignedDataCtrlr/TxEndedMeasurands
    RW   list   measurands     StopTxnSampledData SampledDataCtrlr/TxEndedMeasurands
    R    list   characteristic StopTxnSampledDataMaxLength SampledDataCtrlr/TxEndedMeasurands
    R    list   computed       SupportedFeatureProfiles
    R    int    none           SupportedFeatureProfilesMaxLength
    RW   int    copy           TransactionMessageAttempts OCPPCommCtrlr/MessageAttempts[TransactionEvent]
    RW   int:s  copy           TransactionMessageRetryInterval OCPPCommCtrlr/MessageAttemptInterval[TransactionEvent]
    RW   bool   copy           UnlockConnectorOnEVSideDisconnect OCPPCommCtrlr/UnlockOnEVSideDisconnect
    RW   int:s  copy           WebSocketPingInterval OCPPCommCtrlr/WebSocketPingInterval
    RW   bool   copy           LocalAuthListEnabled LocalAuthListCtrlr/Enabled
    R    int    characteristic LocalAuthListMaxLength LocalAuthListCtrlr/Entries
    R    int    copy           SendLocalListMaxLength LocalAuthListCtrlr/ItemsPerMessage
    R    bool   copy           ReserveConnectorZeroSupported ReservationCtrlr/NonEvseSpecific
    R    int    copy           ChargeProfileMaxStackLevel SmartChargingCtrlr/ProfileStackLevel
    R    list   rate_unit      ChargingScheduleAllowedChargingRateUnit SmartChargingCtrlr/RateUnit
    R    int    copy           ChargingScheduleMaxPeriods SmartChargingCtrlr/PeriodsPerSchedule
    R    bool   copy           ConnectorSwitch3to1PhaseSupported SmartChargingCtrlr/Phases3to1
    R    int    characteristic MaxChargingProfilesInstalled SmartChargingCtrlr/Entries[ChargingProfiles]
    R    list   csl            SupportedFileTransferProtocols OCPPCommCtrlr/FileTransferProtocols
    R    bool   copy           AdditionalRootCertificateCheck SecurityCtrlr/AdditionalRootCertificateCheck
    W    text   password       AuthorizationKey SecurityCtrlr/BasicAuthPassword
    R    int    copy           CertificateSignedMaxChainSize SecurityCtrlr/MaxCertificateChainSize
    R    int    characteristic CertificateStoreMaxLength SecurityCtrlr/CertificateEntries
    RW   text   copy           CpoName SecurityCtrlr/OrganizationName
    RW/R int    copy           SecurityProfile SecurityCtrlr/SecurityProfile
    RW   bool   copy           CentralContractValidationAllowed ISO15118Ctrlr/CentralContractValidationAllowed
    RW   int    copy           CertSigningRepeatTimes SecurityCtrlr/CertSigningRepeatTimes
    RW   int:s  copy           CertSigningWaitMinimum SecurityCtrlr/CertSigningWaitMinimum
    RW   bool   copy           ContractValidationOffline ISO15118Ctrlr/ContractValidationOffline
    RW   bool   copy           ISO15118PnCEnabled ISO15118Ctrlr/PnCEnabled
    RW   bool   copy           AlignedDataSignReadings AlignedDataCtrlr/SignReadings
    RW   bool   copy           AlignedDataSignUpdatedReadings AlignedDataCtrlr/SignUpdatedReadings
    R    text   per_connector  MeterPublicKey FiscalMetering/PublicKey
    RW   option copy           PublicKeyWithSignedMeterValue OCPPCommCtrlr/PublicKeyWithSignedMeterValue
    RW   bool   copy           SampledDataSignReadings SampledDataCtrlr/SignReadings
    RW   bool   copy           SampledDataSignStartedReadings SampledDataCtrlr/SignStartedReadings
    RW   bool   copy           SampledDataSignUpdatedReadings SampledDataCtrlr/SignUpdatedReadings
    RW   list   measurands     StartTxnSampledData SampledDataCtrlr/TxStartedMeasurands
    R/RW bool   copy           CustomDisplayCostAndPrice {_CUSTOM}[org.openchargealliance.costmsg]
    R/RW bool   copy           CustomMultiLanguageMessages {_CUSTOM}[org.openchargealliance.multilanguage]
    RW   bool   none           CustomIdleFeeAfterStop
    RW   text   none           DefaultPrice
    RW   text   none           DefaultPriceText
    RW   text   none           Language
    RW   moment copy           NextTimeOffsetTransitionDateTime ClockCtrlr/NextTimeOffsetTransitionDateTime
    R    int    none           NumberOfDecimalsForCostValues
    R    list   none           SupportedLanguages
    RW   text   copy           TimeOffset ClockCtrlr/TimeOffset
    RW   text   copy           TimeOffsetNextTransition ClockCtrlr/TimeOffset[NextTransition]
    """.strip().splitlines(),
    )
)


@lru_cache(maxsize=16)
def table(more: tuple[Key, ...] = ()) -> Keys:
    """The table, with keys that a user adds or places elsewhere.

    Raises:
        ValueError: Two keys have the value of one variable, two of `more` have one name, or one is to be computed.
    """
    names = {key.name.casefold(): key for key in KEYS}
    mine = {key.name.casefold(): key for key in more}
    if len(mine) != len(more):
        raise ValueError("a configuration key is given twice")
    if any(key.rule is Rule.COMPUTED for key in more):
        raise ValueError("how a configuration key is computed cannot be said from outside")
    names |= mine
    targets: dict[Target, Key] = {}
    for key in names.values():
        for target in (key.target, key.also) if key.is_value else ():
            if target is not None and targets.setdefault(target.folded, key) is not key:
                other = targets[target.folded].name
                raise ValueError(f"two configuration keys have one variable: {key.name} and {other}")
    components = frozenset(key.target.folded.component for key in names.values() if key.target is not None)
    limits = frozenset(
        key.target.folded
        for key in names.values()
        if key.rule is Rule.CHARACTERISTIC and key.target is not None
    )
    return Keys(names, targets, components, limits)
