"""Stories of frames and payloads: what every message is held to, whoever sends it."""

from conformance.peers.station_stories import Stories, Story
from ocpp_core.conformance.traces import Direction

_ONE = Story(id="1")
_ASKED = _ONE.asked("ClearCache", {})
_RIGHT = (
    Story()
    .asks("ClearCache", {}, {"status": "Accepted"})
    .asks("ClearCache", {}, "InternalError")
    .tells("Heartbeat")
    .tells("FirmwareStatusNotification", {"status": "Idle"})
)
_BROKEN = {
    "connection.well-formed": Story().loses("1002 a reserved bit", by=Direction.SENT),
    "frame.answered-once": Story().asks("ClearCache", {}, {"status": "Accepted"}).answers("InternalError"),
    "frame.call-shape": Story().says(2, "1", "Heartbeat"),
    "frame.calls-in-turn": Story().says(2, "1", "Heartbeat", {}).says(2, "2", "Heartbeat", {}),
    "frame.error-code": Story().asks("ClearCache", {}, "Tired"),
    "frame.error-description": _ASKED.says(4, "1", "InternalError", "x" * 256, {}),
    "frame.error-shape": _ASKED.says(4, "1", "InternalError", ""),
    "frame.id-length": Story(id="x" * 37).tells("Heartbeat"),
    "frame.id-new": _ONE.tells("Heartbeat").tells("FirmwareStatusNotification", {"status": "Idle"}),
    "frame.id-text": Story().says(2, 1, "Heartbeat", {}),
    "frame.one-call-open": Story().says(2, "1", "Heartbeat", {}).says(2, "2", "Heartbeat", {}),
    "frame.result-shape": _ASKED.says(3, "1"),
    "payload.answer-required": _ASKED.says(3, "1", {}),
    "payload.answer-unknown-member": _ASKED.says(3, "1", {"status": "Accepted", "mood": "fine"}),
    "payload.request-action": Story().says(2, "1", "ClearCache", {}),
    "payload.request-type": Story().tells("FirmwareStatusNotification", {"status": 5}),
    "payload.request-unknown-member": Story().says(2, "1", "Heartbeat", {"mood": "fine"}),
}

#: The id of what cannot be read may be guessed right, and something else be asked under it.
_ODD = {
    "frame.answered-once": _ONE.spoils('[2,"1","ClearCa')
    .says(4, "1", "InternalError", "no JSON", {})
    .asks("ClearCache", {}, {"status": "Accepted"})
}

FRAME_STORIES = [
    Stories(
        rule,
        broken={"one that is wrong": story},
        kept={"right ones": _RIGHT},
        odd={"one that is odd": _ODD[rule]} if rule in _ODD else {},
    )
    for rule, story in _BROKEN.items()
]
