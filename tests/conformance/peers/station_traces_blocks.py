"""What stations have said, written down: with one fault that is heard, or odd and right.

An entry is a call of the station, of the kit if its action follows ``>``, or what that is answered: an action that
follows ``<``. Nothing of it was ever on a wire.
"""

import json
from typing import Any

from attrs import frozen

from ocpp_core.conformance.hearing import Heard
from ocpp_core.conformance.overheard import OVERHEARD
from ocpp_core.conformance.rules import rules
from ocpp_core.conformance.runner import load_checks
from ocpp_core.conformance.traces import Direction, Trace, What
from ocpp_core.model.specifications import specification
from ocpp_core.model.versions import Role, Wire

Json = dict[str, Any]

SECOND = ("2.0.1", "2.1")
THIRD = ("2.1",)
AT = "2026-01-01T00:00:00Z"

load_checks()


@frozen
class Told:
    """What a station has told.

    Attributes:
        name: What it is, in a few words.
        rule: The rule that it breaks; "" if it breaks none.
        said: Actions and payloads.
        versions: In which it is tried.
    """

    name: str
    rule: str
    said: list[tuple[str, Json]]
    versions: tuple[str, ...] = SECOND

    def broken(self, version: str) -> dict[str, str]:
        """The rules that are found to be broken, and how."""
        heard = Heard(
            self._trace(), specification(version), Role.CHARGE_POINT, Wire.JSON, was_registered=True
        )
        return {
            rule: str(seen)
            for rule, judge in OVERHEARD.items()
            if rules()[rule].binds(Role.CHARGE_POINT, version, Wire.JSON)
            for seen in judge(heard)
            if seen is not None
        }

    def _trace(self) -> Trace:
        trace = Trace()
        asked: dict[str, str] = {}
        for number, (action, payload) in enumerate(self.said):
            id, name = f"call-{number}", action.lstrip("<>")
            frame: list[Any] = [2, id, name, payload]
            if action.startswith(">"):
                asked[name] = id
            elif action.startswith("<"):
                frame = [3, asked[name], payload]
            side = Direction.SENT if action.startswith(">") else Direction.RECEIVED
            trace.add(float(number), side, What.MESSAGE, json.dumps(frame))
            if side is Direction.RECEIVED and frame[0] == 2:
                trace.add(float(number), Direction.SENT, What.MESSAGE, json.dumps([3, id, {}]))
        return trace


def event(
    kind: str, trigger: str, number: int, *, id: str = "T1", info: Json | None = None, **members: Any
) -> Any:
    """A TransactionEvent on EVSE 1."""
    written = {
        "eventType": kind,
        "triggerReason": trigger,
        "seqNo": number,
        "timestamp": AT,
        "evse": {"id": 1},
        "transactionInfo": {"transactionId": id, **(info or {})},
        **members,
    }
    return "TransactionEvent", written


def read(*contexts: str) -> list[Json]:
    """A reading, with a value for each context; "" for none."""
    samples = [{"value": 1, **({"context": context} if context else {})} for context in contexts]
    return [{"timestamp": AT, "sampledValue": samples}]


TOKEN: Json = {"idToken": "A1", "type": "ISO14443"}
_START: Json = {"idToken": TOKEN, "remoteStartId": 1, "evseId": 1}
_PLUGGED = event("Started", "CablePluggedIn", 0)
_ASKED = (">RequestStartTransaction", _START)


def _accepted(**members: Any) -> tuple[str, Json]:
    return "<RequestStartTransaction", {"status": "Accepted", **members}


def _tariff(**members: Any) -> tuple[str, Json]:
    tariff = {"tariffId": "F1", "currency": "EUR", "energy": {"prices": [{"priceKwh": 1}]}, **members}
    return ">SetDefaultTariff", {"evseId": 1, "tariff": tariff}


def _cost(total: Json, **members: Any) -> list[tuple[str, Json]]:
    cost = {
        "totalCost": {"currency": "EUR", "typeOfCost": "NormalCost", **total, **members},
        "totalUsage": {"energy": 1, "chargingTime": 1, "idleTime": 0},
    }
    return [
        event("Started", "Authorized", 0, idToken=TOKEN, info={"tariffId": "F1"}),
        event("Ended", "StopAuthorized", 1, costDetails=cost),
    ]


_FIXED = {"fixed": {"exclTax": 1}, "total": {"exclTax": 1}}
_ENERGY = {"energy": {"exclTax": 1}, "total": {"exclTax": 1}}


def _taxed(excl: float, incl: float, *rates: tuple[float, int]) -> Json:
    price = {
        "exclTax": excl,
        "inclTax": incl,
        "taxRates": [{"type": "x", "tax": tax, "stack": stack} for tax, stack in rates],
    }
    return {"energy": price, "total": {"exclTax": excl, "inclTax": incl}}


