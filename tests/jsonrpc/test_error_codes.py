"""Error codes (§4.3): their names in each version, and which of several faults decides on the code."""

import pytest

from frames import FIRST, answer, codec, every_version, refusal
from ocpp_core import v20
from ocpp_core.model.codes import ErrorCode, FrameKind
from ocpp_core.model.errors import LocalProtocolError
from ocpp_core.model.messages import Call, CallError, CallResultError
from ocpp_core.model.violations import decisive
from toy import PingRequest

#: Every name: what it means, and the versions that write it so.
CODES: dict[str, tuple[ErrorCode, str]] = {
    "NotImplemented": (ErrorCode.NOT_IMPLEMENTED, "1.2 1.5 1.6 2.0 2.0.1 2.1"),
    "NotSupported": (ErrorCode.NOT_SUPPORTED, "1.2 1.5 1.6 2.0 2.0.1 2.1"),
    "InternalError": (ErrorCode.INTERNAL, "1.2 1.5 1.6 2.0 2.0.1 2.1"),
    "ProtocolError": (ErrorCode.PROTOCOL, "1.2 1.5 1.6 2.0 2.0.1 2.1"),
    "SecurityError": (ErrorCode.SECURITY, "1.2 1.5 1.6 2.0 2.0.1 2.1"),
    "FormationViolation": (ErrorCode.FORMAT, "1.2 1.5 1.6"),
    "FormatViolation": (ErrorCode.FORMAT, "2.0 2.0.1 2.1"),
    "PropertyConstraintViolation": (ErrorCode.PROPERTY_CONSTRAINT, "1.2 1.5 1.6 2.0 2.0.1 2.1"),
    "OccurenceConstraintViolation": (ErrorCode.OCCURRENCE_CONSTRAINT, "1.2 1.5 1.6"),
    "OccurrenceConstraintViolation": (ErrorCode.OCCURRENCE_CONSTRAINT, "2.0 2.0.1 2.1"),
    "TypeConstraintViolation": (ErrorCode.TYPE_CONSTRAINT, "1.2 1.5 1.6 2.0 2.0.1 2.1"),
    "GenericError": (ErrorCode.GENERIC, "1.2 1.5 1.6 2.0 2.0.1 2.1"),
    "MessageTypeNotSupported": (ErrorCode.MESSAGE_TYPE, "2.0 2.0.1 2.1"),
    "RpcFrameworkError": (ErrorCode.FRAME, "2.0 2.0.1 2.1"),
}
#: Neutral codes that borrow a name: in 1.6, in 2.x.
BORROWED = {
    ErrorCode.STRUCTURE: ("FormationViolation", "ProtocolError"),
    ErrorCode.FRAME: ("FormationViolation", "RpcFrameworkError"),
    ErrorCode.MESSAGE_ID: ("GenericError", "RpcFrameworkError"),
}


@every_version
@pytest.mark.parametrize("name", CODES)
def test_j16_4_2_3_j201_4_3_every_code_of_every_version_is_understood(version: str, name: str) -> None:
    code, versions = CODES[name]
    spelling = None if version in versions.split() else name
    frame = codec(version).decode(f'[4,"17","{name}","d",{{"a":1}}]')

    assert CallError("17", code, "d", {"a": 1}, spelling=spelling) == frame
    assert () == frame.violations


@every_version
@pytest.mark.parametrize("code", ErrorCode)
def test_j16_4_2_3_j201_4_3_code_is_written_as_the_version_spells_it(version: str, code: ErrorCode) -> None:
    names = [
        name for name, (meant, versions) in CODES.items() if meant is code and version in versions.split()
    ]
    if code in BORROWED:
        names = [BORROWED[code][version not in FIRST]]
    if names:
        assert f'[4,"17","{names[0]}","",{{}}]' == codec(version).encode(CallError("17", code))
    else:
        with pytest.raises(LocalProtocolError, match=f"OCPP {version} has no error code for {code}"):
            codec(version).encode(CallError("17", code))


@every_version
def test_codes_without_a_name_are_those_of_soap_and_in_1_6_that_of_unknown_types(version: str) -> None:
    def has_name(code: ErrorCode) -> bool:
        try:
            return bool(codec(version).encode(CallError("17", code)))
        except LocalProtocolError:
            return False

    nameless = {code for code in ErrorCode if not has_name(code)}
    soap = {
        ErrorCode.IDENTITY,
        ErrorCode.ENVELOPE_VERSION,
        ErrorCode.OLD_ENVELOPE_VERSION,
        ErrorCode.MUST_UNDERSTAND,
    }
    assert soap | ({ErrorCode.MESSAGE_TYPE} if version in FIRST else set()) == nameless


