"""Stories of limits of transactions, of transactions that go on after a reboot, and of periodic event streams (2.1)."""

from typing import Any

from conformance.peers.station_stories import Json, Stories, Story

# Limits

_LIMITED = Story().has("TxCtrlr", "SupportedLimits", "maxEnergy,maxTime")
_SET = _LIMITED.begins(answer={"transactionLimit": {"maxEnergy": 1000}})
_LATE = _SET.updates("MeterValueClock")
_ENDING = Story().has("TxCtrlr", "TxStopPoint", "EnergyTransfer,EVConnected")
_SUSPENDING = Story().has("TxCtrlr", "TxStopPoint", "EVConnected")


def _limits(story: Story, trigger: str = "LimitSet", **limit: float) -> Story:
    return story.updates(trigger, transactionLimit=limit or None)


def _limited(story: Story) -> Story:
    return _limits(story.begins(), maxEnergy=1000)


def _paid(story: Story) -> Story:
    """By a card, with which nobody is known."""
    payer = {"idToken": "PSP1", "type": "DirectPayment"}
    return story.begins(idToken=payer, answer={"transactionLimit": {"maxTime": 3600}})


_LIMITS = [
    Stories(
        "limit.told",
        broken={"none": _limits(Story().begins())},
        kept={"one": _limits(Story().begins(), maxCost=20)},
    ),
    Stories(
        "limit.confirmed",
        broken={
            "of energy": _LATE.updates("MeterValueClock"),
            "of time, of who has paid": _paid(_LIMITED).updates("MeterValueClock").updates("MeterValueClock"),
            "the transaction ends instead": _LATE.ends("StopAuthorized"),
        },
        kept={
            "at once": _limits(_SET, maxEnergy=1000).updates("MeterValueClock"),
            "after what was on its way": _limits(_LATE, maxEnergy=1000),
            "beside something else": _SET.updates(
                "ChargingStateChanged", chargingState="SuspendedEV", transactionLimit={"maxEnergy": 1000}
            ).updates("MeterValueClock"),
        },
        odd={
            "it is reached at once": _LATE.updates("EnergyLimitReached", chargingState="SuspendedEVSE"),
            "it has no such limit": Story()
            .has("TxCtrlr", "SupportedLimits", "maxTime")
            .begins(answer={"transactionLimit": {"maxEnergy": 1000}})
            .updates("MeterValueClock")
            .updates("MeterValueClock"),
            "it ends with the next event": _SET.ends("StopAuthorized"),
            "it was told of while offline": _SET.updates("MeterValueClock", offline=True).updates(
                "MeterValueClock", offline=True
            ),
        },
    ),
    Stories(
        "limit.not-exceeded",
        broken={"more": _limits(_limits(_SET, maxEnergy=1000), maxEnergy=2000)},
        kept={
            "less": _limits(_limits(_SET, maxEnergy=1000), maxEnergy=500),
            "as much as was set before": _limits(
                _limits(_SET, maxEnergy=1000)
                .updates("MeterValueClock", answer={"transactionLimit": {"maxEnergy": 800}})
                .updates("LimitSet", transactionLimit={"maxEnergy": 800}),
                maxEnergy=1000,
            ),
        },
        odd={"more, on its way before": _limits(_limits(_SET, maxEnergy=2000), maxEnergy=1000)},
    ),
    Stories(
        "limit.supported",
        broken={"another": _limits(_LIMITED.begins(), maxSoC=80)},
        kept={"one of them": _limits(_LIMITED.begins(), maxTime=60)},
        odd={"nobody has asked which": _limits(Story().begins(), maxSoC=80)},
    ),
    Stories(
        "limit.reached",
        broken={
            "it goes on": _limited(_ENDING).updates("EnergyLimitReached", chargingState="SuspendedEVSE"),
            "it ends": _limited(_SUSPENDING).ends("EnergyLimitReached", stoppedReason="EnergyLimitReached"),
            "it charges": _limited(_SUSPENDING).updates("TimeLimitReached", chargingState="Charging"),
        },
        kept={
            "it ends with its energy": _limited(_ENDING).ends(
                "EnergyLimitReached", stoppedReason="EnergyLimitReached"
            ),
            "it is suspended": _limited(_SUSPENDING).updates(
                "CostLimitReached", chargingState="SuspendedEVSE"
            ),
        },
        odd={
            "a limit of nobody": _SUSPENDING.begins().ends(
                "EnergyLimitReached", stoppedReason="EnergyLimitReached"
            ),
            "another stop point from the next transaction on": _limited(
                _ENDING.begins(id="another").sets("TxCtrlr", "TxStopPoint", "EVConnected")
            ).updates("EnergyLimitReached", chargingState="SuspendedEVSE"),
            "one that was set meanwhile": _limited(_ENDING)
            .sets("TxCtrlr", "TxStopPoint", "EVConnected")
            .updates("EnergyLimitReached", chargingState="SuspendedEVSE"),
        },
    ),
]