def _limit(source: str, *schedules: Json, **members: Any) -> tuple[str, Json]:
    told = {"chargingLimit": {"chargingLimitSource": source, **members}}
    return "NotifyChargingLimit", {**told, **({"chargingSchedule": list(schedules)} if schedules else {})}


_SCHEDULE: Json = {
    "id": 1,
    "chargingRateUnit": "A",
    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6}],
}


def _setting(value: str) -> list[tuple[str, Json]]:
    place = {
        "component": {"name": "SmartChargingCtrlr"},
        "variable": {"name": "NotifyChargingLimitWithSchedules"},
    }
    result = {**place, "attributeStatus": "Accepted", "attributeValue": value}
    return [
        (">GetVariables", {"getVariableData": [place]}),
        ("<GetVariables", {"getVariableResult": [result]}),
    ]


def _needs(**members: Any) -> tuple[str, Json]:
    needs = {"requestedEnergyTransfer": "DC", **members}
    return "NotifyEVChargingNeeds", {"evseId": 1, "chargingNeeds": needs}


_TWO_WAYS = _needs(v2xChargingParameters={}, controlMode="ScheduledControl")


def _of_ev(**members: Any) -> tuple[str, Json]:
    told = {"timeBase": AT, "evseId": 1, "chargingSchedule": _SCHEDULE, **members}
    return "NotifyEVChargingSchedule", told


def _swap(kind: str, id: int, who: str = "A1") -> tuple[str, Json]:
    battery = {"evseId": 1, "serialNumber": "B1", "soC": 50, "soH": 90}
    token = {"idToken": who, "type": "ISO14443"}
    return "BatterySwap", {"eventType": kind, "requestId": id, "idToken": token, "batteryData": [battery]}


FAULTS = [
    Told(
        "a remote start that does not name what runs",
        "transaction.remote-start-joins",
        [_PLUGGED, _ASKED, _accepted()],
    ),
    Told(
        "a remote start that names another",
        "transaction.remote-start-joins",
        [_PLUGGED, _ASKED, _accepted(transactionId="T2")],
    ),
    Told(
        "an event of the clock with readings of a period",
        "transaction.reading-context",
        [event("Updated", "MeterValueClock", 3, meterValue=read("", "Sample.Periodic"))],
    ),
    Told(
        "an event of a period with readings of the clock",
        "transaction.reading-context",
        [event("Updated", "MeterValuePeriodic", 3, meterValue=read("Sample.Clock"))],
    ),
    Told("the cost in another currency", "cost.currency", [_tariff(currency="SEK"), *_cost(_ENERGY)], THIRD),
    Told("energy that costs as a fee", "cost.of-energy", [_tariff(), *_cost(_FIXED)], THIRD),
    Told("no tax on a tax", "cost.taxes", _cost(_taxed(10, 12.5, (10, 0), (20, 1))), THIRD),
    Told(
        "local generation of a grid operator",
        "charging-limit.local-generation",
        [_limit("SO", isLocalGeneration=True)],
        THIRD,
    ),
    Told(
        "a limit without its schedule",
        "charging-limit.schedules-told",
        [*_setting("true"), _limit("EMS")],
    ),
    Told(
        "needs before the token",
        "charging-needs.after-token",
        [_PLUGGED, _needs()],
    ),
    Told(
        "a schedule of which nobody knows what it follows",
        "charging-schedule.selected",
        [_needs(), _of_ev()],
        THIRD,
    ),
    Told(
        "a schedule for both directions of which nobody knows what it follows",
        "charging-schedule.selected-two-ways",
        [_TWO_WAYS, _of_ev()],
        THIRD,
    ),
    Told(
        "batteries for others under another id",
        "battery.same-request",
        [_swap("BatteryIn", 1), _swap("BatteryOut", 2)],
        THIRD,
    ),
    Told(
        "batteries that nobody took under another id",
        "battery.same-request",
        [_swap("BatteryIn", 1), _swap("BatteryOutTimeout", 2)],
        THIRD,
    ),
]

