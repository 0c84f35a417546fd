"""Stories of times without connection, of who may charge, of updates, and of battery swaps."""

from typing import Any

from conformance.peers.station_stories import Json, Stories, Story, place, token

# What happened without a connection

_RUNS = Story().begins(id="first")
_ENDED = _RUNS.ends("StopAuthorized", id="first", evse=None)
_AWAY = _RUNS.loses(seconds=60.0)
_CONNECTORS = Story().status().status(evseId=2)
_SHORTLY = _CONNECTORS.has("OCPPCommCtrlr", "OfflineThreshold", "30")


def _ends(story: Story) -> Story:
    return story.ends("EVCommunicationLost", id="first", offline=True)


def _begins(story: Story, **members: Any) -> Story:
    return story.begins(id="second", offline=True, **members)


def _available(story: Story, slot: int, state: str) -> Story:
    where = {**place("Connector", "AvailabilityState")}
    where["component"]["evse"] = {"id": slot, "connectorId": 1}
    return story.notices(
        "Delta", state, eventNotificationType="HardWiredNotification", variableMonitoringId=2, **where
    )


_OFFLINE = [
    Stories(
        "transaction.kept-offline",
        broken={
            "no end of the one": _begins(_AWAY),
            "no begin of the other": _ENDED.loses(seconds=60.0).updates(
                "MeterValueClock", id="second", offline=True, seqNo=3
            ),
            "no begin of another that has ended too": _ends(_AWAY).ends(
                "StopAuthorized", id="second", offline=True, seqNo=3
            ),
        },
        kept={
            "both": _begins(_ends(_AWAY)),
            "the end late": _ends(_begins(_AWAY).waits(5.0)),
            "the begin late": _begins(
                _ENDED.loses(seconds=60.0).updates("MeterValueClock", id="second", offline=True, seqNo=3),
                seqNo=2,
            ),
        },
        odd={
            "at another EVSE": _begins(_AWAY, evse={"id": 2, "connectorId": 1}),
            "one that began before anybody listened": Story().loses(seconds=60.0).updates("MeterValueClock"),
            "it goes on": _AWAY.updates("MeterValueClock", id="first"),
        },
    ),
    Stories(
        "status.after-offline",
        broken={
            "none": _SHORTLY.loses(seconds=40.0).waits(90.0).tells("Heartbeat"),
            "one of two": _SHORTLY.loses(seconds=40.0).status().waits(90.0).tells("Heartbeat"),
        },
        kept={
            "both": _SHORTLY.loses(seconds=40.0).status().status(evseId=2),
            "both as events": _available(
                _available(_SHORTLY.loses(seconds=40.0), 1, "Occupied"), 2, "Available"
            ),
        },
        odd={
            "nobody knows what is long": _CONNECTORS.loses(seconds=4000.0).waits(90.0).tells("Heartbeat"),
            "it was not long": _SHORTLY.loses(seconds=20.0).waits(90.0).tells("Heartbeat"),
            "nobody has waited": _SHORTLY.loses(seconds=40.0).tells("Heartbeat"),
            "it has booted": _SHORTLY.loses(seconds=40.0).boots().waits(90.0).tells("Heartbeat"),
        },
    ),
]

# Who may charge

_MASTER = Story().has("AuthCtrlr", "MasterPassGroupId", "MASTER")


def _asks(story: Story, who: Json, **info: Any) -> Story:
    return story.tells("Authorize", {"idToken": who}, {"idTokenInfo": {"status": "Accepted", **info}})


def _local(story: Story) -> Story:
    return story.begins(idToken={"idToken": "TICKET1", "type": "Local"})


def _stops(story: Story, who: str, **members: Any) -> Story:
    group = {"idToken": "MASTER" if who == "POLICE" else "FLEET", "type": "Central"}
    return _asks(story.begins(), token(who), groupIdToken=group).ends(
        "StopAuthorized", idToken=token(who), **members
    )


