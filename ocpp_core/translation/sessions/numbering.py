"""Ids that one version of 2.x says and another does not: of reports, of certificates and of monitors."""

from typing import Any

from ocpp_core.model.messages import evolve
from ocpp_core.translation.losses import LossReason
from ocpp_core.translation.sessions.layers import Asked, Rule, Steps

#: Monitors that are remembered of a station.
_MOST = 1_000


def asked_for(report: str) -> Rule:
    """To 2.0, which may report without the id of the request: the last one is kept.

    Args:
        report: The action that reports.
    """

    def rule(asked: Asked) -> Steps:
        asked.state.records.put("request", report, asked.message.request_id)
        return (yield from asked.carried())

    return rule


def reported(asked: Asked) -> Steps:
    """From 2.0: a report without an id is that of the last request."""
    id = asked.state.records.get("request", asked.message.__ocpp__.action or "")

    def numbered(made: Any) -> Any:
        if id is None or getattr(asked.message, "request_id", None) is not None:
            return made
        asked.filled("requestId", id, LossReason.REMEMBERED)
        return evolve(made, request_id=id)

    return (yield from asked.carried(numbered))


def sign_certificate(asked: Asked) -> Steps:
    """From 2.1, which numbers the requests for certificates."""
    if asked.message.request_id is not None:
        asked.state.records.put("request", "SignCertificate", asked.message.request_id)
    return (yield from asked.carried())


def certificate_signed(asked: Asked) -> Steps:
    """To 2.1: the certificate is for the last request."""
    id = asked.state.records.get("request", "SignCertificate")

    def numbered(made: Any) -> Any:
        if id is None:
            return made
        asked.filled("requestId", id, LossReason.REMEMBERED)
        return evolve(made, request_id=id)

    answer = yield from asked.carried(numbered)
    if getattr(answer, "status", None) == "Accepted":
        asked.state.records.remove("request", "SignCertificate")
    return answer


def set_variable_monitoring(asked: Asked) -> Steps:
    """Which monitors the CSMS has set: reports of other versions do not say."""
    answer = yield from asked.carried()
    for one in getattr(answer, "set_monitoring_result", None) or ():
        if one.status == "Accepted" and one.id is not None:
            asked.state.records.push("monitor", str(one.id), {"severity": one.severity}, _MOST)
    return answer


def clear_variable_monitoring(asked: Asked) -> Steps:
    """A monitor that is gone was set by nobody."""
    answer = yield from asked.carried()
    for one in getattr(answer, "clear_monitoring_result", None) or ():
        if one.status == "Accepted":
            asked.state.records.remove("monitor", str(one.id))
    return answer
