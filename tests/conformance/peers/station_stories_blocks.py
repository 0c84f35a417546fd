"""Stories of all but transactions: boots and resets, monitors, reports and logs, cost, limits and EVs."""

from typing import Any

from conformance.peers.station_stories import Json, Stories, Story, place

# Boots, resets and certificates

_CSR = "-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n"


def _reset(story: Story, status: str = "Accepted", **members: Any) -> Story:
    return story.asks("Reset", {"type": "Immediate", **members}, {"status": status})


def _sign(story: Story, type: str | None = None, csr: str = _CSR, **members: Any) -> Story:
    told = {"csr": csr, "certificateType": type, "requestId": 1, **members}
    return story.tells("SignCertificate", told, {"status": "Accepted"})


_HARD = {"type": "Hard"}
_STOPS = {"idTag": "GOOD0001", "transactionId": 1, "reason": "HardReset"}
_CHARGES = Story().tells("StartTransaction", {"idTag": "GOOD0001"})
_PENDING = Story().boots(status="Pending")
_SIGNING = Story().asks("TriggerMessage", {"requestedMessage": "SignV2GCertificate"}, {"status": "Accepted"})

_SIGNING_20 = Story().asks(
    "TriggerMessage", {"requestedMessage": "SignV2G20Certificate"}, {"status": "Accepted"}
)

_BOOTS = [
    Stories(
        "reset.answered-first",
        broken={
            "it ends the transaction before": _CHARGES.asked("Reset", _HARD)
            .tells("StopTransaction", _STOPS)
            .answers({"status": "Accepted"})
        },
        kept={
            "it ends the transaction after": _CHARGES.asks("Reset", _HARD, {"status": "Accepted"}).tells(
                "StopTransaction", _STOPS
            )
        },
    ),
    Stories(
        "boot.reason-after-reset",
        broken={"power was there": _reset(Story()).loses().boots()},
        kept={
            "somebody asked": _reset(Story()).loses().boots("RemoteReset"),
            "a reset while Pending": _reset(_PENDING).loses().boots("RemoteReset"),
        },
        odd={
            "reset for an update": _reset(Story())
            .asks("UpdateFirmware", {"requestId": 1}, {"status": "Accepted"})
            .loses()
            .boots(),
            "a reset of one EVSE": _reset(Story(), evseId=1).loses().boots(),
            "a reset that was refused": _reset(Story(), "Rejected").loses().boots(),
        },
    ),
    Stories(
        "boot.open-while-pending",
        broken={"it goes": _PENDING.loses().boots()},
        kept={"it stays": _PENDING.boots()},
        odd={"a connection that broke": _PENDING.loses("1006").boots()},
    ),
    Stories(
        "reset.answered",
        broken={"put off beside a transaction": _reset(Story().begins(), "Scheduled")},
        kept={
            "at once beside a transaction": _reset(Story().begins()),
            "a reset that is put off, as it may be": _reset(Story(), "Scheduled"),
        },
    ),
    Stories(
        "certificate.request-form",
        broken={"no PEM": _sign(Story(), csr="MAA=")},
        kept={
            "PEM": _sign(Story()),
            "the older label": _sign(Story(), csr=_CSR.replace("CERTIFICATE", "NEW CERTIFICATE")),
        },
    ),
    Stories(
        "certificate.type-triggered",
        broken={"another type": _sign(_SIGNING)},
        kept={
            "that type": _sign(_SIGNING, "V2GCertificate"),
            "a certificate of its own between": _sign(_sign(_SIGNING), "V2GCertificate"),
        },
    ),
    Stories(
        "certificate.type-triggered",
        broken={"that of ISO 15118-2": _sign(_SIGNING_20, "V2GCertificate")},
        kept={"that of ISO 15118-20": _sign(_SIGNING_20, "V2G20Certificate")},
        versions=frozenset({"2.1"}),
    ),
    Stories(
        "certificate.request-numbered",
        broken={"no number": _sign(Story(), requestId=None)},
        kept={"a number": _sign(Story())},
    ),
]

# Monitors, reports, logs, statuses and readings

_ALERTING = Story().monitors("UpperThreshold").waits(10.0)
_CHANGING = Story().monitors("Delta").waits(10.0)