_TOKENS = [
    Stories(
        "token.only-there",
        broken={
            "at another": _asks(Story(), token(), evseId=[2]).begins(),
            "at another, later": _asks(Story().plugs(), token(), evseId=[2])
            .updates("Authorized")
            .updates("ChargingStateChanged", chargingState="Charging"),
        },
        kept={"at one of them": _asks(Story(), token(), evseId=[1, 2]).begins()},
        odd={
            "it does not charge": _asks(Story(), token(), evseId=[2]).event(
                "Started", "Authorized", chargingState="EVConnected"
            ),
            "it may charge anywhere since": _asks(_asks(Story(), token(), evseId=[2]), token()).begins(),
            "another token": _asks(Story(), token("OTHER"), evseId=[2]).begins(),
        },
    ),
    Stories(
        "token.local-asked",
        broken={"nobody is asked": _local(Story().boots())},
        kept={"the CSMS is asked": _local(_asks(Story().boots(), {"idToken": "TICKET1", "type": "Local"}))},
        odd={
            "nobody knows what was asked before": _local(Story()),
            "it may be in a cache": _local(Story().boots().has("AuthCacheCtrlr", "Enabled", "true")),
            "another kind of token": Story().boots().begins(),
        },
    ),
    Stories(
        "transaction.master-pass",
        broken={"as if by the driver": _stops(_MASTER, "POLICE")},
        kept={"says so": _stops(_MASTER, "POLICE", stoppedReason="MasterPass")},
        odd={
            "somebody else": _stops(_MASTER, "OTHER"),
            "nobody knows who the masters are": _stops(Story(), "POLICE"),
        },
    ),
]

# Updates of firmware

_LATER = "2026-01-31T13:00:00Z"
_SIGNED = {"signature": "AA==", "signingCertificate": "AA=="}


def _update(story: Story, **members: Any) -> Story:
    firmware = {"location": "https://x/y", "retrieveDateTime": "2026-01-31T12:00:00Z", **members}
    asked = story.asks("UpdateFirmware", {"requestId": 1, "firmware": firmware}, {"status": "Accepted"})
    return _firmware(asked, "Downloading", "Downloaded")


def _firmware(story: Story, *statuses: str) -> Story:
    for status in statuses:
        story = story.tells("FirmwareStatusNotification", {"requestId": 1, "status": status})
    return story


def _event(story: Story, type: str) -> Story:
    return story.tells("SecurityEventNotification", {"type": type})


def _goes_on(story: Story) -> Story:
    return story.waits(90.0).tells("Heartbeat")


_TIMED = _update(Story().status(), installDateTime=_LATER)

_UPDATES = [
    Stories(
        "firmware.event-told",
        broken={
            "that it was installed": _goes_on(_firmware(_update(Story(), **_SIGNED), "Installed")),
            "a bad signature": _goes_on(_firmware(_update(Story(), **_SIGNED), "InvalidSignature")),
            "another event": _goes_on(
                _event(_firmware(_update(Story(), **_SIGNED), "Installed"), "StartupOfTheDevice")
            ),
        },
        kept={
            "after it was installed": _event(
                _firmware(_update(Story(), **_SIGNED), "Installed"), "FirmwareUpdated"
            ),
            "before a bad signature": _goes_on(
                _firmware(_event(_update(Story(), **_SIGNED), "InvalidFirmwareSignature"), "InvalidSignature")
            ),
        },
        odd={
            "firmware without a signature": _goes_on(_firmware(_update(Story()), "Installed")),
            "nobody has waited": _firmware(_update(Story(), **_SIGNED), "Installed"),
            "it is told after a boot": _event(
                _firmware(_update(Story(), **_SIGNED), "Installed")
                .loses(seconds=90.0)
                .boots("FirmwareUpdate"),
                "FirmwareUpdated",
            ),
            "told again": _goes_on(
                _firmware(
                    _event(_firmware(_update(Story(), **_SIGNED), "Installed"), "FirmwareUpdated").waits(
                        90.0
                    ),
                    "Installed",
                )
            ),
        },
    ),
    Stories(
        "firmware.scheduled",
        broken={
            "it does not say so": _firmware(_TIMED.waits(3600.0).status(), "Installing"),
            "at once": _firmware(_TIMED, "InstallScheduled", "Installing"),
        },
        kept={"then": _firmware(_firmware(_TIMED, "InstallScheduled").waits(3600.0).status(), "Installing")},
        odd={
            "at once, as it is time": _firmware(
                _update(Story().waits(3700.0).status(), installDateTime=_LATER), "Installing"
            ),
            "at once, as it came late": _firmware(
                _update(Story().status(), installDateTime=_LATER).waits(3700.0), "Downloaded", "Installing"
            ),
            "a clock that nobody knows": _firmware(_update(Story(), installDateTime=_LATER), "Installing"),
        },
    ),
]

