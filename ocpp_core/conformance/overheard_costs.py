"""What judges costs and tariffs (2.1) by the tariffs that the kit has given, and by what is set.

Only what fits its schema is judged. Of two tariffs of one id nobody can tell which one counts.
"""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import partial

from ocpp_core.conformance.hearing import Heard, Said
from ocpp_core.conformance.json_frames import Json
from ocpp_core.conformance.overheard import overheard
from ocpp_core.conformance.telling import Wrong, answered, events, judged
from ocpp_core.conformance.verdicts import Deviation
from ocpp_core.model.printing import shown

#: What the cost of each kind of price is called. Of energy there is a rule of its own.
_PARTS: Mapping[str, str] = {
    "chargingTime": "chargingTime",
    "energy": "energy",
    "fixedFee": "fixed",
    "idleTime": "idleTime",
    "reservationFixed": "reservationFixed",
    "reservationTime": "reservationTime",
}
#: Sums are rounded.
_ROUNDING = Decimal("0.02")


def _tariffs(heard: Heard, said: Said) -> Iterator[Json]:
    """The tariffs that the kit gives."""
    if not said.is_received and "tariff" in said.members and heard.is_right(said):
        yield said.members["tariff"]


def _costs(heard: Heard) -> Iterator[tuple[Said, Json, Json]]:
    """Each cost that is told of a transaction for which one tariff was named, with that: one that the kit has given."""
    given: dict[str, Json | None] = {}
    named: dict[str, set[str]] = {}
    for said in heard.said:
        for tariff in _tariffs(heard, said):
            id = tariff["tariffId"]
            given[id] = tariff if given.get(id, tariff) == tariff else None
        if heard.tells(said, "TransactionEvent"):
            event = said.members
            info = event["transactionInfo"]
            ids = named.setdefault(info["transactionId"], set())
            ids |= {info["tariffId"]} if "tariffId" in info else set()
            known = given.get(next(iter(ids))) if len(ids) == 1 else None
            cost = event.get("costDetails", {})
            if known is not None and "totalCost" in cost and not cost.get("failureToCalculate"):
                yield said, cost["totalCost"], known


def _each(judge: Callable[[Said, Json, Json], Iterator[Wrong]], heard: Heard) -> Iterator[Deviation | None]:
    for said, cost, tariff in _costs(heard):
        for wrong in judge(said, cost, tariff):
            yield None if wrong is None else Deviation(*wrong, marks=(said.mark,))


def _currency(_: Said, cost: Json, tariff: Json) -> Iterator[Wrong]:
    wanted, got = tariff["currency"], cost["currency"]
    yield None if wanted.upper() == got.upper() else (f"the currency {shown(wanted)}", shown(got))


# Where a cost is told


def _of_one_kind(is_energy: bool, _: Said, cost: Json, tariff: Json) -> Iterator[Wrong]:
    kinds = sorted(tariff.keys() & _PARTS.keys())
    # What is least or most of all is told otherwise, and other prices may be added to these.
    if len(kinds) == 1 and (kinds == ["energy"]) is is_energy and cost["typeOfCost"] == "NormalCost":
        mine = _PARTS[kinds[0]]
        others = [name for name in _PARTS.values() if name != mine and _is_some(cost.get(name))]
        yield (f"the cost of {kinds[0]} as {mine}", ", ".join(others)) if others else None


def _is_some(price: Json | None) -> bool:
    return price is not None and any(Decimal(str(price.get(kind, 0))) for kind in ("exclTax", "inclTax"))


# The least and the most that it costs


def _amounts(price: Json, bound: Json) -> Iterator[tuple[Decimal, Decimal]]:
    """An amount, and its bound, with tax and without, as far as both are told."""
    for kind in ("exclTax", "inclTax"):
        if kind in price and kind in bound:
            yield Decimal(str(price[kind])), Decimal(str(bound[kind]))


def _least(said: Said, cost: Json, tariff: Json) -> Iterator[Wrong]:
    least, is_least = tariff.get("minCost"), cost["typeOfCost"] == "MinCost"
    if least is None or said.members["eventType"] != "Ended":
        return
    if is_least:
        pairs = _amounts(cost.get("fixed", {}), least)
        is_right = "fixed" in cost and all(abs(got - wanted) <= _ROUNDING for got, wanted in pairs)
        yield None if is_right else (f"fixed as the minCost {least}", str(cost.get("fixed", "none")))
    elif cost["typeOfCost"] == "NormalCost":
        is_below = any(got < wanted - _ROUNDING for got, wanted in _amounts(cost["total"], least))
        yield (f"MinCost, as it costs less than {least}", "NormalCost") if is_below else None


def _most(_: Said, cost: Json, tariff: Json) -> Iterator[Wrong]:
    most = tariff.get("maxCost")
    if most is not None and cost["typeOfCost"] == "NormalCost":
        is_above = any(got > wanted + _ROUNDING for got, wanted in _amounts(cost["total"], most))
        yield (f"MaxCost, as it costs more than {most}", "NormalCost") if is_above else None


def _normal(_: Said, cost: Json, tariff: Json) -> Iterator[Wrong]:
    bounds = {"MinCost": "minCost", "MaxCost": "maxCost"}
    bound = bounds.get(cost["typeOfCost"], "")
    is_wrong = bool(bound) and bound not in tariff
    yield (f"NormalCost, as the tariff has no {bound}", cost["typeOfCost"]) if is_wrong else None


for _rule, _judge in (
    ("cost.currency", _currency),
    ("cost.of-energy", partial(_of_one_kind, True)),
    ("cost.of-one-kind", partial(_of_one_kind, False)),
    ("cost.least", _least),
    ("cost.most", _most),
    ("cost.normal", _normal),
):
    overheard(_rule)(partial(_each, _judge))


# When it is told


@overheard("cost.running-from-start")
def _running_from_start(heard: Heard) -> Iterator[Deviation | None]:
    for event in events(heard):
        names = ("Cost", "Tariff", "RunningCost")
        is_on = all(event.known.is_true("TariffCostCtrlr", "Enabled", name) for name in names)
        if event.kind == "Started" and "tariffId" in event.payload["transactionInfo"] and is_on:
            cost = event.payload.get("costDetails")
            got = "none" if cost is None else "chargingPeriods" if "chargingPeriods" in cost else ""
            yield judged(not got, "costDetails without chargingPeriods", got, event.said)


# Where a tariff is


@overheard("tariff.place-of-transaction")
def _place_of_transaction(heard: Heard) -> Iterator[Deviation | None]:
    results = {said.mark: request for request, said in answered(heard, "GetTariffs")}
    running: dict[str, tuple[int, str]] = {}  # where, and by which tariff
    for said in heard.said:
        if heard.tells(said, "TransactionEvent"):
            info, evse = said.members["transactionInfo"], said.members.get("evse", {})
            before = running.pop(info["transactionId"], (0, ""))
            if said.members["eventType"] != "Ended":
                now = evse.get("id", before[0]), info.get("tariffId", before[1])
                running[info["transactionId"]] = now
        elif said.mark in results:
            about = results[said.mark]["evseId"]
            for tariff in said.members.get("tariffAssignments", ()):
                places = {where for where, id in running.values() if id == tariff["tariffId"] and where}
                wanted = {where for where in places if about in (0, where)}
                if tariff["tariffKind"] == "DriverTariff" and wanted:
                    got = set(tariff.get("evseIds", ()))
                    yield judged(wanted <= got, f"the EVSEs {sorted(wanted)}", str(sorted(got)), said)
