"""The tables of Python names: complete, nothing idle, nothing twice, and the tricky ones as people want."""

import json
import keyword
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import pytest

from classes import JSON_VERSIONS, data_types, message_classes
from ocpp_core.model.shapes import shape

ROOT = Path(__file__).parents[1]
XSD = "{http://www.w3.org/2001/XMLSchema}"

SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
UPPER = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")
WORDS = re.compile(r"([A-Z][a-z0-9]*)+")


def table(file: str, name: str) -> dict[str, Any]:
    with (ROOT / "tools/tables" / file).open("rb") as stream:
        rows: dict[str, Any] = tomllib.load(stream)[name]
    return rows


ATTRIBUTES: dict[str, str] = table("names.toml", "attributes")
MEMBERS = table("tokens.toml", "members")
BY_ENUM: dict[str, str] = MEMBERS.pop("by_enum", {})
ALIASES: dict[str, str] = table("tokens.toml", "aliases")
CLASSES: dict[str, str] = table("classes.toml", "classes")


# What schemas/ and wsdl/ say.


class Definition(NamedTuple):
    """An object or an enum of one version, with its wire names or its tokens."""

    version: str
    name: str
    wire: list[str]

    def __str__(self) -> str:
        return f"{self.version}.{self.name}"


def in_schemas(kind: str) -> Iterator[Definition]:
    """Whatever has `kind` ("properties" or "enum"), under the name of its definition or its file."""

    def walk(name: str, schema: dict[str, Any]) -> Iterator[Definition]:
        if kind in schema:
            yield Definition(version, name, list(schema[kind]))
        for definition, inner in schema.get("definitions", {}).items():
            yield from walk(definition, inner)
        for wire, inner in schema.get("properties", {}).items():
            yield from walk(f"{name}.{wire}", inner)
        if "items" in schema:
            yield from walk(name, schema["items"])

    for path in sorted((ROOT / "schemas").glob("*/*.json")):
        version = path.parent.name
        yield from walk(path.stem, json.loads(path.read_text("utf-8")))


def in_wsdl(kind: str) -> Iterator[Definition]:
    """Whatever is of `kind` ("complexType" or "simpleType"), a type without a name under its element's."""

    def walk(name: str, node: ElementTree.Element) -> Iterator[Definition]:
        for child in node:
            inner = ".".join(filter(None, (name, child.get("name"))))
            if child.tag == XSD + kind:
                yield Definition(version, inner, list(wire_names(child)))
            yield from walk(inner, child)

    for path in sorted((ROOT / "wsdl").glob("*/*.wsdl")):
        version = path.parent.name
        for schema in ElementTree.parse(path).iter(XSD + "schema"):
            yield from walk("", schema)


def wire_names(node: ElementTree.Element) -> Iterator[str]:
    for child in node:
        if child.tag == XSD + "enumeration":
            yield child.attrib["value"]
        elif child.tag in (XSD + "element", XSD + "attribute"):
            yield child.attrib["name"]
        else:
            yield from wire_names(child)


OBJECTS = [*in_schemas("properties"), *in_wsdl("complexType")]
ENUMS = [*in_schemas("enum"), *(enum for enum in in_wsdl("simpleType") if enum.wire)]


def class_name(version: str, definition: str) -> str:
    plain = definition.removesuffix("Type").removesuffix("Enum")
    return CLASSES.get(f"{version}.{definition}") or CLASSES.get(definition, plain)


def member(enum: Definition, token: str) -> str | None:
    """The member name of a token; None if it is only an alias."""
    key = f"{class_name(enum.version, enum.name)}.{token}"
    if key in ALIASES:
        return None
    name: str = BY_ENUM.get(key) or MEMBERS[token]
    return name


