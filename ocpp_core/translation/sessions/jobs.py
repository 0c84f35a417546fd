"""Uploads of logs and updates of firmware: 2.0.1 tells jobs apart by the id of their request, plain 1.6 does not.

A job is a record of its kind, ``log`` or ``firmware``, until the next one of that kind.
"""

from typing import Any

from ocpp_core import v16, v20, v201
from ocpp_core.model.messages import Request, evolve
from ocpp_core.translation.losses import LossReason
from ocpp_core.translation.sessions.layers import Asked, Rule, Steps
from ocpp_core.translation.sessions.state import State

#: Answers that say that the job was taken on.
_TAKEN = ("Accepted", "AcceptedCanceled")


def _keep(state: State, kind: str, id: int, action: str) -> None:
    state.records.put("job", kind, {"id": id, "action": action, "status": None})


# Commands


def job_down(kind: str) -> Rule:
    """2.0.1 to 1.6: the id is kept, and which action of 1.6 has asked: it is answered by others."""

    def rule(asked: Asked) -> Steps:
        id = asked.view.required("request_id")

        def kept(made: Request[Any]) -> Any:
            _keep(asked.state, kind, id, made.__ocpp__.action or "")
            return made

        return (yield from asked.carried(kept))

    return rule


def job_up(kind: str) -> Rule:
    """1.6 to 2.0.1: the request has an id, which is given to it if need be."""

    def rule(asked: Asked) -> Steps:
        def kept(made: Any) -> Any:
            _keep(asked.state, kind, made.request_id, asked.message.__ocpp__.action or "")
            return made

        return (yield from asked.carried(kept))

    return rule


def update_firmware_up(asked: Asked) -> Steps:
    """1.6 to 2.0.1: the answer of 1.6 cannot refuse, so a refusal is reported as an update that has failed."""
    refused: list[Any] = []

    def heard(answer: v201.UpdateFirmwareResponse) -> None:
        if answer.status not in _TAKEN:
            refused.append(answer)

    def kept(made: v201.UpdateFirmwareRequest) -> Any:
        _keep(asked.state, "firmware", made.request_id, "UpdateFirmware")
        return made

    answer = yield from asked.carried(kept, heard=heard)
    if refused:
        failed = v16.FirmwareStatus.DOWNLOAD_FAILED
        asked.run.made((None, "", "status"), failed, LossReason.GUESSED)
        asked.aside(v16.FirmwareStatusNotificationRequest(status=failed))
    return answer


# Reports


def status_up(kind: str) -> Rule:
    """1.6 to 2.0.1: the report is that of the job that was asked for last."""

    def rule(asked: Asked) -> Steps:
        job = asked.state.records.get("job", kind)

        def numbered(made: Any) -> Any:
            if made.request_id is not None or job is None:
                return made
            asked.run.made((None, "", "requestId"), job["id"], LossReason.REMEMBERED)
            return evolve(made, request_id=job["id"])

        if kind == "firmware" and asked.message.status in ("Installing", "Installed"):
            asked.state.hints["boot"] = "FirmwareUpdate"
        return (yield from asked.carried(numbered))

    return rule


def status_down(kind: str, plain: str, asked_by: str) -> Rule:
    """2.0.1 to 1.6: in the words of the action that has asked for the job. A status is not reported twice.

    Args:
        kind: Of job.
        plain: The report of plain 1.6.
        asked_by: The request of plain 1.6.
    """

    def rule(asked: Asked) -> Steps:
        records = asked.state.records
        job = records.get("job", kind)
        is_plain = job is not None and job["action"] == asked_by
        sent = ""

        def once(made: Any) -> Any:
            nonlocal sent
            sent = str(made.status)
            is_same = job is not None and job["status"] == sent and made.__ocpp__.action == plain
            return None if is_same else made

        def heard(answer: Any) -> None:
            if job is not None:
                records.put("job", kind, {**job, "status": sent})

        return (yield from asked.carried(once, heard=heard, action=plain if is_plain else ""))

    return rule


def update_firmware_of_2_0(asked: Asked) -> Steps:
    """2.0 to 2.0.1, which answers at once what 2.0 reports of a certificate later."""
    refused: list[str] = []
    id = asked.view.required("request_id")
    answer = yield from asked.carried(heard=lambda response: refused.append(str(response.status)))
    if refused and refused[0] in ("InvalidCertificate", "RevokedCertificate"):
        status = v20.FirmwareStatus(refused[0])
        asked.aside(v20.FirmwareStatusNotificationRequest(status=status, request_id=id))
    return answer
