"""Checks of CSMSs: whatever a station answers to what it is asked, the CSMS goes on.

The user's hook gets the CSMS to ask the same again and again; each time it is answered otherwise.
"""

import re
from collections.abc import Iterator
from typing import Any

from ocpp_core.conformance.checks import check
from ocpp_core.conformance.checks.asking import ask, listen
from ocpp_core.conformance.hooks import HookFailed
from ocpp_core.conformance.requests import response
from ocpp_core.conformance.stages import AnswerKind, Json, PeerCall, Refused, Stage
from ocpp_core.conformance.verdicts import Inconclusive
from ocpp_core.model.shapes import shape

#: What a CSMS asks, and a station answers with a status; each has a rule.
ACTIONS = (
    "ChangeAvailability",
    "ChangeConfiguration",
    "ClearCache",
    "RemoteStartTransaction",
    "RemoteStopTransaction",
    "Reset",
    "UnlockConnector",
    "UpdateFirmware",
    "DataTransfer",
    "SendLocalList",
    "CancelReservation",
    "ReserveNow",
    "ClearChargingProfile",
    "GetCompositeSchedule",
    "SetChargingProfile",
    "TriggerMessage",
    "DeleteCertificate",
    "ExtendedTriggerMessage",
    "GetInstalledCertificateIds",
    "GetLog",
    "InstallCertificate",
    "SignedUpdateFirmware",
    "GetBaseReport",
    "GetReport",
    "SetNetworkProfile",
    "RequestStartTransaction",
    "RequestStopTransaction",
    "GetChargingProfiles",
    "PublishFirmware",
    "UnpublishFirmware",
    "CustomerInformation",
    "GetMonitoringReport",
    "SetMonitoringBase",
    "SetMonitoringLevel",
    "ClearDisplayMessage",
    "GetDisplayMessages",
    "SetDisplayMessage",
    "ChangeTransactionTariff",
    "GetTariffs",
    "SetDefaultTariff",
    "UpdateDynamicSchedule",
    "UsePriorityCharging",
    "AdjustPeriodicEventStream",
    "AFRRSignal",
    "NotifyAllowedEnergyTransfer",
    "ClearDERControl",
    "GetDERControl",
    "SetDERControl",
    "RequestBatterySwap",
)
#: The humps of a name.
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
#: Seconds that the last answer is given to do its work.
_WHILE = 0.2
#: How a station says that it does not do such a thing.
_ERRORS = ("NotSupported", "NotImplemented")


def _answers(stage: Stage, action: str) -> Iterator[tuple[str, Json | Refused]]:
    """Each status of the version, and what it means to be without such a thing."""
    kind: Any = shape(stage.specification.response(action)).by_wire["status"].kind
    for status in map(str, kind.enum):
        yield status, response(stage.specification, action, {"status": status})
    for code in _ERRORS:
        yield f"an error {code}", Refused(code, "the played station does not do this")


def _register(rule: str, action: str) -> None:
    @check(rule)
    async def judge(stage: Stage) -> None:
        """Has it asked for each answer, and beats at the end."""
        stage.needed(await ask(stage, "Heartbeat"), "the answer to a heartbeat before")
        told, last, is_whole = "", -1, True
        for name, answer in _answers(stage, action):

            def answered(call: PeerCall, answer: Json | Refused = answer) -> Json | Refused:
                return answer

            stage.responders[action] = answered
            try:
                call = await stage.provoke(action)
            except (Inconclusive, HookFailed):
                # Whoever has gone asks nothing more: the heartbeat tells.
                if not told:
                    raise
                is_whole = False
                break
            told, last = name, call.mark
        await listen(stage, min(stage.profile.silence, _WHILE))
        came = await ask(stage, "Heartbeat")
        if came.kind is AnswerKind.CLOSED:
            stage.deviates(
                f"an open connection after {told}",
                came,
                place=f"{action} {told}",
                marks=(last, came.mark),
            )
        stage.needed(came, "the answer to a heartbeat after it")
        if not is_whole:
            stage.cannot_tell(f"no {action} has come after {told}")


def rule_of(action: str) -> str:
    """The id of the rule about an action."""
    return f"taken.{_HUMP.sub('-', action).lower()}"


for _action in ACTIONS:
    _register(rule_of(_action), _action)
