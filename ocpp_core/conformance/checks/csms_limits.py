"""Checks of CSMSs: what the device model of a station says about messages that it bears, once it was reported."""

from ocpp_core.conformance.checks import check
from ocpp_core.conformance.checks.asking import ask, sent
from ocpp_core.conformance.requests import timestamp
from ocpp_core.conformance.stages import Json, PeerCall, Stage

_VARIABLE = "ItemsPerMessage"
#: By rule: the message, the list in it, and whose `_VARIABLE` says how many items of it are borne: component, instance.
_ITEMS: dict[str, tuple[str, str, str, str]] = {
    "limit.set-variables": ("SetVariables", "setVariableData", "DeviceDataCtrlr", "SetVariables"),
    "limit.get-variables": ("GetVariables", "getVariableData", "DeviceDataCtrlr", "GetVariables"),
    "limit.get-report": ("GetReport", "componentVariable", "DeviceDataCtrlr", "GetReport"),
    "limit.get-monitoring-report": (
        "GetMonitoringReport",
        "componentVariable",
        "DeviceDataCtrlr",
        "GetReport",
    ),
    "limit.set-monitoring": (
        "SetVariableMonitoring",
        "setMonitoringData",
        "MonitoringCtrlr",
        "SetVariableMonitoring",
    ),
    "limit.clear-monitoring": ("ClearVariableMonitoring", "id", "MonitoringCtrlr", "ClearVariableMonitoring"),
    "limit.local-list": ("SendLocalList", "localAuthorizationList", "LocalAuthListCtrlr", ""),
}
#: What the played station is: one item in every message, and one configuration of its network, which it uses.
_VALUES: dict[tuple[str, str, str], str] = {
    **{(component, _VARIABLE, instance): "1" for _, _, component, instance in _ITEMS.values()},
    ("OCPPCommCtrlr", "NetworkConfigurationPriority", ""): "1",
}


def _named(component: str, name: str, instance: str) -> Json:
    variable = {"name": name, "instance": instance} if instance else {"name": name}
    return {"component": {"name": component}, "variable": variable}


def _reported(key: tuple[str, str, str]) -> Json:
    return {
        **_named(*key),
        "variableAttribute": [{"value": _VALUES[key]}],
        "variableCharacteristics": {
            "dataType": "SequenceList" if key[1].startswith("Network") else "integer",
            "supportsMonitoring": False,
        },
    }


def _got(call: PeerCall) -> Json:
    """The same to whoever asks for single variables, which may be before the report."""
    results = []
    for item in call.payload.get("getVariableData") or ():
        component, variable = item.get("component") or {}, item.get("variable") or {}
        key = (component.get("name", ""), variable.get("name", ""), variable.get("instance", ""))
        value = _VALUES.get(key)
        told = {"attributeStatus": "UnknownVariable"}
        if value is not None:
            told = {"attributeStatus": "Accepted", "attributeValue": value}
        results.append({"component": component, "variable": variable, **told})
    return {"getVariableResult": results}


async def _tells_itself(stage: Stage) -> None:
    """Has a report of the device model asked for, and gives it."""
    stage.responders["GetVariables"] = _got
    call = await stage.provoke("GetBaseReport", {"reportBase": "FullInventory"})
    report = {
        "requestId": call.payload.get("requestId"),
        "seqNo": 0,
        "tbc": False,
        "generatedAt": timestamp(),
        "reportData": [_reported(key) for key in _VALUES],
    }
    stage.needed(await ask(stage, "NotifyReport", report), "the answer to NotifyReport")


def _register(rule: str, action: str, name: str) -> None:
    @check(rule)
    async def judge(stage: Stage) -> None:
        """Says that it bears one item, and has some sent. How many is not wished: hooks do as they are told."""
        await _tells_itself(stage)
        call = await sent(stage, action)
        count = len(call.payload.get(name) or ())
        if count > 1:
            stage.deviates(f"1 item of {name}", str(count), place=action, marks=(call.mark,))


for _rule, (_action, _name, _component, _instance) in _ITEMS.items():
    _register(_rule, _action, _name)


@check("limit.active-network")
async def active_network(stage: Stage) -> None:
    """Says which configuration of its network it uses, and has variables set."""
    await _tells_itself(stage)
    call = await sent(stage, "SetVariables")
    for item in call.payload["setVariableData"]:
        component = item["component"]
        if component["name"] == "NetworkConfiguration" and component.get("instance") == "1":
            stage.deviates(
                "no variable of a configuration that is in use",
                f"{item['variable']['name']} of NetworkConfiguration 1",
                marks=(call.mark,),
            )
