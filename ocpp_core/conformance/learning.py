"""What a station of 2.x has told of itself or was told to keep: its variables, its monitors, and what it was asked.

Rules that are overheard look at a message in the light of it: whether readings have to be signed is a setting. What
is remembered comes of messages that fit their schemas.
"""

from collections.abc import Callable, Mapping

from attrs import asdict, evolve, field, frozen

from ocpp_core.conformance.json_frames import Json

#: Component, its instance, variable, its instance; in small letters, as their case means nothing.
Place = tuple[str, str, str, str]


@frozen
class Monitor:
    """A monitor: its type, its value, and how severe is what it tells; 0 is the worst."""

    type: str
    value: float
    severity: int


@frozen
class Learned:
    """What is known at a moment.

    Attributes:
        values: Actual values of variables that are not those of an EVSE.
        hidden: Where variables are that can only be written.
        monitors: By id.
        level: Monitors whose severity has a higher number are silent; None if that was not set.
        asked: Actions that the station was asked for.
    """

    values: Mapping[Place, str] = field(factory=dict)
    hidden: frozenset[Place] = frozenset()
    monitors: Mapping[int, Monitor] = field(factory=dict)
    level: int | None = None
    asked: frozenset[str] = frozenset()

    def value(self, component: str, variable: str, instance: str = "") -> str | None:
        """The value of a variable, or of an instance of it; None if it is not known."""
        return self.values.get((component.lower(), "", variable.lower(), instance.lower()))

    def number(self, component: str, variable: str) -> float | None:
        """The value of a variable that is a number; None if none is known."""
        try:
            return float(self.value(component, variable) or "")
        except ValueError:
            return None

    def is_true(self, component: str, variable: str, instance: str = "") -> bool:
        """Whether a variable is known to be true."""
        return (self.value(component, variable, instance) or "").lower() == "true"

    def is_false(self, component: str, variable: str) -> bool:
        """Whether a variable is known to be false."""
        return (self.value(component, variable) or "").lower() == "false"

    def members(self, component: str, variable: str) -> frozenset[str]:
        """The members of a list; none if it is not known."""
        listed = (self.value(component, variable) or "").split(",")
        return frozenset(each.strip() for each in listed) - {""}


def place(item: Json) -> Place | None:
    """Where the variable of an item is; None if it is that of an EVSE."""
    component, variable = item["component"], item["variable"]
    if "evse" in component:
        return None
    named = component["name"], component.get("instance", ""), variable["name"], variable.get("instance", "")
    return named[0].lower(), named[1].lower(), named[2].lower(), named[3].lower()


def _with(known: Learned, item: Json, value: str | None) -> Learned:
    where = place(item)
    if where is None or item.get("attributeType", "Actual") != "Actual":
        return known
    rest = {key: kept for key, kept in known.values.items() if key != where}
    return evolve(known, values=rest if value is None else {**rest, where: value})


def _got(known: Learned, request: Json, result: Json) -> Learned:
    for item in result["getVariableResult"]:
        if item["attributeStatus"] == "Accepted":
            known = _with(known, item, item.get("attributeValue", ""))
    return known


def _set(known: Learned, request: Json, result: Json) -> Learned:
    wanted = {(place(item), item.get("attributeType")): item for item in request["setVariableData"]}
    for item in result["setVariableResult"]:
        given = wanted.get((place(item), item.get("attributeType")))
        # Whether one that takes a reboot is used already nobody knows.
        is_set = item["attributeStatus"] == "Accepted" and given is not None
        if is_set or item["attributeStatus"] == "RebootRequired":
            known = _with(known, item, given["attributeValue"] if is_set and given is not None else None)
    return known


def _monitored(known: Learned, request: Json, result: Json) -> Learned:
    monitors = dict(known.monitors)
    for given, item in zip(request["setMonitoringData"], result["setMonitoringResult"], strict=False):
        if item["status"] == "Accepted" and "id" in item:
            # Of one whose result stands elsewhere nobody knows the value.
            monitors.pop(item["id"], None)
            if (given["type"], place(given)) == (item["type"], place(item)):
                monitors[item["id"]] = Monitor(item["type"], float(given["value"]), item["severity"])
    return evolve(known, monitors=monitors)


