"""Ids that one version of 2.x says and another does not: of reports, of certificates and of monitors."""

from typing import Any

from ocpp_core.model.messages import evolve
from ocpp_core.translation.losses import LossReason
from ocpp_core.translation.runs import is_tolerated
from ocpp_core.translation.sessions.layers import Asked, Rule, Steps

#: Monitors that are remembered of a station.
_MOST = 1_000


def asked_for(report: str) -> Rule:
    """To 2.0, which may report without the id of the request: the last one is kept.

    Args:
        report: The action that reports.
    """

    def rule(asked: Asked) -> Steps:
        asked.state.records.put("request", report, asked.view.required("request_id"))
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
        asked.state.records.put("request", "SignCertificate", asked.view.required("request_id"))
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
    """Which monitors the CSMS has set, and how: reports of other versions do not say."""
    answer = yield from asked.carried()
    wanted = list(asked.message.set_monitoring_data)
    for number, one in enumerate(getattr(answer, "set_monitoring_result", None) or ()):
        # In the order of the request; the rest of a monitor is in that alone.
        if one.status == "Accepted" and one.id is not None and number < len(wanted):
            _keep(asked, "monitor", one.id, wanted[number])
    return answer


def notify_monitoring_report(asked: Asked) -> Steps:
    """From 2.0.1: what the monitors of a station are; its events have their ids alone."""
    for one in asked.message.monitor or ():
        for monitor in one.variable_monitoring:
            _keep(asked, "reported", monitor.id, monitor)
    return (yield from asked.carried())


def _keep(asked: Asked, kind: str, id: int, monitor: Any) -> None:
    if is_tolerated(monitor):  # 2.0 could not be told it
        return
    known = {
        "value": str(monitor.value),
        "type": str(monitor.type),
        "severity": monitor.severity,
        "transaction": bool(monitor.transaction),
    }
    asked.state.records.push(kind, str(id), known, _MOST)


def clear_variable_monitoring(asked: Asked) -> Steps:
    """A monitor that is gone was set by nobody."""
    answer = yield from asked.carried()
    for one in getattr(answer, "clear_monitoring_result", None) or ():
        if one.status == "Accepted":
            asked.state.records.remove("monitor", str(one.id))
            asked.state.records.remove("reported", str(one.id))
    return answer