# Reboots

_NEVER = Story().has("TxCtrlr", "ResumptionTimeout", "0")
_GOES_ON = Story().has("TxCtrlr", "ResumptionTimeout", "300")


def _reset(story: Story, status: str = "Accepted", **members: Any) -> Story:
    return story.asks("Reset", {"type": "ImmediateAndResume", **members}, {"status": status})


def _reboots(story: Story, reason: str = "RemoteReset") -> Story:
    return story.loses(seconds=10.0).boots(reason)


_STOPPING = _reset(_GOES_ON.begins()).updates("ResetCommand", chargingState="SuspendedEVSE")
_BACK = _reboots(_STOPPING)
_POWERLESS = _reboots(Story().begins(), "PowerUp")
_NO_ENERGY = Story().has("TxCtrlr", "AllowEnergyTransferResumption", "false")

_REBOOTS = [
    Stories(
        "reset.resume-refused",
        broken={"accepted": _reset(_NEVER), "put off": _reset(_NEVER, "Scheduled")},
        kept={"refused": _reset(_NEVER, "Rejected")},
        odd={"nobody knows": _reset(Story())},
    ),
    Stories(
        "reset.resume-accepted",
        broken={"refused": _reset(_GOES_ON.begins(), "Rejected")},
        kept={"accepted": _reset(_GOES_ON.begins())},
        odd={
            "refused while nobody charges": _reset(_GOES_ON, "Rejected"),
            "refused of one EVSE": _reset(_GOES_ON.begins(), "Rejected", evseId=1),
            "refused while it is updated": _reset(
                _GOES_ON.begins().asks("UpdateFirmware", {"requestId": 1}, {"status": "Accepted"}),
                "Rejected",
            ),
        },
    ),
    Stories(
        "reset.resume-told",
        broken={
            "it ends": _reset(_GOES_ON.begins()).ends("ResetCommand", stoppedReason="ImmediateReset"),
            "it says nothing before": _reboots(_reset(_GOES_ON.begins())).updates(
                "TxResumed", chargingState="Charging"
            ),
        },
        kept={"it tells that": _STOPPING},
        odd={"it ends as the driver goes": _reset(_GOES_ON.begins()).ends("StopAuthorized")},
    ),
    Stories(
        "transaction.resumed",
        broken={
            "as if nothing was": _BACK.updates("MeterValueClock"),
            "without its state": _BACK.updates("TxResumed"),
            "after a loss of power, as if nothing was": _POWERLESS.updates("MeterValueClock"),
        },
        kept={
            "it tells that": _BACK.updates("TxResumed", chargingState="Charging").updates("MeterValueClock"),
            "after a loss of power": _POWERLESS.updates("TxResumed", chargingState="SuspendedEVSE"),
        },
        odd={
            "what was left is told first": _POWERLESS.updates("MeterValueClock", ago=11.0).updates(
                "TxResumed", chargingState="Charging"
            ),
            "what was told offline": _POWERLESS.updates("MeterValueClock", offline=True),
            "it boots as it was asked to": Story()
            .begins()
            .loses()
            .boots("Triggered")
            .updates("MeterValueClock"),
            "it boots without having gone": Story().begins().boots().updates("MeterValueClock"),
            "it ends": _POWERLESS.ends("AbnormalCondition", stoppedReason="PowerLoss"),
        },
    ),
    Stories(
        "transaction.resumed-suspended",
        broken={"it charges": _NO_ENERGY.begins().updates("TxResumed", chargingState="Charging")},
        kept={"it is suspended": _NO_ENERGY.begins().updates("TxResumed", chargingState="SuspendedEVSE")},
        odd={
            "it did not charge": _NO_ENERGY.event(
                "Started", "Authorized", chargingState="SuspendedEV"
            ).updates("TxResumed", chargingState="SuspendedEV"),
            "it may charge": Story().begins().updates("TxResumed", chargingState="Charging"),
        },
    ),
    Stories(
        "transaction.interrupted",
        broken={
            "by a loss of power": _POWERLESS.ends(
                "ChargingStateChanged", stoppedReason="PowerLoss", chargingState="Idle"
            ),
            "by a reboot": _reboots(Story().begins(), "Watchdog").ends(
                "EVCommunicationLost", stoppedReason="Reboot"
            ),
        },
        kept={
            "by a loss of power": _POWERLESS.ends("AbnormalCondition", stoppedReason="PowerLoss"),
            "by a reboot": _reboots(Story().begins(), "Watchdog").ends(
                "AbnormalCondition", stoppedReason="Reboot"
            ),
        },
        odd={
            "told after another boot": _reboots(Story().begins(), "LocalReset").ends(
                "ChargingStateChanged", stoppedReason="Reboot", chargingState="Idle"
            ),
            "before it went": Story().begins().ends("EVCommunicationLost", stoppedReason="PowerLoss"),
        },
    ),
]