# Battery swaps

_MINE = Story().has("BatterySwapCtrlr", "IdToken", "SWAP1")
_NOBODY = {"idToken": "", "type": "NoAuthorization"}
_CENTRAL = {"idToken": "SWAP1", "type": "Central"}
_FULL = {"chargingState": "SuspendedEVSE"}
_GONE = {"chargingState": "Idle", "stoppedReason": "EVDisconnected"}


def _swap(story: Story, kind: str, id: int = 1, who: str = "A1") -> Story:
    battery = {"evseId": 1, "serialNumber": "B1", "soC": 50, "soH": 90}
    told = {"eventType": kind, "requestId": id, "idToken": token(who), "batteryData": [battery]}
    return story.tells("BatterySwap", told)


def _wants(story: Story, status: str = "Accepted") -> Story:
    return story.asks("RequestBatterySwap", {"idToken": token("A1"), "requestId": 9}, {"status": status})


def _charges(story: Story, who: Json | None, state: str = "Charging") -> Story:
    return _swap(story, "BatteryIn").event("Started", "CablePluggedIn", chargingState=state, idToken=who)


_CHARGED = _charges(Story(), _NOBODY)
_TAKEN = _swap(_CHARGED, "BatteryOut")

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
    Stories(
        "battery.as-asked",
        broken={"another id": _swap(_wants(Story()), "BatteryIn", 1)},
        kept={"that id": _swap(_wants(Story()), "BatteryIn", 9)},
        odd={
            "it was refused": _swap(_wants(Story(), "Rejected"), "BatteryIn", 1),
            "somebody else": _swap(_wants(Story()), "BatteryIn", 1, "B2"),
        },
    ),
    Stories(
        "battery.state-told",
        broken={
            "brought": _goes_on(_swap(Story(), "BatteryIn")),
            "taken": _goes_on(_swap(_available(_swap(Story(), "BatteryIn"), 1, "Occupied"), "BatteryOut")),
        },
        kept={
            "both": _available(
                _swap(_available(_swap(Story(), "BatteryIn"), 1, "Occupied").waits(9.0), "BatteryOut"),
                1,
                "Available",
            ),
            "before": _goes_on(_swap(_available(Story(), 1, "Occupied"), "BatteryIn")),
            "as a status": _swap(Story(), "BatteryIn").status(),
        },
        odd={
            "nobody has waited": _swap(Story(), "BatteryIn").tells("Heartbeat"),
            "nobody came": _goes_on(_swap(Story(), "BatteryOutTimeout")),
        },
    ),
    Stories(
        "battery.charged-from-start",
        broken={
            "by no token": _charges(Story(), None),
            "by a card": _charges(Story(), token()),
            "by another token": _charges(_MINE, {"idToken": "OTHER", "type": "Central"}),
            "not yet": _charges(_MINE, _CENTRAL, "EVConnected"),
        },
        kept={
            "by nobody": _charges(Story(), _NOBODY),
            "by that token": _charges(_MINE, _CENTRAL),
        },
        odd={"no battery": Story().plugs()},
    ),
    Stories(
        "battery.charging-ends",
        broken={
            "it is full, and charges": _CHARGED.updates("EnergyLimitReached", chargingState="Charging"),
            "it is taken, and nobody knows why it ends": _TAKEN.ends("EVCommunicationLost"),
        },
        kept={
            "it is full": _CHARGED.updates("EnergyLimitReached", **_FULL),
            "it is taken": _TAKEN.ends("EVCommunicationLost", **_GONE),
        },
        odd={"it ends while it is there": _CHARGED.ends("AbnormalCondition", stoppedReason="Other")},
    ),
]

OFFLINE_STORIES = [*_OFFLINE, *_TOKENS, *_UPDATES, *_SWAPS]
