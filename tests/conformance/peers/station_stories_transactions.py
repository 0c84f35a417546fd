"""Stories of transactions: their readings, who is authorised, what ends them, and what is told of it afterwards."""

from typing import Any

from conformance.peers.station_stories import Json, Stories, Story, sample, token

_ENERGY = "Energy.Active.Import.Register"
#: What is to be read and signed of it, and when.
_AT_START = Story().has("SampledDataCtrlr", "TxStartedMeasurands", _ENERGY)
_MEANWHILE = Story().has("SampledDataCtrlr", "TxUpdatedMeasurands", _ENERGY)
_AT_END = Story().has("SampledDataCtrlr", "TxEndedMeasurands", _ENERGY)
_SIGNED = Story().has("SampledDataCtrlr", "SignReadings", "true")
_SIGNED_AT_START = _SIGNED.has("SampledDataCtrlr", "SignStartedReadings", "true")
_BEGUN = Story().begins()
_AWAKE = Story().has("SmartChargingCtrlr", "SupportsEvseSleep", "false")
_OFFLINE = Story().begins(offline=True)
_PLUGGED = Story().plugs()
#: One that begins where nobody knows.
_UNPLACED = _AT_START.event("Started", "Authorized", evse=None)
#: One that ends with the cable.
_STOPPING = Story().has("TxCtrlr", "TxStopPoint", "EVConnected").begins()
_UNPLUGGED = {"chargingState": "Idle"}
#: One in which the station was not there for a while.
_AWAY = _BEGUN.status().loses(seconds=10.0).status()


def _who(text: str) -> Json:
    return {"idTag": text, "idToken": token(text)}


def _charges(story: Story) -> Story:
    """A driver begins, in a version of either family."""
    return story.tells("StartTransaction", _who("GOOD0001")).begins()


def _authorizes(story: Story, who: str = "good0001") -> Story:
    return story.tells("Authorize", _who(who))


def _stops(story: Story) -> Story:
    """The driver ends it, likewise."""
    told = story.tells("StopTransaction", {**_who("GOOD0001"), "transactionId": 1})
    return told.ends("StopAuthorized", idToken=token())


def _asks_to_start(story: Story, **members: Any) -> Story:
    return story.asked(
        "RequestStartTransaction", {"idToken": token(), "remoteStartId": 1, "evseId": 1, **members}
    )


def _starts(story: Story, **members: Any) -> Story:
    return story.answers({"status": "Accepted", **members})


