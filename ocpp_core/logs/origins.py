"""What stands beside a frame about it: which station it belongs to, and which way it went.

Text of a log is read as people write it: ``CP-1 <- [2,...``, as the log ``ocpp_core.frames`` of this library has it;
``CP-1: receive message [2,...``, as that of the package ``ocpp`` has it; ``recv CP-1: [2,...``, as that of
ocpp-go has it; ``ChargePoint: [2,...``, as EVerest has it; ``direction=in station="CP-1"``; ``sent to CP-1``; ``CP ->
CSMS``. Objects of JSON and columns of CSV go by their names, whatever their case and the marks between them.

An arrow between one name and a frame is that of whoever wrote the log: ``<-`` is what he has received from this
station, ``->`` what he has sent to it. Between two names it goes from the one to the other.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from attrs import frozen

from ocpp_core.logs.cutting import NEAR
from ocpp_core.model.versions import Version

STATION_TO_CSMS = "station->csms"
CSMS_TO_STATION = "csms->station"
#: Seen from whoever wrote the log, if he does not say who he is.
RECEIVED, SENT = "received", "sent"

_MAX_TEXT, _LONGEST_NAME = 200, 60


@frozen(cache_hash=True)
class StationLabel:
    """What an input says about the station of a frame."""

    identity: str = ""
    vendor: str = ""
    model: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (self.identity, self.vendor, self.model)))


@frozen(cache_hash=True)
class Origin:
    """What is said about a frame.

    Attributes:
        station: None if nothing is said.
        direction: `STATION_TO_CSMS`, `CSMS_TO_STATION`, `RECEIVED`, `SENT`, or "".
        version: As it is written; "" if it is not.
        is_soap: Whether that wire is named.
        source: Where a collection has it from.
    """

    station: StationLabel | None = None
    direction: str = ""
    version: str = ""
    is_soap: bool = False
    source: str = ""


NOTHING = Origin()

# Names

_STATION = (
    "station stationid stationidentity chargingstation chargingstationid chargepoint chargepointid "
    "chargepointidentity chargebox chargeboxid chargeboxidentity charger chargerid cp cpid cpidentity identity"
)
#: What a member or a column is for, by its name in small letters without marks.
_ROLES: Mapping[str, str] = {
    **dict.fromkeys(_STATION.split(), "identity"),
    **dict.fromkeys(["direction", "dir", "msgdirection", "messagedirection"], "direction"),
    # Of these only a value counts that can be nothing else.
    **dict.fromkeys(["type", "event", "kind", "way", "flow", "op"], "direction"),
    **dict.fromkeys(["ocppversion", "protocol", "subprotocol", "ocppprotocol"], "protocol"),
    **dict.fromkeys(["origin", "sender"], "origin"),
    "version": "version",
    "vendor": "vendor",
    "model": "model",
    "wire": "wire",
    "source": "source",
}
#: What a column may be called that holds frames.
_FRAMES = frozenset(
    {
        "frame",
        "message",
        "msg",
        "payload",
        "data",
        "raw",
        "rawmessage",
        "ocppmessage",
        "text",
        "log",
        "content",
    }
)

_GOT = ["received", "receive", "receiving", "recv", "rcvd", "rx", "in", "incoming", "inbound"]
_GAVE = ["sent", "send", "sending", "tx", "out", "outgoing", "outbound"]
_WAYS: Mapping[str, str] = {
    **dict.fromkeys(["<-", "<--", "<<", "<=", "<", "←", "⇐", *_GOT], RECEIVED),
    **dict.fromkeys(["->", "-->", ">>", "=>", ">", "→", "⇒", *_GAVE], SENT),
}

_POINT = r"(?:charging[ _-]?station|charge[ _-]?point|charger|station|cp|evse|wallbox)"
_CENTRE = r"(?:csms|central[ _-]?system|server|backend|cpms)"
_TO = r"\s*(?:-+>|=+>|>+|→|[ _-]to[ _-]|2)\s*"
_FROM = r"\s*(?:<-+|<=+|<+|←|[ _-]from[ _-])\s*"
_UP = re.compile(
    rf"\b(?:{_POINT}{_TO}(?:{_CENTRE}|cs)|cs{_TO}csms|(?:{_CENTRE}|cs){_FROM}{_POINT})\b", re.IGNORECASE
)
_DOWN = re.compile(
    rf"\b(?:(?:{_CENTRE}|cs){_TO}{_POINT}|csms{_TO}cs|{_POINT}{_FROM}(?:{_CENTRE}|cs))\b", re.IGNORECASE
)

_ANY_ARROW = re.compile(r"[<>→←]|[ _-](?:to|from)[ _-]", re.IGNORECASE)

# Text

_NAME = r"[\w.\-+*=:@|~%]{1,100}"
# What stands between a station's name and a frame in the log of the package ``ocpp``.
_KNOWN_ENDINGS = ((": receive message ", RECEIVED), (": send ", SENT))
# The same in the log of this library, and in others.
_ARROW = r"(?:<-{1,3}|<<|<={1,3}|←|⇐|(?<!-)-{1,3}>|>>|(?<!=)={1,3}>|→|⇒)"
_ENDING = re.compile(rf"({_ARROW})[\s:|]*\Z")
_SIDES = re.compile(rf"(?<![\w.-])({_NAME})\s*({_ARROW})\s*({_NAME})[\s\])]*\Z")
_A_POINT, _A_CENTRE = re.compile(_POINT, re.IGNORECASE), re.compile(rf"{_CENTRE}|cs", re.IGNORECASE)
# ``recv CP-1: `` and who it is that speaks, right before a frame.
_ADDRESSED = re.compile(rf"\b(recv|received|receive|send|sent|sending)\s+({_NAME}):\s*\Z", re.IGNORECASE)
_SPEAKER = re.compile(r"\b(?:(charge ?point)|central ?system):\s*\Z", re.IGNORECASE)
_COLOUR = re.compile(r"\x1b\[[\d;]{0,20}m")
_A_NAME = re.compile(_NAME)
# What `logging.basicConfig` writes before a message, without a blank behind it.
_PREFIX = re.compile(r"^[A-Z]+:[\w.]*:(?=.)")
_PAIR = re.compile(rf"""(?<![\w.-])([A-Za-z][\w-]{{1,30}})["']?\s*[=:]\s*["']?({_NAME}|<-+|-+>|[<>←→]+)""")
_PARTY = re.compile(
    rf"\b(from|to)\s+(?:the\s+)?(?:({_POINT})(?![\w-])|({_CENTRE})(?![\w-]))?[\s:'\"\[(]*({_NAME})?",
    re.IGNORECASE,
)
_WAY = re.compile(
    r"(?<![\w.-])(?:receiv(?:ed|e|ing)|recv|rcvd|rx|incoming|inbound|sen[dt]|sending|tx|outgoing|outbound"
    r"|(?-i:IN|OUT))(?![\w.-])|<--?(?!-)|<<|<=|←|⇐|(?<!-)--?>|>>|=>|→|⇒",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")
_LAST = re.compile(r"(?<![\w.-])(in|out)[^\w]*$", re.IGNORECASE)
# No names: words of logs, numbers of threads, times and days.
_NO_NAME = re.compile(
    r"(?:debug|info|warn|warning|error|critical|trace|notice|main|thread|worker|ws|wss|websocket|websockets|json|ocpp"
    r"|ocpp_core|message|msg|frame|data|payload|text|body|value|raw|call|request|req|response|resp|reply|answer|result|event|recv|received|receive|send|sent|in|out|from|to|true|false|null"
    r"|server|client|csms|cs|cp|station|charger|the|id|[\d:.,+-]*:[\d:.,+-]*Z?|\d{4}-\d\d-\d\d\S*|\W+)",
    re.IGNORECASE,
)


def _role(name: str) -> str:
    return _ROLES.get(plain(name), "")


def plain(name: str) -> str:
    """A name in small letters, without marks; "" if it is too long to be one that anybody knows."""
    return _plain(name) if len(name) <= _LONGEST_NAME else ""


@lru_cache(maxsize=1_000)
def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name).lower()


def names_columns(names: Iterable[str]) -> bool:
    """Whether these are the names of columns of a table of frames."""
    known = [name for name in names if _role(name.strip()) or plain(name) in _FRAMES]
    return len(known) > 1


def direction_of(text: str) -> str:
    """The direction that a value of its own names; "" if it names none."""
    value = text.strip().lower()[:40]
    if value in _WAYS:
        return _WAYS[value]
    if _UP.fullmatch(value):
        return STATION_TO_CSMS
    return CSMS_TO_STATION if _DOWN.fullmatch(value) else ""


def of_members(members: Mapping[str, Any]) -> Origin:
    """What the members of an object, or the columns of a row, say about the frame beside them."""
    told: list[tuple[str, str]] = []
    inner: list[Mapping[str, Any]] = []
    for name, value in members.items():
        if type(value) is dict:
            inner.append(value)
        elif (role := _role(name)) and type(value) in (str, int):
            told.append(
                (role, str(value)[:_MAX_TEXT] if type(value) is str or value.bit_length() < 100 else "")
            )
    for one in inner[:10]:  # {"message": ..., "context": {"chargePointId": ...}}
        told += [
            (role, value[:_MAX_TEXT])
            for name, value in one.items()
            if type(value) is str and (role := _role(name)) in ("identity", "direction")
        ]
    return _told(tuple(told))


@lru_cache(maxsize=10_000)
def _told(told: tuple[tuple[str, str], ...]) -> Origin:
    """The same for most objects of a file, so it is kept."""
    first: dict[str, str] = {}
    for role, value in told:
        meant = _MEANINGS[role](value) if role in _MEANINGS else value
        if meant:
            first.setdefault("version" if role == "protocol" else role, meant)
    label = StationLabel(first.get("identity", ""), first.get("vendor", ""), first.get("model", ""))
    return Origin(
        label if str(label) else None,
        first.get("direction") or first.get("origin", ""),
        first.get("version", ""),
        first.get("wire", "").lower() == "soap",
        first.get("source", ""),
    )


def _version(text: str) -> str:
    value = text.lower().removeprefix("ocpp").strip(" -v/")
    return value if value in set(Version) else ""


def _sender(text: str) -> str:
    """The direction of what was sent by one of both sides."""
    # CitrineOS, which writes this, calls the station "cs".
    if text.lower() == "cs" or _A_POINT.fullmatch(text):
        return STATION_TO_CSMS
    return CSMS_TO_STATION if _A_CENTRE.fullmatch(text) else ""


_MEANINGS: Mapping[str, Callable[[str], str]] = {
    "direction": direction_of,
    "origin": _sender,
    "protocol": _version,
}


def of_text(before: str, after: str = "") -> Origin:
    """What the text around a frame says about it, in the `NEAR` characters before it and behind it."""
    before, after = _COLOUR.sub(" ", before[-NEAR:]), after[:NEAR]
    if name_and_way := _by_form(before):
        return _plainly(*name_and_way, "")
    told = [(role, value) for name, value in _PAIR.findall(f"{before} {after}") if (role := _role(name))]
    known = _told(
        tuple((role, value) for role, value in told if role in ("identity", "direction", "protocol"))
    )
    identity = known.station.identity if known.station else ""
    direction = known.direction
    if not direction:
        direction = _between(before) or _way(before)
    for way, point, centre, name in _PARTY.findall(before):
        side = way.lower()
        if point or centre:
            is_up = (side == "from") == bool(point)
            direction = STATION_TO_CSMS if is_up else CSMS_TO_STATION
        if not identity and not centre and (point or direction):
            # A number is what tells a station from other words: logs also write "response to Heartbeat".
            identity = _named(name) if _DIGIT.search(name) else ""
    if not direction and (speaker := _SPEAKER.search(before)):
        direction = STATION_TO_CSMS if speaker[1] else CSMS_TO_STATION
    return _plainly(identity, direction, known.version)


def _by_form(before: str) -> tuple[str, str] | None:
    """The station and the direction that the forms of known logs and an arrow right before a frame say."""
    for ending, direction in _KNOWN_ENDINGS:
        if before.endswith(ending) and (name := _named(_last(before[: -len(ending)]))):
            return name, direction
    if arrow := _ENDING.search(before):
        word = _last(before[: arrow.start()].rstrip(" \t|:"))
        if (name := _named(word)) and not any(_role(key) for key, _ in _PAIR.findall(word)):
            return name, _WAYS[_short(arrow[1])]
    if sides := _SIDES.search(before):
        return _of_sides(*sides.groups())
    addressed = _ADDRESSED.search(before)
    # A number is what tells a station from other words: logs also write "sending Heartbeat:".
    if addressed and _DIGIT.search(addressed[2]) and (name := _named(addressed[2])):
        return name, _WAYS[addressed[1].lower()]
    return None


def _of_sides(left: str, arrow: str, right: str) -> tuple[str, str] | None:
    """A station and a CSMS with an arrow between them; None if they are not that."""
    names = [side.strip("[]():") for side in (left, right)]
    centres = [_A_CENTRE.fullmatch(name) is not None for name in names]
    if centres[0] == centres[1]:
        return None
    point = names[centres[0]]
    name = "" if _A_POINT.fullmatch(point) else _named(point)
    goes_right = _WAYS[_short(arrow)] == SENT
    return name, CSMS_TO_STATION if centres[0] == goes_right else STATION_TO_CSMS


def _short(arrow: str) -> str:
    """An arrow without what makes it long."""
    return re.sub(r"(-+|=+)", lambda shaft: shaft[0][0], arrow)


def of_heading(line: str) -> Origin:
    """What a line without a frame says about that below it: EVerest writes ``ChargePoint>CentralSystem Heartbeat``."""
    return _plainly("", _between(line), "") if len(line) <= _MAX_TEXT else NOTHING


def _last(text: str) -> str:
    """The last word, without an opening mark before it."""
    words = text.rsplit(None, 1)
    word = words[-1] if words else ""
    return word[max(map(word.rfind, "\"'[(")) + 1 :]


@lru_cache(maxsize=10_000)
def _plainly(name: str, direction: str, version: str) -> Origin:
    return Origin(StationLabel(name) if name else None, direction, version)


def _between(text: str) -> str:
    """A direction that names both sides."""
    if not _ANY_ARROW.search(text):
        return ""
    if _UP.search(text):
        return STATION_TO_CSMS
    return CSMS_TO_STATION if _DOWN.search(text) else ""


def _way(text: str) -> str:
    """The direction that the last word for one says."""
    last = _LAST.search(text)
    if last:
        return _WAYS[last[1].lower()]
    words = _WAY.findall(text)
    if not words:
        return ""
    word = words[-1].lower()
    return _WAYS.get(word, RECEIVED)


@lru_cache(maxsize=10_000)
def _named(name: str) -> str:
    """A name without what stands around it; "" if it is none."""
    plain = _PREFIX.sub("", name).strip(":.|=-@])\"'")
    return plain if _A_NAME.fullmatch(plain) and not _NO_NAME.fullmatch(plain) else ""


def both(one: Origin, other: Origin) -> Origin:
    """What two say together; where they differ, the first."""
    if other is NOTHING:
        return one
    return Origin(
        one.station or other.station,
        one.direction or other.direction,
        one.version or other.version,
        one.is_soap or other.is_soap,
        one.source or other.source,
    )