def _level(story: Story, severity: int, status: str = "Accepted") -> Story:
    return story.asks("SetMonitoringLevel", {"severity": severity}, {"status": status})


def _cleared(story: Story) -> Story:
    results = {"clearMonitoringResult": [{"id": 1, "status": "Accepted"}]}
    return story.asks("ClearVariableMonitoring", {"id": [1]}, results)


def _secret(value: str) -> Story:
    return Story().notices("Delta", value, **place("SecurityCtrlr", "BasicAuthPassword"))


def _base(status: str) -> Story:
    asked = {"requestId": 1, "reportBase": "SummaryInventory"}
    report = {"requestId": 1, "seqNo": 0, "tbc": False}
    return Story().asks("GetBaseReport", asked, {"status": status}).tells("NotifyReport", report)


def _get_log(story: Story, id: int, status: str = "Accepted") -> Story:
    return story.asks("GetLog", {"requestId": id, "logType": "SecurityLog"}, {"status": status})


def _log(story: Story, status: str, id: int = 2) -> Story:
    return story.tells("LogStatusNotification", {"requestId": id, "status": status})


_GETTING_LOGS = _get_log(_get_log(Story(), 1), 2, "AcceptedCanceled")
_READING = {"timestamp": "2026-01-31T12:00:00Z", "sampledValue": [{"value": "1000"}]}

_NOTICES = [
    Stories(
        "event.trigger-of-monitor",
        broken={"of a period": _CHANGING.notices("Periodic", "12")},
        kept={"of a change": _CHANGING.notices("Delta", "12")},
        odd={
            "a monitor by the maker": Story().notices(
                "Periodic", "12", eventNotificationType="HardWiredMonitor"
            )
        },
    ),
    Stories(
        "event.trigger-of-monitor",
        broken={
            "of a period": Story().monitors("TargetDelta").notices("Periodic", "12"),
            "of a change": Story().monitors("TargetDeltaRelative").notices("Delta", "12"),
        },
        kept={"of a target": Story().monitors("TargetDelta").notices("Alerting", "12")},
        versions=frozenset({"2.1"}),
    ),
    Stories(
        "event.severity-told",
        broken={"another": _CHANGING.notices("Delta", "12", severity=1)},
        kept={"that of the monitor": _CHANGING.notices("Delta", "12", severity=5)},
        odd={"a monitor that nobody knows": Story().notices("Delta", "12", severity=1)},
    ),
    Stories(
        "event.beyond-threshold",
        broken={"at it": _ALERTING.notices("Alerting", "10")},
        kept={
            "above it, and back": _ALERTING.notices("Alerting", "11").notices("Alerting", "10", cleared=True)
        },
        odd={"a threshold of what is no number": _ALERTING.notices("Alerting", "hot")},
    ),
    Stories("event.hidden", broken={"a password": _secret("hunter2")}, kept={"nothing": _secret("")}),
    Stories(
        "event.severity",
        broken={"above the level": _level(_ALERTING, 4).waits(10.0).notices("Alerting", "11")},
        kept={"at the level": _level(_ALERTING, 5).waits(10.0).notices("Alerting", "11")},
        odd={
            "alerted just before the level was set": _level(_ALERTING, 4).notices("Alerting", "11"),
            "a level that was refused": _level(_ALERTING, 4, "Rejected")
            .waits(10.0)
            .notices("Alerting", "11"),
        },
    ),
    Stories(
        "event.not-of-cleared",
        broken={
            "after it": _cleared(Story().monitors("UpperThreshold")).notices("Alerting", "9", cleared=True)
        },
        kept={
            "before it": _cleared(Story().waits(9.0).monitors("UpperThreshold")).notices(
                "Alerting", "9", cleared=True, ago=5.0
            )
        },
    ),
    Stories(
        "report.only-if-accepted",
        broken={"of what it does not have": _base("NotSupported")},
        kept={"of what it has": _base("Accepted")},
    ),
    Stories(
        "log.cancel-told",
        broken={"it ends otherwise": _log(_log(_GETTING_LOGS, "Uploading"), "UploadFailure")},
        kept={"it is told first": _log(_log(_GETTING_LOGS, "AcceptedCanceled", 1), "UploadFailure")},
        odd={"goes on uploading what was not cancelled": _log(_get_log(Story(), 2), "Uploaded")},
    ),
    Stories(
        "status.communication-error",
        broken={"as it charges": Story().status(errorCode="EVCommunicationError", status="Charging")},
        kept={"as the EV waits": Story().status(errorCode="EVCommunicationError", status="SuspendedEV")},
    ),
    Stories(
        "meter.not-empty",
        broken={"none": Story().tells("MeterValues", {"meterValue": []})},
        kept={"one": Story().tells("MeterValues", {"meterValue": [_READING]})},
    ),
]

