"""Checks of stations: charging profiles and local lists."""

from ocpp_core.conformance.checks import check
from ocpp_core.conformance.checks.asking import UNSERVED
from ocpp_core.conformance.checks.station_settings import reported
from ocpp_core.conformance.checks.steering import ask, is_served, placed, quiet
from ocpp_core.conformance.checks.transacting import UNKNOWN_ID
from ocpp_core.conformance.requests import is_first, timestamp, token
from ocpp_core.conformance.stages import Answer, AnswerKind, Json, Stage
from ocpp_core.model.codes import ErrorCode
from ocpp_core.testing.smallest import TOKEN

_NO_CONNECTOR = 999
_NO_UNIT = "Furlong"
#: Of the profiles that are set here.
PROFILE_ID = 47110
#: Amperes that they allow; few enough for any station.
_LIMIT = 10


# Charging profiles


def profile_of(stage: Stage, purpose: str, *, id: int = PROFILE_ID, level: int = 0) -> Json:
    """A profile that allows a little, as it stands on the wire."""
    periods = [{"startPeriod": 0, "limit": _LIMIT}]
    # What limits the whole station has no transaction to begin with.
    is_whole = purpose.endswith("MaxProfile")
    begins: Json = {"startSchedule": timestamp(-60)} if is_whole else {}
    schedule: Json = {"chargingRateUnit": "A", "chargingSchedulePeriod": periods, **begins}
    first = is_first(stage.specification)
    named: Json = {"chargingProfileId": id} if first else {"id": id}
    if purpose == "TxProfile":
        named["transactionId"] = UNKNOWN_ID if first else "no-such-transaction"
    return {
        **named,
        "stackLevel": level,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Absolute" if is_whole else "Relative",
        "chargingSchedule": schedule if first else [{"id": 1, **schedule}],
    }


async def set_profile(stage: Stage, profile: Json, *, number: int = 1) -> Answer:
    """Sets a profile at a connector of 1.x, or an EVSE of 2.x; 0 is the whole station."""
    members = {**placed(stage, number), "csChargingProfiles": profile, "chargingProfile": profile}
    return await ask(stage, "SetChargingProfile", members)


async def clear_profile(stage: Stage, id: int = PROFILE_ID) -> Answer:
    """Takes a profile away."""
    return await ask(stage, "ClearChargingProfile", {"id": id, "chargingProfileId": id})


async def has_profile(stage: Stage, purpose: str = "TxDefaultProfile", number: int = 1) -> None:
    """Sets a profile where that has to work."""
    await is_set(stage, profile_of(stage, purpose), number=number)


async def is_set(stage: Stage, profile: Json, *, number: int = 1) -> None:
    """Sets this very profile where that has to work.

    Raises:
        Inconclusive, NotApplicable: It does not.
    """
    answer = await set_profile(stage, profile, number=number)
    status = is_served(stage, answer, "smart-charging").get("status")
    if status == "NotSupported":
        stage.does_not_apply("smart charging is not supported")
    if status != "Accepted":
        stage.cannot_tell(f"a {profile['chargingProfilePurpose']} was not accepted: {status}")


@check("profile.transaction-needed")
async def transaction_needed(stage: Stage) -> None:
    """Sets the profile of a transaction where none runs."""
    answer = await set_profile(stage, profile_of(stage, "TxProfile"))
    if answer.kind is AnswerKind.ERROR and answer.code not in ("NotSupported", "NotImplemented"):
        return
    status = is_served(stage, answer, "smart-charging").get("status")
    if status == "Accepted":
        await clear_profile(stage)
        stage.deviates("Rejected, since no transaction runs", str(status), marks=(answer.mark,))


@check("profile.unknown-connector")
async def unknown_connector(stage: Stage) -> None:
    """Sets a profile where there is no connector."""
    answer = await set_profile(stage, profile_of(stage, "TxDefaultProfile"), number=_NO_CONNECTOR)
    if answer.kind is AnswerKind.ERROR:
        return
    status = stage.needed(answer).get("status")
    if status == "Accepted":
        await clear_profile(stage)
        stage.deviates("a refusal, since there is no such connector", str(status), marks=(answer.mark,))


@check("profile.bad-token")
async def bad_token(stage: Stage) -> None:
    """Sets a profile in a unit that there is not, and asks for a schedule in one."""
    profile = profile_of(stage, "TxDefaultProfile")
    profile["chargingSchedule"]["chargingRateUnit"] = _NO_UNIT
    wanted = stage.specification.error_names[stage.wire][ErrorCode.PROPERTY_CONSTRAINT]
    for place, answer in (
        ("SetChargingProfile", await set_profile(stage, profile)),
        ("GetCompositeSchedule", await composite(stage, unit=_NO_UNIT)),
    ):
        if answer.kind is AnswerKind.ERROR and answer.code in UNSERVED:
            stage.does_not_apply("smart charging is not served")
        if answer.kind not in (AnswerKind.ERROR, AnswerKind.RESULT):
            stage.needed(answer, place)
        if answer.payload is not None and answer.payload.get("status") == "Accepted":
            await clear_profile(stage)
        if answer.code != wanted:
            got = answer if answer.payload is None else answer.payload.get("status")
            stage.deviates(f"an error {wanted}", got, place=place, marks=(answer.mark,))


