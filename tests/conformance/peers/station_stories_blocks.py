"""Stories of all but transactions: boots and resets, monitors, reports and logs, cost, limits, EVs, battery swaps."""

from typing import Any

from conformance.peers.station_stories import Json, Stories, Story, place, token

# Boots, resets and certificates

_CSR = "-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n"


def _reset(story: Story, status: str = "Accepted", **members: Any) -> Story:
    return story.asks("Reset", {"type": "Immediate", **members}, {"status": status})


def _sign(story: Story, type: str | None = None, csr: str = _CSR) -> Story:
    return story.tells("SignCertificate", {"csr": csr, "certificateType": type}, {"status": "Accepted"})


_HARD = {"type": "Hard"}
_STOPS = {"idTag": "GOOD0001", "transactionId": 1, "reason": "HardReset"}
_CHARGES = Story().tells("StartTransaction", {"idTag": "GOOD0001"})
_PENDING = Story().boots(status="Pending")
_SIGNING = Story().asks("TriggerMessage", {"requestedMessage": "SignV2GCertificate"}, {"status": "Accepted"})

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


def _ends(story: Story, cost: Json, **members: Any) -> Story:
    details = {
        "totalCost": {"currency": "EUR", "typeOfCost": "NormalCost", **cost, **members},
        "totalUsage": {"energy": 1, "chargingTime": 1, "idleTime": 0},
    }
    return story.ends("StopAuthorized", costDetails=details)


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
            "what it costs at least": _costs(_tariff(Story()), _FIXED, typeOfCost="MinCost"),
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

# Battery swaps


def _swap(story: Story, kind: str, id: int, who: str = "A1") -> Story:
    battery = {"evseId": 1, "serialNumber": "B1", "soC": 50, "soH": 90}
    told = {"eventType": kind, "requestId": id, "idToken": token(who), "batteryData": [battery]}
    return story.tells("BatterySwap", told)


_BROUGHT = _swap(Story(), "BatteryIn", 1)

_SWAPS = [
    Stories(
        "battery.same-request",
        broken={
            "another id": _swap(_BROUGHT, "BatteryOut", 2),
            "another id, of what nobody took": _swap(_BROUGHT, "BatteryOutTimeout", 2),
        },
        kept={
            "batteries for batteries": _swap(_BROUGHT, "BatteryOut", 1),
            "batteries for those of another": _swap(
                _swap(_swap(_BROUGHT, "BatteryIn", 2, "B2"), "BatteryOut", 2, "B2"), "BatteryOut", 1
            ),
            "batteries that were asked for": _swap(
                _BROUGHT.asks(
                    "RequestBatterySwap", {"idToken": token("A1"), "requestId": 9}, {"status": "Accepted"}
                ),
                "BatteryOut",
                9,
            ),
        },
        odd={"batteries for what was brought before": _swap(Story(), "BatteryOut", 7)},
    ),
]

BLOCK_STORIES = [*_BOOTS, *_NOTICES, *_COSTS, *_CHARGING, *_SWAPS]