# Tariffs and cost


def _tariff(story: Story, id: str = "F1", currency: str = "EUR", **members: Any) -> Story:
    tariff = {"tariffId": id, "currency": currency, "energy": {"prices": [{"priceKwh": 1}]}, **members}
    return story.asks("SetDefaultTariff", {"evseId": 1, "tariff": tariff}, {"status": "Accepted"})


def _prices(price: str) -> Json:
    return {"prices": [{price: 1}]}


def _kind(story: Story, kind: str, price: str, **members: Any) -> Story:
    """A tariff with prices of one kind, and none of energy."""
    tariff = {"tariffId": "F1", "currency": "EUR", kind: _prices(price), **members}
    return story.asks("SetDefaultTariff", {"evseId": 1, "tariff": tariff}, {"status": "Accepted"})


def _fee(story: Story, **members: Any) -> Story:
    return _kind(story, "fixedFee", "priceFixed", **members)


def _finds(story: Story, *evses: int, kind: str = "DriverTariff") -> Story:
    told = [{"tariffId": "F1", "tariffKind": kind, "evseIds": list(evses)}]
    return story.asks("GetTariffs", {"evseId": 0}, {"status": "Accepted", "tariffAssignments": told})


def _details(cost: Json, **members: Any) -> Json:
    return {
        "totalCost": {"currency": "EUR", "typeOfCost": "NormalCost", **cost, **members},
        "totalUsage": {"energy": 1, "chargingTime": 1, "idleTime": 0},
    }


def _ends(story: Story, cost: Json, **members: Any) -> Story:
    return story.ends("StopAuthorized", costDetails=_details(cost, **members))


def _costs(story: Story, cost: Json, **members: Any) -> Story:
    return _ends(story.begins(tariffId="F1"), cost, **members)


def _taxed(excl: float, incl: float, *rates: tuple[float, int]) -> Json:
    price = {
        "exclTax": excl,
        "inclTax": incl,
        "taxRates": [{"type": "x", "tax": tax, "stack": stack} for tax, stack in rates],
    }
    return {"energy": price, "total": {"exclTax": excl, "inclTax": incl}}


_FIXED = {"fixed": {"exclTax": 1}, "total": {"exclTax": 1}}
_ENERGY = {"energy": {"exclTax": 1}, "total": {"exclTax": 1}}
_TIME = {"chargingTime": {"exclTax": 1}, "total": {"exclTax": 1}}
_PERIOD = {"startPeriod": "2026-01-31T12:00:00Z", "tariffId": "F1"}
_RUNNING = (
    Story()
    .has("TariffCostCtrlr", "Enabled", "true", "Cost")
    .has("TariffCostCtrlr", "Enabled", "true", "Tariff")
    .has("TariffCostCtrlr", "Enabled", "true", "RunningCost")
)
_ROUNDED = {"energy": {"exclTax": 10}, "chargingTime": {"exclTax": 10}, "total": {"exclTax": 21}}

