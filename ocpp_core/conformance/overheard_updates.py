"""What judges updates of firmware over all that a station of 2.x has said: the steps, when, and what is told of them.

Only what fits its schema is judged.
"""

from collections.abc import Iterator

from ocpp_core.conformance.hearing import BROKEN, Heard, Said
from ocpp_core.conformance.json_frames import Type
from ocpp_core.conformance.overheard import overheard
from ocpp_core.conformance.telling import clock, course, judged, seconds
from ocpp_core.conformance.traces import What
from ocpp_core.conformance.verdicts import Deviation

#: What a station tells of an update only once it has the firmware.
_FETCHED = frozenset(
    {
        *("SignatureVerified", "InvalidSignature", "InstallScheduled", "InstallRebooting"),
        *("Installing", "Installed", "InstallVerificationFailed"),
    }
)
#: Statuses that are told as an event of security, too, and as which one.
_EVENTS = {"InvalidSignature": "InvalidFirmwareSignature", "Installed": "FirmwareUpdated"}
#: Statuses that show that it could be installed, and that it is; and what is noted if it was too early for that.
_READY = frozenset({"Downloaded", "SignatureVerified"})
_INSTALLING = frozenset({"Installing", "Installed"})
_FUTURE = "future"
#: Seconds in which what has happened is told, and by which it may be told before.
_SOON = 60.0
_BEFORE = 10.0


@overheard("firmware.steps")
def _steps(heard: Heard) -> Iterator[Deviation | None]:
    told: dict[int, set[str]] = {}
    for entry, said in course(heard):
        if entry.what is not What.MESSAGE:
            # What it told while nobody listened is not known.
            told.clear()
            continue
        if said is None or said.kind is not Type.CALL:
            continue
        payload = said.members
        if said.action == "UpdateFirmware" and not entry.note.startswith(BROKEN):
            if isinstance(payload.get("requestId"), int):
                # Of an update that goes on under an id nobody knows what was told before.
                told.setdefault(payload["requestId"], set())
        elif heard.tells(said, "FirmwareStatusNotification") and payload.get("requestId") in told:
            seen, status = told[payload["requestId"]], payload["status"]
            before = "Downloaded" if status in _FETCHED else "Downloading" if status == "Downloaded" else ""
            yield judged(not before or before in seen, f"{before} before {status}", "none", said)
            seen.add(status)


@overheard("firmware.event-told")
def _event_told(heard: Heard) -> Iterator[Deviation | None]:
    new: dict[int, set[str]] = {}  # of signed updates: what was told of each
    due: list[tuple[str, Said]] = []
    last: dict[str, float] = {}
    for said in heard.said:
        payload = said.members
        if heard.tells(said, "SecurityEventNotification"):
            last[payload["type"]] = said.entry.at
        for one in list(due):
            event, status = one
            is_told = event in last and last[event] > status.entry.at - _BEFORE
            if said.action == "BootNotification":
                due[due.index(one)] = event, said  # it was away meanwhile
            elif is_told or (said.is_received and said.entry.at > status.entry.at + _SOON):
                due.remove(one)
                yield judged(is_told, f"the security event {event}", "none", status, said)
        if heard.asks(said, "UpdateFirmware") and "signature" in payload["firmware"]:
            new[payload["requestId"]] = set()
        elif heard.tells(said, "FirmwareStatusNotification") and payload.get("requestId") in new:
            told, status = new[payload["requestId"]], payload["status"]
            # What is told again, as somebody has asked, has not happened again.
            if status in _EVENTS and status not in told:
                due.append((_EVENTS[status], said))
            told.add(status)


@overheard("firmware.scheduled")
def _scheduled(heard: Heard) -> Iterator[Deviation | None]:
    due: dict[int, tuple[float, set[str]]] = {}  # when it is to be installed, and what was told before
    for said in heard.said:
        payload = said.members
        if heard.asks(said, "UpdateFirmware"):
            due.pop(payload["requestId"], None)
            if "installDateTime" in payload["firmware"]:
                due[payload["requestId"]] = seconds(payload["firmware"]["installDateTime"]), set()
        elif heard.tells(said, "FirmwareStatusNotification") and payload.get("requestId") in due:
            when, told = due[payload["requestId"]]
            offset = clock(heard, -1, said.mark)
            is_before = offset is not None and said.entry.at + offset < when - _BEFORE
            if payload["status"] in _INSTALLING and _FUTURE in told:
                is_right = "InstallScheduled" in told and not is_before
                got = "before that" if is_before else "not told"
                yield judged(is_right, "InstallScheduled, and the installation when it was wanted", got, said)
            told.add(payload["status"])
            if payload["status"] in _READY:
                (told.add if is_before else told.discard)(_FUTURE)