def _cleared(known: Learned, request: Json, result: Json) -> Learned:
    gone = {item["id"] for item in result["clearMonitoringResult"] if item["status"] == "Accepted"}
    return evolve(known, monitors={id: kept for id, kept in known.monitors.items() if id not in gone})


def _based(known: Learned, request: Json, result: Json) -> Learned:
    return evolve(known, monitors={}) if result["status"] == "Accepted" else known


def _levelled(known: Learned, request: Json, result: Json) -> Learned:
    return evolve(known, level=request["severity"]) if result["status"] == "Accepted" else known


def _reported(known: Learned, report: Json) -> Learned:
    values, hidden = dict(known.values), set(known.hidden)
    for item in report.get("reportData", ()):
        where = place(item)
        for attribute in item["variableAttribute"] if where is not None else ():
            if where is not None and attribute.get("type", "Actual") == "Actual":
                if attribute.get("mutability") == "WriteOnly":
                    hidden.add(where)
                elif "value" in attribute:
                    values[where] = attribute["value"]
    return evolve(known, values=values, hidden=frozenset(hidden))


def _monitors_reported(known: Learned, report: Json) -> Learned:
    found = {
        each["id"]: Monitor(each["type"], float(each["value"]), each["severity"])
        for item in report.get("monitor", ())
        for each in item["variableMonitoring"]
    }
    return evolve(known, monitors={**known.monitors, **found})


#: Actions whose results tell something.
ANSWERED: Mapping[str, Callable[[Learned, Json, Json], Learned]] = {
    "GetVariables": _got,
    "SetVariables": _set,
    "SetVariableMonitoring": _monitored,
    "ClearVariableMonitoring": _cleared,
    "SetMonitoringBase": _based,
    "SetMonitoringLevel": _levelled,
}
#: Actions whose requests tell something.
TOLD: Mapping[str, Callable[[Learned, Json], Learned]] = {
    "NotifyReport": _reported,
    "NotifyMonitoringReport": _monitors_reported,
}
#: Versions whose messages are understood.
VERSIONS = frozenset({"2.0.1", "2.1"})


def asked(known: Learned, action: str) -> Learned:
    """What is known after the station was asked for something."""
    return known if action in known.asked else evolve(known, asked=known.asked | {action})


def answered(known: Learned, action: str, request: Json, result: Json) -> Learned:
    """What is known after a result, of one of `ANSWERED`: both fit their schemas."""
    return ANSWERED[action](known, request, result)


def told(known: Learned, action: str, payload: Json) -> Learned:
    """What is known after a request of the station, of one of `TOLD`, which fits its schema."""
    return TOLD[action](known, payload)


# In files


def written(known: Learned) -> Json:
    """What is known, as JSON; variables are named as messages name them, so that secrets are found in it."""
    return {
        "values": [{**_named(where), "attributeValue": value} for where, value in known.values.items()],
        "hidden": [_named(where) for where in sorted(known.hidden)],
        "monitors": [{"id": id, **asdict(monitor)} for id, monitor in known.monitors.items()],
        "level": known.level,
        "asked": sorted(known.asked),
    }


def read(said: Json) -> Learned:
    """The same, of what `written` has made.

    Raises:
        LookupError, TypeError, ValueError: It is something else.
    """
    level = said["level"]
    return Learned(
        values={_place(row): str(row["attributeValue"]) for row in said["values"]},
        hidden=frozenset(map(_place, said["hidden"])),
        monitors={
            int(row["id"]): Monitor(str(row["type"]), float(row["value"]), int(row["severity"]))
            for row in said["monitors"]
        },
        level=None if level is None else int(level),
        asked=frozenset(map(str, said["asked"])),
    )


def _named(where: Place) -> Json:
    component, component_instance, variable, variable_instance = where
    return {
        "component": {"name": component, **({"instance": component_instance} if component_instance else {})},
        "variable": {"name": variable, **({"instance": variable_instance} if variable_instance else {})},
    }


def _place(row: Json) -> Place:
    where = place(row)
    if where is None:
        raise ValueError("a variable of an EVSE is not remembered")
    return where