_COSTS = [
    Stories(
        "cost.currency",
        broken={"another": _costs(_tariff(Story(), currency="SEK"), _ENERGY)},
        kept={"in small letters": _costs(_tariff(Story(), currency="eur"), _ENERGY)},
        odd={
            "of a tariff that is not known": _costs(Story(), _FIXED, currency="SEK"),
            "of two tariffs one after the other": _ends(
                _tariff(_tariff(Story()), "F2", "SEK")
                .begins(tariffId="F1")
                .updates("TariffChanged", tariffId="F2"),
                _FIXED,
                currency="SEK",
            ),
        },
    ),
    Stories(
        "cost.of-energy",
        broken={"as a fee": _costs(_tariff(Story()), _FIXED)},
        kept={"a fee of nothing": _costs(_tariff(Story()), {**_ENERGY, "fixed": {"exclTax": 0}})},
        odd={
            "a fee of a tariff with fees": _costs(
                _tariff(Story(), fixedFee={"prices": [{"priceFixed": 1}]}), _FIXED
            ),
            "what it costs at least": _costs(
                _tariff(Story(), minCost={"exclTax": 1}), _FIXED, typeOfCost="MinCost"
            ),
        },
    ),
    Stories(
        "cost.taxes",
        broken={"no tax on a tax": _costs(Story(), _taxed(10, 12.5, (10, 0), (20, 1)))},
        kept={
            "a tax on a tax": _costs(Story(), _taxed(10, 13.2, (10, 0), (20, 1))),
            "two taxes beside each other": _costs(Story(), _taxed(10, 13, (10, 0), (20, 0))),
            "in a currency without cents": _costs(Story(), _taxed(101, 111, (10, 0))),
        },
    ),
    Stories(
        "cost.of-one-kind",
        broken={
            "a fee as energy": _costs(_fee(Story()), _ENERGY),
            "a fee for a reservation as a fee": _costs(
                _kind(Story(), "reservationFixed", "priceFixed"), _FIXED
            ),
            "time as energy": _costs(_kind(Story(), "chargingTime", "priceMinute"), _ENERGY),
            "time without charging as time with it": _costs(_kind(Story(), "idleTime", "priceMinute"), _TIME),
        },
        kept={
            "a fee": _costs(_fee(Story()), _FIXED),
            "time": _costs(_kind(Story(), "chargingTime", "priceMinute"), _TIME),
        },
        odd={"a fee and time": _costs(_fee(Story(), chargingTime=_prices("priceMinute")), _TIME)},
    ),
    Stories(
        "cost.least",
        broken={
            "it costs less": _costs(_fee(Story(), minCost={"exclTax": 5}), _FIXED),
            "it costs the least, and that is another": _costs(
                _fee(Story(), minCost={"exclTax": 5}), _FIXED, typeOfCost="MinCost"
            ),
        },
        kept={
            "it costs the least": _costs(_fee(Story(), minCost={"exclTax": 1}), _FIXED, typeOfCost="MinCost"),
        },
        odd={
            "it costs more": _costs(_fee(Story(), minCost={"exclTax": 0.5}), _FIXED),
            "it costs less so far": _fee(Story(), minCost={"exclTax": 5})
            .begins(tariffId="F1")
            .updates("RunningCost", costDetails=_details(_FIXED)),
        },
    ),
    Stories(
        "cost.most",
        broken={"it costs more": _costs(_fee(Story(), maxCost={"exclTax": 0.5}), _FIXED)},
        kept={"it costs less": _costs(_fee(Story(), maxCost={"exclTax": 5}), _FIXED)},
        odd={
            "it costs the most": _costs(_fee(Story(), maxCost={"exclTax": 1}), _FIXED, typeOfCost="MaxCost")
        },
    ),
    Stories(
        "cost.normal",
        broken={
            "a most of nothing": _costs(_fee(Story()), _FIXED, typeOfCost="MaxCost"),
            "a least of nothing": _costs(_fee(Story()), _FIXED, typeOfCost="MinCost"),
        },
        kept={"as it is": _costs(_fee(Story()), _FIXED)},
    ),
    Stories(
        "cost.running-from-start",
        broken={
            "none": _RUNNING.begins(tariffId="F1"),
            "with its periods": _RUNNING.begins(
                tariffId="F1",
                costDetails={**_details(_FIXED), "chargingPeriods": [_PERIOD]},
            ),
        },
        kept={"from the first": _RUNNING.begins(tariffId="F1", costDetails=_details(_FIXED))},
        odd={
            "no tariff": _RUNNING.begins(),
            "it is off": Story().has("TariffCostCtrlr", "Enabled", "true", "Cost").begins(tariffId="F1"),
        },
    ),
    Stories(
        "tariff.place-of-transaction",
        broken={"at another": _finds(Story().begins(tariffId="F1"), 2)},
        kept={"there, and at another": _finds(Story().begins(tariffId="F1"), 1, 2)},
        odd={
            "it has ended": _finds(Story().begins(tariffId="F1").ends("StopAuthorized"), 2),
            "another tariff": _finds(Story().begins(tariffId="F2"), 2),
            "a tariff of all": _finds(Story().begins(tariffId="F1"), 2, kind="DefaultTariff"),
        },
    ),
    Stories("cost.total", kept={"rounded in a currency without cents": _costs(Story(), _ROUNDED)}),
]