@every_version
@pytest.mark.parametrize("name", ["", "genericError", "Nope", "Störung", "x" * 10_000])
def test_j16_4_2_3_unknown_code_is_kept_and_means_generic(version: str, name: str) -> None:
    frame = codec(version).decode(f'[4,"17","{name}","d",{{}}]')

    assert CallError("17", ErrorCode.GENERIC, "d", spelling=name) == frame
    assert '[4,"17","GenericError","d",{}]' == codec(version).encode(frame), "never its spelling"


def test_j21_4_2_3_callresulterror_is_read_like_a_callerror() -> None:
    frame = codec("2.1").decode('[5,"17","FormationViolation","d",{}]')

    assert CallResultError("17", ErrorCode.FORMAT, "d", spelling="FormationViolation") == frame


_SOC = (
    '[2,"17","NotifyEVChargingNeeds",{"evseId":1,"chargingNeeds":{"requestedEnergyTransfer":"DC",'
    '"dcChargingParameters":{"evMaxCurrent":1,"evMaxVoltage":1,"stateOfCharge":%s}}}]'
)
_SCHEDULES = ",".join(
    ['{"id":1,"chargingRateUnit":"A","chargingSchedulePeriod":[{"startPeriod":0,"limit":1}]}'] * 4
)
KEYWORDS: dict[str, tuple[str, str, str, str]] = {
    "type": ("1.6", '[2,"17","Authorize",{"idTag":17}]', "$.idTag", "TypeConstraintViolation"),
    "enum": ("1.6", '[2,"17","Reset",{"type":"Warm"}]', "$.type", "PropertyConstraintViolation"),
    "maxLength": (
        "1.6",
        f'[2,"17","Authorize",{{"idTag":"{"x" * 21}"}}]',
        "$.idTag",
        "PropertyConstraintViolation",
    ),
    "multipleOf": (
        "1.6",
        '[2,"17","RemoteStartTransaction",{"idTag":"x","chargingProfile":{"chargingProfileId":1,"stackLevel":0,'
        '"chargingProfilePurpose":"TxProfile","chargingProfileKind":"Absolute","chargingSchedule":{'
        '"chargingRateUnit":"A","chargingSchedulePeriod":[{"startPeriod":0,"limit":16.15}]}}}]',
        "$.chargingProfile.chargingSchedule.chargingSchedulePeriod[0].limit",
        "PropertyConstraintViolation",
    ),
    "format": (
        "1.6",
        '[2,"17","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Available","timestamp":"now"}]',
        "$.timestamp",
        "PropertyConstraintViolation",
    ),
    "required": ("1.6", '[2,"17","Authorize",{}]', "$.idTag", "OccurenceConstraintViolation"),
    "additionalProperties": ("1.6", '[2,"17","Heartbeat",{"a":1}]', "$.a", "FormationViolation"),
    "type 2.x": ("2.0.1", '[2,"17","Reset",{"type":null}]', "$.type", "TypeConstraintViolation"),
    "enum 2.x": ("2.0.1", '[2,"17","Reset",{"type":"Hard"}]', "$.type", "PropertyConstraintViolation"),
    "minimum 2.x": (
        "2.0.1",
        _SOC % "-1",
        "$.chargingNeeds.dcChargingParameters.stateOfCharge",
        "PropertyConstraintViolation",
    ),
    "maximum 2.x": (
        "2.0.1",
        _SOC % "101",
        "$.chargingNeeds.dcChargingParameters.stateOfCharge",
        "PropertyConstraintViolation",
    ),
    "required 2.x": ("2.0.1", '[2,"17","Reset",{}]', "$.type", "OccurrenceConstraintViolation"),
    "minItems 2.x": (
        "2.0.1",
        '[2,"17","GetVariables",{"getVariableData":[]}]',
        "$.getVariableData",
        "OccurrenceConstraintViolation",
    ),
    "maxItems 2.x": (
        "2.0.1",
        '[2,"17","ReportChargingProfiles",{"requestId":1,"chargingLimitSource":"EMS","evseId":1,"chargingProfile":['
        '{"id":1,"stackLevel":0,"chargingProfilePurpose":"TxProfile","chargingProfileKind":"Absolute",'
        f'"chargingSchedule":[{_SCHEDULES}]}}]}}]',
        "$.chargingProfile[0].chargingSchedule",
        "OccurrenceConstraintViolation",
    ),
    "additionalProperties 2.x": ("2.0.1", '[2,"17","Heartbeat",{"a":1}]', "$.a", "ProtocolError"),
    "additionalProperties 2.1": ("2.1", '[2,"17","Heartbeat",{"a":1}]', "$.a", "ProtocolError"),
}


@pytest.mark.parametrize("case", KEYWORDS)
def test_j16_4_2_3_j201_4_3_broken_keyword_draws_its_code(case: str) -> None:
    version, text, path, name = KEYWORDS[case]
    error = refusal(version, text)

    assert [(path, case.split(maxsplit=1)[0])] == [(it.path, it.keyword) for it in error.violations]
    assert [4, "17", name] == answer(version, error)
    assert path in error.reason