# Periodic event streams

_PARAMS = {"interval": 60, "values": 10}


def _opens(story: Story, status: str = "Accepted", id: int = 7, **params: int) -> Story:
    told = {"id": id, "variableMonitoringId": 1, "params": params or _PARAMS}
    return story.tells("OpenPeriodicEventStream", {"constantStreamData": told}, {"status": status})


def _values(*moments: float, id: int = 7) -> Json:
    data = [{"t": moment, "v": "1"} for moment in moments]
    return {"id": id, "pending": 0, "basetime": "2026-01-31T12:00:00Z", "data": data}


def _streams(story: Story, *moments: float) -> Story:
    return story.waits(10.0).sends("NotifyPeriodicEventStream", _values(*moments))


def _lists(story: Story, *ids: int) -> Story:
    told = [{"id": id, "variableMonitoringId": 1, "params": _PARAMS} for id in ids]
    return story.waits(10.0).asks("GetPeriodicEventStream", {}, {"constantStreamData": told or None})


def _adjusts(story: Story, status: str, **params: int) -> Story:
    wanted = {"id": 7, "params": params}
    return story.asks("AdjustPeriodicEventStream", wanted, {"status": status})


def _clears(story: Story) -> Story:
    results = {"clearMonitoringResult": [{"id": 1, "status": "Accepted"}]}
    return story.asks("ClearVariableMonitoring", {"id": [1]}, results)


def _closes(story: Story, id: int = 7) -> Story:
    return story.tells("ClosePeriodicEventStream", {"id": id})


_TO_STREAM = Story().monitors("Periodic", periodicEventStream=_PARAMS)
_OPEN = _opens(_TO_STREAM)
_FEW = _opens(Story(), interval=60, values=2)

_STREAMS = [
    Stories(
        "stream.is-sent",
        broken={"as a call": _OPEN.says(2, "1", "NotifyPeriodicEventStream", _values(0))},
        kept={"as what is sent": _streams(_OPEN, 0)},
    ),
    Stories(
        "stream.as-set",
        broken={"at other times": _opens(_TO_STREAM, interval=5)},
        kept={"as it was set": _OPEN},
        odd={"a stream that nobody has set": _opens(Story().monitors("Periodic"), interval=5)},
    ),
    Stories(
        "stream.not-if-refused",
        broken={"values": _streams(_opens(_TO_STREAM, "Rejected"), 0)},
        kept={"values of what was accepted": _streams(_OPEN, 0)},
        odd={"opened again": _streams(_opens(_opens(_TO_STREAM, "Rejected")), 0)},
    ),
    Stories(
        "stream.closed",
        broken={"something else comes": _clears(_OPEN).waits(90.0).status()},
        kept={
            "closed": _closes(_clears(_OPEN)).status(),
            "closed late, and nothing before": _closes(_clears(_OPEN).waits(20.0)),
        },
        odd={
            "something else comes at once": _clears(_OPEN).status(),
            "values that are left": _closes(_streams(_clears(_OPEN), 0)),
            "refused before": _clears(_opens(_TO_STREAM, "Rejected")).waits(90.0).status(),
            "gone with its connection": _clears(_OPEN.loses()).waits(90.0).status(),
        },
    ),
    Stories(
        "stream.all-told",
        broken={"none": _lists(_OPEN), "another": _lists(_opens(_OPEN, id=8), 8)},
        kept={"all": _lists(_opens(_OPEN, id=8), 8, 7)},
        odd={
            "one that was closed": _lists(_closes(_OPEN)),
            "one that was refused": _lists(_opens(_TO_STREAM, "Rejected")),
            "one from before a boot": _lists(_OPEN.boots()),
            "one that nobody knows": _lists(Story(), 3),
        },
    ),
    Stories(
        "stream.values-at-once",
        broken={
            "more than were set": _streams(_FEW, 0, 1, 2),
            "more than were set anew": _streams(_adjusts(_OPEN, "Accepted", interval=60, values=1), 0, 1),
        },
        kept={
            "as many": _streams(_FEW, 0, 1),
            "as many as before, as it did not want fewer": _streams(
                _adjusts(_OPEN, "Rejected", interval=60, values=1), 0, 1
            ),
        },
        odd={
            "more, as no interval is set": _streams(_opens(Story(), values=2), 0, 1, 2),
            "more, just after it was set": _adjusts(_OPEN, "Accepted", interval=60, values=1).sends(
                "NotifyPeriodicEventStream", _values(0, 1)
            ),
        },
    ),
    Stories(
        "stream.base-time",
        broken={"another time": _streams(Story(), 5, 6)},
        kept={"that of the first": _streams(Story(), 0, 5)},
    ),
]

LIMIT_STORIES = [*_LIMITS, *_REBOOTS, *_STREAMS]