@check("profile.clear-unknown")
async def clear_unknown(stage: Stage) -> None:
    """Clears a profile that there is not."""
    answer = await clear_profile(stage, 987654)
    status = is_served(stage, answer, "smart-charging").get("status")
    if status != "Unknown":
        stage.deviates("Unknown", str(status), marks=(answer.mark,))


@check("profile.cleared")
async def cleared(stage: Stage) -> None:
    """Sets a profile, and clears it twice."""
    await has_profile(stage)
    answer = await clear_profile(stage)
    status = stage.needed(answer).get("status")
    if status != "Accepted":
        stage.deviates("Accepted, since it was set", str(status), place="at first", marks=(answer.mark,))
    answer = await clear_profile(stage)
    status = stage.needed(answer).get("status")
    if status == "Accepted":
        stage.deviates("Unknown, since it was cleared", str(status), place="again", marks=(answer.mark,))


async def composite(stage: Stage, number: int = 1, *, unit: str = "A") -> Answer:
    """Asks for the schedule of the next minute."""
    members = {**placed(stage, number), "duration": 60, "chargingRateUnit": unit}
    return await ask(stage, "GetCompositeSchedule", members)


async def _schedule(stage: Stage) -> tuple[Json, Json, Answer]:
    answer = await composite(stage)
    payload = is_served(stage, answer, "smart-charging")
    if payload.get("status") != "Accepted":
        stage.cannot_tell(f"no composite schedule: {payload.get('status')}")
    schedule = payload.get("chargingSchedule", payload.get("schedule"))
    if not isinstance(schedule, dict):
        stage.cannot_tell("there is no schedule in the answer")
    return payload, schedule, answer


@check("composite.unknown-connector")
async def composite_unknown(stage: Stage) -> None:
    """Asks for the schedule of what there is not."""
    answer = await composite(stage, _NO_CONNECTOR)
    if answer.kind is AnswerKind.ERROR and answer.code not in ("NotSupported", "NotImplemented"):
        return
    status = is_served(stage, answer, "smart-charging").get("status")
    if status != "Rejected":
        stage.deviates("Rejected", str(status), marks=(answer.mark,))


@check("composite.start")
async def composite_start(stage: Stage) -> None:
    """Looks where the schedule says when it starts."""
    payload, schedule, answer = await _schedule(stage)
    if "startSchedule" in schedule or "scheduleStart" not in payload:
        stage.deviates(
            "scheduleStart beside the schedule", "startSchedule in it, or none", marks=(answer.mark,)
        )


@check("composite.duration")
async def composite_duration(stage: Stage) -> None:
    """Looks how long the schedule is."""
    _, schedule, answer = await _schedule(stage)
    duration = schedule.get("duration")
    if duration is not None and duration != 60:
        stage.deviates("the duration that was asked for, 60", f"{duration}", marks=(answer.mark,))


@check("composite.limit")
async def composite_limit(stage: Stage) -> None:
    """Limits the whole station, and looks whether the schedule keeps it."""
    first = is_first(stage.specification)
    await has_profile(stage, "ChargePointMaxProfile" if first else "ChargingStationMaxProfile", 0)
    try:
        _, schedule, answer = await _schedule(stage)
    finally:
        await clear_profile(stage)
    limits = [period.get("limit", 0) for period in schedule.get("chargingSchedulePeriod") or ()]
    if schedule.get("chargingRateUnit") == "A" and limits and max(limits) > _LIMIT:
        stage.deviates(f"{_LIMIT} A at most", f"{max(limits)} A", marks=(answer.mark,))


async def _reports(stage: Stage, id: int) -> Answer:
    wanted = {"requestId": id, "chargingProfile": {"chargingProfilePurpose": "TxDefaultProfile"}}
    return await ask(stage, "GetChargingProfiles", wanted)


@check("profile.none-reported")
async def none_reported(stage: Stage) -> None:
    """Asks for the profile of an id that there is not."""
    wanted = {"requestId": 4720, "chargingProfile": {"chargingProfileId": [987654]}}
    await clear_profile(stage)
    answer = await ask(stage, "GetChargingProfiles", wanted)
    status = is_served(stage, answer, "smart-charging").get("status")
    if status != "NoProfiles":
        stage.deviates("NoProfiles", str(status), marks=(answer.mark,))