def test_unknown_members_are_no_fault_where_the_schema_is_open() -> None:
    frame = codec("2.0").decode('[2,"17","Heartbeat",{"a":1}]')

    assert Call("17", v20.HeartbeatRequest(extra={"a": 1})) == frame


#: Members of a Ping that break one rule each, from the strongest on.
FAULTS = [
    ('"number":"1"', ErrorCode.TYPE_CONSTRAINT),
    ('"note":{}', ErrorCode.OCCURRENCE_CONSTRAINT),
    ('"text":"12345678901"', ErrorCode.PROPERTY_CONSTRAINT),
    ('"speed":1', ErrorCode.STRUCTURE),
]


@pytest.mark.parametrize("strongest", range(4))
@pytest.mark.parametrize("weakest", range(4))
@pytest.mark.parametrize("backwards", [False, True])
def test_type_then_occurrence_then_property_then_unknown_member(
    strongest: int, weakest: int, backwards: bool
) -> None:
    faults = [FAULTS[strongest], *FAULTS[max(weakest, strongest + 1) :]]
    members = [text for text, _ in faults]
    if not any("text" in member for member in members):
        members.append('"text":""')
    error = refusal("toy", f'[2,"17","Ping",{{{",".join(members[::-1] if backwards else members)}}}]')

    assert FAULTS[strongest][1] is error.code
    assert len(faults) == len(error.violations)
    assert decisive(error.violations) is error.code


def test_all_violations_come_along_in_document_order() -> None:
    error = refusal("toy", '[2,"17","Turn",{"a":1,"direction":"Up","steps":[0,"1"],"b":2}]')

    assert ["$.a", "$.direction", "$.steps[0]", "$.steps[1]", "$.b"] == [it.path for it in error.violations]
    assert error.reason.endswith(" ...")
    assert "$.steps[1]" not in error.reason, "three are enough for a sentence"


#: Frames with two faults; the stage that comes first decides.
STAGES: dict[str, tuple[str, FrameKind, str | None, ErrorCode]] = {
    "type before id": ('[7,"","Ping",{}]', FrameKind.UNKNOWN_TYPE, "", ErrorCode.MESSAGE_TYPE),
    "type before missing id": ("[7,null]", FrameKind.UNKNOWN_TYPE, None, ErrorCode.MESSAGE_TYPE),
    "id before arity": ('[2,"","Ping"]', FrameKind.CALL, "", ErrorCode.MESSAGE_ID),
    "missing id before arity": ("[2,17]", FrameKind.UNREADABLE, None, ErrorCode.FRAME),
    "id before action": ('[2,"","Nope",{}]', FrameKind.CALL, "", ErrorCode.MESSAGE_ID),
    "id before broken payload": ('[2,"","Ping",{', FrameKind.CALL, "", ErrorCode.MESSAGE_ID),
    "arity before action": ('[2,"17","Nope"]', FrameKind.CALL, "17", ErrorCode.FRAME),
    "arity before payload": ('[2,"17","Ping",[],1]', FrameKind.CALL, "17", ErrorCode.FRAME),
    "action before broken payload": ('[2,"17","Nope",{', FrameKind.CALL, "17", ErrorCode.NOT_IMPLEMENTED),
    "action before payload": ('[2,"17","Nope",[]]', FrameKind.CALL, "17", ErrorCode.NOT_IMPLEMENTED),
    "direction before broken payload": ('[2,"17","Tick",{', FrameKind.CALL, "17", ErrorCode.NOT_SUPPORTED),
    "direction before payload": ('[2,"17","Tick",[]]', FrameKind.CALL, "17", ErrorCode.NOT_SUPPORTED),
    "broken payload before its type": ('[2,"17","Ping",[}', FrameKind.CALL, "17", ErrorCode.FORMAT),
    "broken payload before its schema": (
        '[2,"17","Ping",{"a":1,"a":1}]',
        FrameKind.CALL,
        "17",
        ErrorCode.FORMAT,
    ),
    "payload before its schema": ('[2,"17","Ping",["text"]]', FrameKind.CALL, "17", ErrorCode.STRUCTURE),
}


@pytest.mark.parametrize("case", STAGES)
def test_first_stage_that_fails_decides(case: str) -> None:
    text, kind, id, code = STAGES[case]
    error = refusal("toy", text)

    assert (kind, id, code) == (error.kind, error.id, error.code)


def test_refusal_knows_the_action() -> None:
    texts = [
        '[2,"17","Ping",{',
        '[2,"17","Ping",{}]',
        '[2,"17","Ping",[]]',
        '[2,"17","Ping"]',
        '[2,"17","Tick",{}]',
    ]

    assert ["Ping", "Ping", "Ping", "Ping", "Tick"] == [refusal("toy", text).action for text in texts]
    assert "Ping" == refusal("toy", '[3,"17",{}]', calls={"17": PingRequest}).action
    assert "CALL '17' Ping: $.text: is missing" == str(refusal("toy", '[2,"17","Ping",{}]'))
