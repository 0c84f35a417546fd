"""Stations with one fault each in what their reports select, which monitors they take, and how they come back."""

from typing import Any

from conformance.peers.station import Station
from conformance.peers.station_answers import HANDLERS, INSTANCES, Refused
from conformance.peers.station_ways import (
    SECOND,
    THIRD,
    Change,
    Fault,
    before,
    behaving,
    called,
    instead,
    item_status,
    results,
    without,
)

Json = dict[str, Any]


def _lenient(rule: str) -> Change:
    return lambda station: station.lenient.add(rule)


def _some_instance(station: Station, payload: Json) -> Json:
    """Finds what has an instance without it."""
    asked = [
        {**item, "variable": {**item["variable"], "instance": INSTANCES[item["variable"]["name"]]}}
        if item["variable"]["name"] in INSTANCES
        else item
        for item in payload["getVariableData"]
    ]
    result = HANDLERS["GetVariables"](station, {"getVariableData": asked})
    for item, row in zip(payload["getVariableData"], result["getVariableResult"], strict=True):
        row["variable"] = item["variable"]
    return result


def _all_variables(self: Station, payload: Json) -> list[tuple[str, str]]:
    return Station.selected(self, {})


async def _first_places(self: Station, payload: Json) -> None:
    """Reports of each component the first alone, if it was asked for some."""
    if "componentVariable" not in payload:
        await Station.after_GetReport(self, payload)
        return
    whole, self.places = self.places, lambda name: Station.places(self, name)[:1]  # type: ignore[method-assign]
    try:
        await Station.after_GetReport(self, payload)
    finally:
        self.places = whole  # type: ignore[method-assign]


async def _without_states(self: Station, payload: Json) -> None:
    rows = self.reportable()
    if payload["reportBase"] == "SummaryInventory":
        rows = [row for row in rows if row["variable"]["name"] != "AvailabilityState"]
    await self.report_variables(payload["requestId"], rows)


def _all_kinds(self: Station, payload: Json) -> dict[int, Json]:
    """Knows thresholds, and of the other kinds nothing."""
    is_known = payload.get("monitoringCriteria") == ["ThresholdMonitoring"]
    wanted = payload if is_known else {**payload, "monitoringCriteria": None}
    return Station.monitored(self, {name: value for name, value in wanted.items() if value is not None})


def _named_alone(self: Station, payload: Json) -> dict[int, Json]:
    """Knows monitors by the variable alone."""
    places = [place for place in payload.get("componentVariable", ()) if "variable" in place]
    is_about = "componentVariable" in payload
    return Station.monitored(self, {**payload, "componentVariable": places} if is_about else payload)


def _as_ever(self: Station, action: str, payload: Json) -> Json | None:
    """Answers while it is Rejected as it does else."""
    held, self.registration = self.registration, self.registration.replace("Rejected", "Accepted")
    try:
        return Station.answer(self, action, payload)
    finally:
        self.registration = held


async def _all_statuses(self: Station) -> None:
    await Station.reconnected(self)
    for connector in self.connectors:
        await self.notify(connector.number)


async def _silently_cleared(self: Station, payload: Json) -> None:
    if payload["report"]:
        await Station.after_CustomerInformation(self, payload)


async def _cleared_unreported(self: Station, payload: Json) -> None:
    if not (payload["report"] and payload["clear"]):
        await Station.after_CustomerInformation(self, payload)


def _fails(station: Station, payload: Json) -> Json:
    raise Refused("InternalError")


async def _signs_once(self: Station) -> None:
    await self.quietly("SignCertificate", {"requestId": 1})


SELECTING_FAULTS = [
    Fault(
        "tells an instance that was not asked for",
        "variable.without-instance",
        before("GetVariables", _some_instance),
        SECOND,
    ),
    Fault("reports all, whatever fits", "report.criteria", behaving(selected=_all_variables), SECOND),
    Fault("reports one place", "report.every-place", instead("GetReport", _first_places), SECOND),
    Fault("sums up without states", "report.summary", instead("GetBaseReport", _without_states), SECOND),
    Fault("knows no kinds of monitors", "monitor.report-kinds", behaving(monitored=_all_kinds), SECOND),
    Fault("knows monitors by variables", "monitor.report-whole", behaving(monitored=_named_alone), SECOND),
    Fault("monitors what cannot be", "monitor.beyond-range", _lenient("monitor.beyond-range"), SECOND),
    Fault("monitors what has no order", "monitor.unfit-type", _lenient("monitor.unfit-type"), SECOND),
    Fault("sees nothing", "monitor.alerts", without("SetVariables"), SECOND),
    Fault("answers while Rejected", "boot.refuses-while-rejected", behaving(answer=_as_ever), SECOND),
    Fault("tells all again", "status.not-all-again", behaving(reconnected=_all_statuses), SECOND),
    Fault(
        "keeps the order of networks to itself",
        "network.same-priority",
        item_status(
            "SetVariables",
            "setVariableResult",
            "Rejected",
            lambda row: called(row, "OCPPCommCtrlr", "NetworkConfigurationPriority"),
        ),
        SECOND,
    ),
    Fault("asks once", "certificate.asked-again", behaving(sign=_signs_once), SECOND),
    Fault(
        "clears silently",
        "customer.cleared-told",
        behaving(after_CustomerInformation=_silently_cleared),
        SECOND,
    ),
    Fault(
        "clears, and reports nothing",
        "customer.cleared-reported",
        behaving(after_CustomerInformation=_cleared_unreported),
        SECOND,
    ),
    Fault("does not know cost", "cost.update-answered", before("CostUpdated", _fails), SECOND),
    Fault(
        "does not know payment", "payment.begin-answered", before("NotifyWebPaymentStarted", _fails), THIRD
    ),
    Fault(
        "takes what it did not ask for",
        "certificate.unknown-request",
        results("CertificateSigned", lambda payload: "requestId" in payload, status="Accepted"),
        THIRD,
    ),
    Fault("opens no stream", "stream.opened", without("SetVariableMonitoring"), THIRD),
]