def doubles(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


# Attributes.

TRICKY = """
15118CertificateHashData              iso15118_certificate_hash_data
15118SchemaVersion                    iso15118_schema_version
iso15118CertificateHashData           iso15118_certificate_hash_data
iso15118SchemaVersion                 iso15118_schema_version
acChargingParameters                  ac_charging_parameters
dcChargingParameters                  dc_charging_parameters
derChargingParameters                 der_charging_parameters
v2xChargingParameters                 v2x_charging_parameters
v2xBaseline                           v2x_baseline
v2xFreqWattCurve                      v2x_freq_watt_curve
v2xSignalWattCurve                    v2x_signal_watt_curve
evMinV2XEnergyRequest                 ev_min_v2x_energy_request
evMaxV2XEnergyRequest                 ev_max_v2x_energy_request
evTargetEnergyRequest                 ev_target_energy_request
evSupportedDERControl                 ev_supported_der_control
evDurationLevel1DCInjection           ev_duration_level1_dc_injection
evMaximumLevel2DCInjection            ev_maximum_level2_dc_injection
evInverterHwVersion                   ev_inverter_hw_version
evInverterSwVersion                   ev_inverter_sw_version
evOverExcitedPowerFactor              ev_over_excited_power_factor
evAbsolutePriceScheduleEntries        ev_absolute_price_schedule_entries
evEnergyOffer                         ev_energy_offer
evMaxCurrent                          ev_max_current
evse                                  evse
evseId                                evse_id
evseIds                               evse_ids
evseKind                              evse_kind
evseSleep                             evse_sleep
soC                                   soc
soc                                   soc
soH                                   soh
bulkSoC                               bulk_soc
fullSoC                               full_soc
maxSoC                                max_soc
targetSoC                             target_soc
limitAtSoC                            limit_at_soc
stateOfCharge                         state_of_charge
limit_L2                              limit_l2
limit_L3                              limit_l3
dischargeLimit_L2                     discharge_limit_l2
setpoint                              setpoint
setpoint_L3                           setpoint_l3
setpointReactive_L2                   setpoint_reactive_l2
maxChargePower_L2                     max_charge_power_l2
minDischargePower_L3                  min_discharge_power_l3
maxChargeApparentPower_L2             max_charge_apparent_power_l2
maxDischargeReactivePower_L3          max_discharge_reactive_power_l3
fixedPF                               fixed_pf
fixedPFAbsorb                         fixed_pf_absorb
fixedPFInject                         fixed_pf_inject
fixedVar                              fixed_var
freqDroop                             freq_droop
vRef                                  v_ref
autonomousVRefEnable                  autonomous_v_ref_enable
autonomousVRefTimeConstant            autonomous_v_ref_time_constant
hv10MinMeanValue                      hv_10min_mean_value
hv10MinMeanTripDelay                  hv_10min_mean_trip_delay
pctMaxDischargePower                  pct_max_discharge_power
yUnit                                 y_unit
x                                     x
t                                     t
pMax                                  p_max
pMaxSchedule                          p_max_schedule
saSchedule                            sa_schedule
saScheduleTupleID                     sa_schedule_tuple_id
saProvisioningCertificateChain        sa_provisioning_certificate_chain
priceScheduleID                       price_schedule_id
priceScheduleId                       price_schedule_id
prioritizedEMAIDs                     prioritized_emaids
taxRuleID                             tax_rule_id
tariffIds                             tariff_ids
supersededIds                         superseded_ids
ePriceLevel                           e_price_level
numEPriceLevels                       num_e_price_levels
priceKwh                              price_kwh
exclTax                               excl_tax
vatNumber                             vat_number
pspRef                                psp_ref
idTag                                 id_tag
idTagInfo                             id_tag_info
parentIdTag                           parent_id_tag
idToken                               id_token
idTokens                              id_tokens
groupIdToken                          group_id_token
additionalIdToken                     additional_id_token
id                                    id
type                                  type
format                                format
hash                                  hash
connectorId                           connector_id
transactionId                         transaction_id
requestId                             request_id
remoteStartId                         remote_start_id
variableMonitoringId                  variable_monitoring_id
seqNo                                 seq_no
tbc                                   tbc
csr                                   csr
iccid                                 iccid
imsi                                  imsi
apn                                   apn
apnUserName                           apn_user_name
simPin                                sim_pin
vpn                                   vpn
ocppCsmsUrl                           ocpp_csms_url
ocppInterface                         ocpp_interface
ocppVersion                           ocpp_version
receiptUrl                            receipt_url
responderURL                          responder_url
urls                                  urls
ocspRequestData                       ocsp_request_data
ocspResult                            ocsp_result
issuerNameHash                        issuer_name_hash
exiRequest                            exi_request
exiResponse                           exi_response
csChargingProfiles                    cs_charging_profiles
chargingProfileKind                   charging_profile_kind
numberPhases                          number_phases
phaseToUse                            phase_to_use
fileName                              file_name
filename                              filename
readonly                              readonly
basetime                              basetime
timeBase                              time_base
address1                              address1
language2                             language2
localAuthorisationList                local_authorisation_list
localAuthorizationList                local_authorization_list
startTimeOfDay                        start_time_of_day
customData                            custom_data
techInfo                              tech_info
extraInfo                             extra_info
"""
TRICKY_ATTRIBUTES = [tuple(row.split()) for row in TRICKY.strip().splitlines()]


@pytest.mark.parametrize("wire, python", TRICKY_ATTRIBUTES)
def test_tricky_attribute(wire: str, python: str) -> None:
    assert python == ATTRIBUTES[wire]


def test_every_wire_name_has_a_row_and_no_row_is_idle() -> None:
    assert {wire for definition in OBJECTS for wire in definition.wire} == set(ATTRIBUTES)


def test_attributes_are_snake_case_identifiers() -> None:
    assert [] == [name for name in ATTRIBUTES.values() if not SNAKE.fullmatch(name.removesuffix("_"))]
    assert [] == [name for name in ATTRIBUTES.values() if keyword.iskeyword(name)]
    # A trailing underscore is for keywords only.
    assert [] == [
        name for name in ATTRIBUTES.values() if name.endswith("_") and not keyword.iskeyword(name[:-1])
    ]


def test_attributes_only_add_underscores() -> None:
    """Whoever searches for a wire name finds its letters in order; digits in front get the word they lack."""

    def letters(name: str) -> str:
        return name.replace("_", "").lower()

    changed = {wire for wire, name in ATTRIBUTES.items() if letters(wire) != letters(name)}

    assert {"15118CertificateHashData", "15118SchemaVersion"} == changed


def test_no_attribute_is_called_extra() -> None:
    """`extra` keeps the members that a tolerant decoder did not know."""
    assert "extra" not in ATTRIBUTES.values()


def test_no_two_attributes_of_a_class_are_the_same() -> None:
    clashes = {str(each): doubles(ATTRIBUTES[wire] for wire in each.wire) for each in OBJECTS}

    assert {} == {name: found for name, found in clashes.items() if found}


# Enum members. Split at the last space, as two tokens have spaces of their own.

TRICKY_TOKENS = """
Energy.Active.Import.Register          ENERGY_ACTIVE_IMPORT_REGISTER
Energy.Active.Import.CableLoss         ENERGY_ACTIVE_IMPORT_CABLE_LOSS
EnergyRequest.Minimum.V2X              ENERGY_REQUEST_MINIMUM_V2X
Display.RemainingTimeToTargetSOC       DISPLAY_REMAINING_TIME_TO_TARGET_SOC
Sample.Clock                           SAMPLE_CLOCK
SoC                                    SOC
SOCLimitReached                        SOC_LIMIT_REACHED
SoCLimitReached                        SOC_LIMIT_REACHED
RPM                                    RPM
L1-N                                   L1_N
L3-L1                                  L3_L1
N                                      N
Wh                                     WH
kWh                                    KWH
kvar                                   KVAR
kvarh                                  KVARH
kVA                                    KVA
kW                                     KW
Celsius                                CELSIUS
cCCS1                                  C_CCS1
cG105                                  C_G105
cTesla                                 C_TESLA
cType2                                 C_TYPE2
s309-1P-16A                            S309_1P_16A
s309-3P-32A                            S309_3P_32A
sBS1361                                S_BS1361
sCEE-7-7                               S_CEE_7_7
sType3                                 S_TYPE3
wInductive                             W_INDUCTIVE
Other1PhMax16A                         OTHER_1PH_MAX_16A
Other3Ph                               OTHER_3PH
AC_single_phase_core                   AC_SINGLE_PHASE_CORE
DC_ACDP_BPT                            DC_ACDP_BPT
ISO14443                               ISO14443
eMAID                                  EMAID
KeyCode                                KEY_CODE
EVConnected                            EV_CONNECTED
EVConnectTimeout                       EV_CONNECT_TIMEOUT
EVCommunicationError                   EV_COMMUNICATION_ERROR
StoppedByEV                            STOPPED_BY_EV
SuspendedEV                            SUSPENDED_EV
SuspendedEVSE                          SUSPENDED_EVSE
NotAllowedTypeEVSE                     NOT_ALLOWED_TYPE_EVSE
ConcurrentTx                           CONCURRENT_TX
TxDefaultProfile                       TX_DEFAULT_PROFILE
DeAuthorized                           DE_AUTHORIZED
Deauthorized                           DEAUTHORIZED
OverCurrentFailure                     OVER_CURRENT_FAILURE
OvercurrentFault                       OVERCURRENT_FAULT
Mode3Error                             MODE3_ERROR
OCPP16                                 OCPP16
OCPP201                                OCPP201
Wired0                                 WIRED0
IKEv2                                  IKEV2
IPSec                                  IPSEC
L2TP                                   L2TP
None                                   NONE
NONE                                   NONE
CSMSRootCertificate                    CSMS_ROOT_CERTIFICATE
CsmsFailedToAuthenticate               CSMS_FAILED_TO_AUTHENTICATE
InvalidTLSCipherSuite                  INVALID_TLS_CIPHER_SUITE
MORootCertificate                      MO_ROOT_CERTIFICATE
OEMRootCertificate                     OEM_ROOT_CERTIFICATE
CSOSubCA1                              CSO_SUB_CA1
V2GCertificateChain                    V2G_CERTIFICATE_CHAIN
V2GRootCertficate                      V2G_ROOT_CERTIFICATE
V2GRootCertificate                     V2G_ROOT_CERTIFICATE
SignV2G20Certificate                   SIGN_V2G20_CERTIFICATE
SHA256                                 SHA256
ECDSA192SHA256                         ECDSA192_SHA256
ECDSAP256SHA256                        ECDSA_P256_SHA256
COSEM Protected Data                   COSEM_PROTECTED_DATA
DLMS Message                           DLMS_MESSAGE
FixedPFAbsorb                          FIXED_PF_ABSORB
HVMomCess                              HV_MOM_CESS
LFMustTrip                             LF_MUST_TRIP
WattPF                                 WATT_PF
VoltVar                                VOLT_VAR
Not_Applicable                         NOT_APPLICABLE
PctWAvail                              PCT_W_AVAIL
PctEffectiveV                          PCT_EFFECTIVE_V
RoCoF                                  ROCOF
RCLQFactor                             RCL_Q_FACTOR
UFP_OFP                                UFP_OFP
IdleTIme                               IDLE_TIME
QRCODE                                 QRCODE
UTF8                                   UTF8
dateTime                               DATE_TIME
boolean                                BOOLEAN
"""
TRICKY_MEMBERS = [tuple(re.split(r" +(?=\S+$)", row)) for row in TRICKY_TOKENS.strip().splitlines()]


@pytest.mark.parametrize("token, python", TRICKY_MEMBERS)
def test_tricky_member(token: str, python: str) -> None:
    assert python == MEMBERS[token]


def test_every_token_has_a_row_and_no_row_is_idle() -> None:
    tokens = {
        (f"{class_name(enum.version, enum.name)}.{token}", token) for enum in ENUMS for token in enum.wire
    }
    special = set(BY_ENUM) | set(ALIASES)

    assert {token for key, token in tokens if key not in special} == set(MEMBERS)
    assert set() == special - {key for key, _ in tokens}


def test_members_are_upper_case_identifiers() -> None:
    names = [*MEMBERS.values(), *BY_ENUM.values()]

    assert [] == [name for name in names if not UPPER.fullmatch(name)]


def test_members_only_add_underscores() -> None:
    def letters(name: str) -> str:
        return re.sub(r"[^a-z0-9]", "", name.lower())

    # Misspelt in 2.0: the member has the right spelling, as the token of later versions.
    assert {"V2GRootCertficate"} == {
        token for token, name in MEMBERS.items() if letters(token) != letters(name)
    }


def test_no_two_members_of_an_enum_are_the_same() -> None:
    clashes = {
        str(enum): doubles(filter(None, (member(enum, token) for token in enum.wire))) for enum in ENUMS
    }

    assert {} == {name: found for name, found in clashes.items() if found}


def test_an_alias_stands_for_a_token_of_its_enum() -> None:
    tokens = {f"{class_name(enum.version, enum.name)}.{token}" for enum in ENUMS for token in enum.wire}

    assert set() == {f"{key.partition('.')[0]}.{token}" for key, token in ALIASES.items()} - tokens


# Classes.

#: What several definitions of one version would be called, or a definition should be called, and what it is.
TRICKY_CLASSES = [
    ("1.5", "MeterValue.value", "SampledValue"),
    ("1.6", "FirmwareStatus", "FirmwareStatus"),
    ("1.6", "FirmwareStatusEnumType", "SignedFirmwareStatus"),
    ("1.6", "MessageTrigger", "MessageTrigger"),
    ("1.6", "MessageTriggerEnumType", "ExtendedMessageTrigger"),
    ("1.6", "TriggerMessageStatus", "TriggerMessageStatus"),
    ("1.6", "TriggerMessageStatusEnumType", "ExtendedTriggerMessageStatus"),
    ("1.6", "ChargingRateUnitType", "ChargingRateUnit"),
    ("1.6", "ResetType", "ResetType"),
    ("2.0", "15118EVCertificateStatusEnumType", "Iso15118EVCertificateStatus"),
    ("2.0.1", "Iso15118EVCertificateStatusEnumType", "Iso15118EVCertificateStatus"),
    ("2.0.1", "FirmwareStatusEnumType", "FirmwareStatus"),
    ("2.0.1", "IdTokenType", "IdToken"),
    ("2.0.1", "IdTokenEnumType", "IdTokenEnum"),
    ("2.0.1", "SampledValueType", "SampledValue"),
    ("2.0.1", "ChargingStateEnumType", "ChargingState"),
    ("2.1", "CertificateStatusType", "CertificateStatus"),
    ("2.1", "CertificateStatusEnumType", "CertificateStatusEnum"),
    ("2.1", "CostDimensionType", "CostDimension"),
    ("2.1", "CostDimensionEnumType", "CostDimensionEnum"),
    ("2.1", "VPNType", "VPN"),
    ("2.1", "VPNEnumType", "VPNEnum"),
]


@pytest.mark.parametrize("version, definition, python", TRICKY_CLASSES)
def test_tricky_class(version: str, definition: str, python: str) -> None:
    assert (version, definition) in {(each.version, each.name) for each in [*OBJECTS, *ENUMS]}
    assert python == class_name(version, definition)


def test_no_two_classes_of_a_version_are_the_same() -> None:
    """A type that both wires of 1.6 have, by the same name, is one class."""
    definitions = {(each.version, each.name) for each in [*OBJECTS, *ENUMS]}

    assert [] == doubles(f"{version}.{class_name(version, name)}" for version, name in definitions)


def test_class_names_are_words_with_capitals() -> None:
    names = {class_name(each.version, each.name) for each in [*OBJECTS, *ENUMS]}

    assert [] == sorted(name for name in names if not WORDS.fullmatch(name))


def test_no_class_row_is_idle() -> None:
    """A row names a definition that exists, and not what the rule would call it anyhow."""
    keys = {key for each in [*OBJECTS, *ENUMS] for key in (str(each), each.name)}

    assert set() == set(CLASSES) - keys
    assert [] == [
        key for key, name in CLASSES.items() if key.removesuffix("Type").removesuffix("Enum") == name
    ]


# Files.


@pytest.mark.parametrize("file, name", [("names.toml", "attributes"), ("tokens.toml", "members")])
def test_rows_are_sorted_without_regard_to_case(file: str, name: str) -> None:
    rows = [key for key, value in table(file, name).items() if isinstance(value, str)]

    assert sorted(rows, key=lambda key: (key.lower(), key)) == rows


# Classes.


@pytest.mark.parametrize("version", JSON_VERSIONS)
def test_every_class_has_the_wire_names_of_its_definition(version: str) -> None:
    """None is derived from another spelling, so there is none that does not survive being read and written."""
    stated: dict[str, set[str]] = {}
    for each in OBJECTS:
        if each.version == version:
            stated.setdefault(class_name(version, each.name), set()).update(each.wire)
    classes = (*message_classes(version), *data_types(version))
    held = {cls.__name__: set(shape(cls).by_wire) for cls in classes}

    assert stated == {name: names for name, names in held.items() if names or name in stated}