TRANSACTION_STORIES = [
    Stories(
        "transaction.readings-at-end",
        broken={"those of a period": _AT_END.begins().ends("StopAuthorized", sample("Sample.Periodic"))},
        kept={"those of the end": _AT_END.begins().ends("StopAuthorized", sample("Transaction.End"))},
    ),
    Stories(
        "transaction.readings-offline",
        broken={
            "another measurand": _MEANWHILE.begins().updates(
                "MeterValuePeriodic", sample(measurand="Voltage"), offline=True
            )
        },
        kept={"energy": _MEANWHILE.begins().updates("MeterValuePeriodic", sample(), offline=True)},
    ),
    Stories(
        "transaction.begin-measured-late",
        broken={
            "no readings": _UNPLACED.updates("ChargingStateChanged", chargingState="Charging"),
        },
        kept={
            "readings when it charges": _UNPLACED.updates(
                "ChargingStateChanged", sample("Transaction.Begin"), chargingState="Charging"
            )
        },
        odd={
            "charges where nobody knows, from the first": _AT_START.begins(evse=None).updates(
                "MeterValueClock", chargingState="Charging"
            )
        },
    ),
    Stories(
        "transaction.signed",
        broken={
            "not at the end": _SIGNED.begins().ends("StopAuthorized", sample("Transaction.End")),
            "not at the begin": _SIGNED_AT_START.event("Started", "Authorized", sample("Transaction.Begin")),
        },
        kept={
            "at the end": _SIGNED.begins().ends("StopAuthorized", sample("Transaction.End", is_signed=True)),
            "at the begin": _SIGNED_AT_START.event(
                "Started", "Authorized", sample("Transaction.Begin", is_signed=True)
            ),
        },
    ),
    Stories(
        "transaction.reading-context",
        broken={
            "readings of a period at an event of the clock": Story().updates(
                "MeterValueClock", sample(), sample("Sample.Periodic")
            ),
            "readings of the clock at an event of a period": Story().updates(
                "MeterValuePeriodic", sample("Sample.Clock")
            ),
        },
        kept={
            "readings of the clock and of a period at once": Story().updates(
                "MeterValueClock", sample(), sample("Sample.Clock")
            ),
            "a reading for another reason": Story().updates("MeterValueClock", sample("Other")),
            "an event of the clock without readings": Story().updates("MeterValueClock"),
        },
    ),
    Stories(
        "transaction.numbered-offline",
        broken={"a number twice": _OFFLINE.updates("MeterValueClock", seqNo=0, offline=True)},
        kept={"a number left out": _OFFLINE.updates("MeterValueClock", seqNo=5, offline=True)},
    ),
    Stories(
        "transaction.stop-unasked",
        broken={"the token that began it": _stops(_authorizes(_charges(Story())))},
        kept={
            "nobody is asked about": _stops(_charges(_authorizes(Story()))),
            "a token for another connector, a while before": _stops(
                _authorizes(_charges(Story())).waits(5.0)
            ),
            "somebody else was asked about": _stops(_authorizes(_charges(Story()), "OTHER")),
        },
    ),
    Stories(
        "transaction.authorized-told",
        broken={"by nobody": _PLUGGED.updates("Authorized", idToken=None)},
        kept={"by a token": _PLUGGED.updates("Authorized")},
    ),
    Stories(
        "transaction.reason-fits",
        broken={"power is lost": _BEGUN.ends("EVConnectTimeout", stoppedReason="PowerLoss")},
        kept={"it took too long": _BEGUN.ends("EVConnectTimeout", stoppedReason="Timeout")},
    ),
    Stories(
        "transaction.fault-told",
        broken={
            "another trigger": _BEGUN.ends(
                "ChargingStateChanged", chargingState="EVConnected", stoppedReason="GroundFault"
            )
        },
        kept={
            "at the end": _BEGUN.ends("AbnormalCondition", stoppedReason="GroundFault"),
            "told of the fault before": _BEGUN.updates(
                "AbnormalCondition", chargingState="SuspendedEVSE"
            ).ends("EVCommunicationLost", stoppedReason="GroundFault"),
        },
        odd={
            "begun before anybody listened": Story()
            .updates("RemoteStop")
            .ends("EVCommunicationLost", stoppedReason="GroundFault")
        },
    ),
    Stories(
        "transaction.asked-for",
        broken={"unlocked unasked": _BEGUN.updates("UnlockCommand")},
        kept={
            "unlocked as asked": Story()
            .asks("UnlockConnector", {"evseId": 1, "connectorId": 1}, {"status": "Unlocked"})
            .begins()
            .updates("UnlockCommand")
        },
        odd={"asked for while nobody listened": _OFFLINE.ends("RemoteStop", stoppedReason="Remote")},
    ),
    Stories(
        "transaction.energy-ends",
        broken={"it goes on": _BEGUN.updates("Deauthorized").updates("MeterValueClock")},
        kept={
            "no energy": _BEGUN.updates("Deauthorized").updates(
                "ChargingStateChanged", chargingState="EVConnected"
            ),
            "not charging when it was not authorised": Story()
            .event("Started", "Authorized", chargingState="EVConnected")
            .updates("Deauthorized")
            .updates("MeterValueClock"),
        },
        odd={
            "some energy without authorisation, as was set": Story()
            .has("TxCtrlr", "StopTxOnInvalidId", "false")
            .begins()
            .updates("Deauthorized")
            .updates("MeterValueClock")
        },
    ),
    Stories(
        "transaction.energy-ends",
        broken={
            "the driver does not want the tariff": _BEGUN.updates("TariffNotAccepted").updates(
                "MeterValueClock"
            )
        },
        kept={
            "no energy without a tariff": _BEGUN.updates(
                "TariffNotAccepted", chargingState="EVConnected"
            ).updates("MeterValueClock")
        },
        versions=frozenset({"2.1"}),
    ),
    Stories(
        "transaction.can-sleep",
        broken={"it sleeps": _AWAKE.begins(evseSleep=True)},
        kept={"it does not": _AWAKE.begins(evseSleep=False)},
        odd={"nobody knows": Story().begins(evseSleep=True)},
    ),
    Stories(
        "transaction.stop-point",
        broken={
            "it goes on": _STOPPING.updates("EVCommunicationLost", **_UNPLUGGED).updates("CablePluggedIn")
        },
        kept={
            "ends with the cable": _STOPPING.ends("EVCommunicationLost"),
            "ends with the cable, and tells both": _STOPPING.updates(
                "EVCommunicationLost", **_UNPLUGGED
            ).ends("ChargingStateChanged", **_UNPLUGGED),
        },
        odd={
            "unplugged for a while, as it may be": Story()
            .has("TxCtrlr", "StopTxOnEVSideDisconnect", "false")
            .has("TxCtrlr", "TxStopPoint", "EVConnected")
            .begins()
            .updates("EVCommunicationLost", **_UNPLUGGED)
            .updates("CablePluggedIn"),
            "another stop point from the next transaction on": _BEGUN.has(
                "TxCtrlr", "TxStopPoint", "EVConnected"
            )
            .updates("EVCommunicationLost", **_UNPLUGGED)
            .updates("CablePluggedIn"),
        },
    ),
    Stories(
        "transaction.offline-told",
        broken={"as if it was there": _AWAY.updates("MeterValueClock", ago=5.0)},
        kept={"offline": _AWAY.updates("MeterValueClock", ago=5.0, offline=True)},
        odd={
            "waited before the connection was lost": _AWAY.updates("MeterValueClock", ago=11.0),
            "another clock after a connection": _BEGUN.status()
            .loses(seconds=60.0)
            .updates("MeterValueClock", ago=30.0),
        },
    ),
    Stories(
        "transaction.remote-start-joins",
        broken={
            "does not name what runs": _starts(_asks_to_start(_PLUGGED)),
            "names another": _starts(_asks_to_start(_PLUGGED), transactionId="another"),
        },
        kept={"joins": _starts(_asks_to_start(_PLUGGED), transactionId="transaction-1")},
        odd={
            "is refused": _asks_to_start(_PLUGGED).answers({"status": "Rejected"}),
            "beside one who was let already": _starts(_asks_to_start(_PLUGGED.updates("Authorized"))),
            "as the cable comes in": _starts(_asks_to_start(Story()).plugs()),
            "as the cable goes": _starts(_asks_to_start(_PLUGGED).ends("EVCommunicationLost")),
            "after a boot": _starts(_asks_to_start(_PLUGGED.boots())),
            "on another EVSE": _starts(_asks_to_start(_PLUGGED, evseId=2)),
        },
    ),
]