@check("profile.reported")
async def profile_reported(stage: Stage) -> None:
    """Sets a profile, and asks for all."""
    await has_profile(stage)
    answer = await _reports(stage, 4721)
    if stage.needed(answer).get("status") != "Accepted":
        await clear_profile(stage)
        stage.cannot_tell("the report was not accepted")
    parts = await reported(stage, "ReportChargingProfiles")
    # What comes after the last part is judged too.
    await quiet(stage)
    await clear_profile(stage)
    if not parts:
        stage.deviates("a report after it was accepted", "none", marks=(answer.mark,))


@check("profile.report-id")
async def profile_report_id(stage: Stage) -> None:
    """Looks at the request id of the report."""
    await has_profile(stage)
    await _reports(stage, 4722)
    parts = await reported(stage, "ReportChargingProfiles")
    await clear_profile(stage)
    for call in parts:
        if call.payload.get("requestId") != 4722:
            stage.deviates("requestId 4722", f"{call.payload.get('requestId')}", marks=(call.mark,))


# Local lists


async def _send(stage: Stage, version: int, type: str, *tokens: str, status: str = "Accepted") -> Answer:
    entries = [
        {
            **token(stage.specification, text),
            "idTagInfo" if is_first(stage.specification) else "idTokenInfo": {"status": status},
        }
        for text in tokens
    ]
    members: Json = {"listVersion": version, "versionNumber": version, "updateType": type}
    if entries:
        members |= {"localAuthorizationList": entries, "localAuthorisationList": entries}
    return await ask(stage, "SendLocalList", members)


async def version_of_list(stage: Stage) -> tuple[int, Answer]:
    """The version of the local list, and the answer that tells it."""
    answer = await ask(stage, "GetLocalListVersion")
    payload = is_served(stage, answer, "local-list")
    version: int = payload["listVersion"] if "listVersion" in payload else payload["versionNumber"]
    return version, answer


async def has_sent(stage: Stage, version: int, type: str, *tokens: str, status: str = "Accepted") -> None:
    """Sends a list, or a change of it, that has to be accepted: tokens with what is thought of them.

    Raises:
        Inconclusive: It is not.
    """
    answer = await _send(stage, version, type, *tokens, status=status)
    said = is_served(stage, answer, "local-list").get("status")
    if said == "NotSupported":
        stage.does_not_apply("local lists are not supported")
    if said != "Accepted":
        stage.cannot_tell(f"the list was not accepted: {said}")


@check("local-list.version")
async def list_version(stage: Stage) -> None:
    """Sends a list, and asks for its version."""
    await has_sent(stage, 7, "Full", TOKEN)
    version, answer = await version_of_list(stage)
    if version != 7:
        stage.deviates("version 7, as was sent", f"{version}", marks=(answer.mark,))


@check("local-list.differential")
async def list_differential(stage: Stage) -> None:
    """Sends a list, and a change of it."""
    await has_sent(stage, 7, "Full", TOKEN)
    await has_sent(stage, 8, "Differential", "CONFORMANCE-0002")
    version, answer = await version_of_list(stage)
    if version != 8:
        stage.deviates("version 8, as was sent", f"{version}", marks=(answer.mark,))


@check("local-list.mismatch")
async def list_mismatch(stage: Stage) -> None:
    """Sends a change of an older version."""
    await has_sent(stage, 7, "Full", TOKEN)
    answer = await _send(stage, 6, "Differential", "CONFORMANCE-0002")
    status = stage.needed(answer).get("status")
    if status not in ("VersionMismatch", "Failed"):
        stage.deviates("VersionMismatch", str(status), marks=(answer.mark,))


@check("local-list.mismatch-unchanged")
async def list_mismatch_unchanged(stage: Stage) -> None:
    """Asks for the version after a change that was refused."""
    await has_sent(stage, 7, "Full", TOKEN)
    before, _ = await version_of_list(stage)
    status = stage.needed(await _send(stage, 6, "Differential", "CONFORMANCE-0002")).get("status")
    if status == "Accepted":
        stage.cannot_tell("the change was not refused")
    version, answer = await version_of_list(stage)
    if version != before:
        stage.deviates(f"version {before} still", f"{version}", marks=(answer.mark,))


@check("local-list.empty")
async def list_empty(stage: Stage) -> None:
    """Empties the list, and asks for its version."""
    await has_sent(stage, 9, "Full")
    version, answer = await version_of_list(stage)
    # Some take the number that was sent with the empty list: the standard says both.
    if version not in (0, 9):
        stage.deviates("version 0, since the list is empty", f"{version}", marks=(answer.mark,))