# Limits from outside, and EVs

_SCHEDULE: Json = {
    "id": 1,
    "chargingRateUnit": "A",
    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6}],
}


def _limit(story: Story, source: str, *schedules: Json, **members: Any) -> Story:
    limit = {"chargingLimitSource": source, **members}
    told = {"chargingLimit": limit, "chargingSchedule": list(schedules) or None}
    return story.tells("NotifyChargingLimit", told)


def _reported(purpose: str, mode: str | None = None) -> Story:
    """A profile that was set from outside, whose period has a mode of operation."""
    period: Json = {"startPeriod": 0, "limit": 6, **({"operationMode": mode} if mode else {})}
    profile = {
        "id": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Absolute",
        "chargingSchedule": [{**_SCHEDULE, "chargingSchedulePeriod": [period]}],
    }
    told = {"requestId": 1, "chargingLimitSource": "EMS", "evseId": 1, "chargingProfile": [profile]}
    return Story().tells("ReportChargingProfiles", told)


_WITH_SCHEDULES = ("SmartChargingCtrlr", "NotifyChargingLimitWithSchedules")
_WANTED = Story().has(*_WITH_SCHEDULES, "true")


def _needs(story: Story, **members: Any) -> Story:
    needs = {"requestedEnergyTransfer": "DC", **members}
    return story.tells("NotifyEVChargingNeeds", {"evseId": 1, "chargingNeeds": needs})


def _follows(story: Story, selected: int | None = None) -> Story:
    """The EV has a schedule, and may say which one of those that it was offered."""
    told = {"evseId": 1, "chargingSchedule": _SCHEDULE, "selectedChargingScheduleId": selected}
    return story.tells("NotifyEVChargingSchedule", told)


_TWO_WAYS = _needs(Story(), v2xChargingParameters={}, controlMode="ScheduledControl")

_CHARGING = [
    Stories(
        "charging-limit.local-generation",
        broken={"of a grid operator": _limit(Story(), "SO", isLocalGeneration=True)},
        kept={
            "of an energy management system": _limit(Story(), "EMS", isLocalGeneration=True),
            "another limit of a grid operator": _limit(Story(), "SO", isLocalGeneration=False),
        },
    ),
    Stories(
        "profile.local-generation-modes",
        broken={"from a setpoint": _reported("LocalGeneration", "CentralSetpoint")},
        kept={
            "charging alone": _reported("LocalGeneration", "ChargingOnly"),
            "no mode": _reported("LocalGeneration"),
            "another purpose": _reported("ChargingStationExternalConstraints", "CentralSetpoint"),
        },
    ),
    Stories(
        "charging-limit.schedules-told",
        broken={"without": _limit(_WANTED, "EMS")},
        kept={"with its schedule": _limit(_WANTED, "EMS", _SCHEDULE)},
        odd={
            "nobody wants it": _limit(Story().has(*_WITH_SCHEDULES, "false"), "EMS"),
            "nobody has asked": _limit(Story(), "EMS"),
            "not wanted any more": _limit(_WANTED.sets(*_WITH_SCHEDULES, "false"), "EMS"),
        },
    ),
    Stories(
        "charging-needs.after-token",
        broken={"before": _needs(Story().plugs())},
        kept={"after": _needs(Story().plugs().updates("Authorized"))},
        odd={
            "in a transaction that began before": _needs(Story().updates("ChargingRateChanged")),
            "after a transaction": _needs(Story().plugs().ends("EVCommunicationLost")),
            "needs that nobody knows, of an EV with a schedule": _follows(Story()),
        },
    ),
    Stories(
        "charging-schedule.selected",
        broken={"nobody knows which one": _follows(_needs(Story()))},
        kept={"it says which one": _follows(_needs(Story()), 1)},
    ),
    Stories(
        "charging-schedule.selected-two-ways",
        broken={"nobody knows which one": _follows(_TWO_WAYS)},
        kept={"it says which one": _follows(_TWO_WAYS, 1)},
    ),
]

BLOCK_STORIES = [*_BOOTS, *_NOTICES, *_COSTS, *_CHARGING]