RIGHT = [
    Told("a remote start that joins", "", [_PLUGGED, _ASKED, _accepted(transactionId="T1")]),
    Told(
        "a remote start that is refused",
        "",
        [_PLUGGED, _ASKED, ("<RequestStartTransaction", {"status": "Rejected"})],
    ),
    Told(
        "a remote start beside one who was let already",
        "",
        [_PLUGGED, event("Updated", "Authorized", 1, idToken=TOKEN), _ASKED, _accepted()],
    ),
    Told("a remote start as the cable comes in", "", [_ASKED, _PLUGGED, _accepted()]),
    Told(
        "a remote start as the cable goes",
        "",
        [_PLUGGED, _ASKED, event("Ended", "EVCommunicationLost", 1), _accepted()],
    ),
    Told(
        "a remote start after a boot",
        "",
        [
            _PLUGGED,
            ("BootNotification", {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V"}}),
            _ASKED,
            _accepted(),
        ],
    ),
    Told(
        "a remote start on another EVSE",
        "",
        [_PLUGGED, (">RequestStartTransaction", {**_START, "evseId": 2}), _accepted()],
    ),
    Told(
        "readings of the clock and of a period at once",
        "",
        [event("Updated", "MeterValueClock", 3, meterValue=read("", "Sample.Clock"))],
    ),
    Told(
        "a reading for another reason", "", [event("Updated", "MeterValueClock", 3, meterValue=read("Other"))]
    ),
    Told("an event of the clock without readings", "", [event("Updated", "MeterValueClock", 3)]),
    Told("a currency in small letters", "", [_tariff(currency="eur"), *_cost(_ENERGY)], THIRD),
    Told("the cost of a tariff that is not known", "", _cost(_FIXED, currency="SEK"), THIRD),
    Told(
        "a fee of a tariff with fees",
        "",
        [_tariff(fixedFee={"prices": [{"priceFixed": 1}]}), *_cost(_FIXED)],
        THIRD,
    ),
    Told("what it costs at least", "", [_tariff(), *_cost({**_FIXED, "typeOfCost": "MinCost"})], THIRD),
    Told("a fee of nothing", "", [_tariff(), *_cost({**_ENERGY, "fixed": {"exclTax": 0}})], THIRD),
    Told(
        "two tariffs one after the other",
        "",
        [
            _tariff(),
            _tariff(tariffId="F2", currency="SEK"),
            *_cost(_FIXED, currency="SEK")[:1],
            event("Updated", "TariffChanged", 1, info={"tariffId": "F2"}),
            (
                "TransactionEvent",
                {**_cost(_FIXED, currency="SEK")[1][1], "seqNo": 2},
            ),
        ],
        THIRD,
    ),
    Told("a tax on a tax", "", _cost(_taxed(10, 13.2, (10, 0), (20, 1))), THIRD),
    Told("two taxes beside each other", "", _cost(_taxed(10, 13, (10, 0), (20, 0))), THIRD),
    Told("a currency without cents", "", _cost(_taxed(101, 111, (10, 0))), THIRD),
    Told(
        "a sum that was rounded in a currency without cents",
        "",
        _cost({"energy": {"exclTax": 10}, "chargingTime": {"exclTax": 10}, "total": {"exclTax": 21}}),
        THIRD,
    ),
    Told(
        "local generation of an energy management system", "", [_limit("EMS", isLocalGeneration=True)], THIRD
    ),
    Told("a limit of a grid operator", "", [_limit("SO", isLocalGeneration=False)], THIRD),
    Told("a limit with its schedule", "", [*_setting("true"), _limit("EMS", _SCHEDULE)]),
    Told("a limit whose schedule nobody wants", "", [*_setting("false"), _limit("EMS")]),
    Told("a limit of which nobody has asked", "", [_limit("EMS")]),
    Told(
        "a limit after schedules were not wanted any more",
        "",
        [
            *_setting("true"),
            (
                ">SetVariables",
                {
                    "setVariableData": [
                        {**_setting("")[0][1]["getVariableData"][0], "attributeValue": "false"}
                    ]
                },
            ),
            (
                "<SetVariables",
                {
                    "setVariableResult": [
                        {**_setting("")[0][1]["getVariableData"][0], "attributeStatus": "Accepted"}
                    ]
                },
            ),
            _limit("EMS"),
        ],
    ),
    Told(
        "needs after the token",
        "",
        [_PLUGGED, event("Updated", "Authorized", 1, idToken=TOKEN), _needs()],
    ),
    Told(
        "needs in a transaction that began before", "", [event("Updated", "ChargingRateChanged", 7), _needs()]
    ),
    Told(
        "needs after a transaction",
        "",
        [_PLUGGED, event("Ended", "EVCommunicationLost", 1), _needs()],
    ),
    Told("a schedule that says what it follows", "", [_needs(), _of_ev(selectedChargingScheduleId=1)], THIRD),
    Told("a schedule of an EV whose needs nobody knows", "", [_of_ev()]),
    Told("batteries for batteries", "", [_swap("BatteryIn", 1), _swap("BatteryOut", 1)], THIRD),
    Told("batteries for what was brought before", "", [_swap("BatteryOut", 7)], THIRD),
    Told(
        "batteries for those of another",
        "",
        [
            _swap("BatteryIn", 1),
            _swap("BatteryIn", 2, "B2"),
            _swap("BatteryOut", 2, "B2"),
            _swap("BatteryOut", 1),
        ],
        THIRD,
    ),
    Told(
        "batteries that were asked for",
        "",
        [
            _swap("BatteryIn", 1),
            (">RequestBatterySwap", {"idToken": TOKEN, "requestId": 9}),
            ("<RequestBatterySwap", {"status": "Accepted"}),
            _swap("BatteryOut", 9),
        ],
        THIRD,
    ),
]
