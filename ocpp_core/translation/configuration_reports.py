"""All of the configuration at once: GetConfiguration without keys, and reports. See `configuration`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from attrs import define, evolve, frozen

from ocpp_core import v16, v201
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.decimals import is_in_range
from ocpp_core.model.errors import OcppError
from ocpp_core.model.messages import Response
from ocpp_core.translation.configuration_exchanges import (
    CONNECTION_TIMEOUT,
    GETS,
    UNSUPPORTED,
    Exchange,
    chunks,
    component_of,
    drop_custom_data,
    failure,
    target_of,
    variable_of,
)
from ocpp_core.translation.configuration_keys import Key, Keys, Rule, Target, of_connector, table
from ocpp_core.translation.configuration_reading import Asked, keys_answer, value_up
from ocpp_core.translation.configuration_stations import (
    COMPUTED,
    STAND_INS,
    Known,
    Setting,
    StandIn,
    Station,
    setting,
    stand_in,
    stand_ins,
    variable,
)
from ocpp_core.translation.configuration_values import rotations
from ocpp_core.translation.leaves import milliseconds
from ocpp_core.translation.losses import LossKind, LossReason
from ocpp_core.translation.runs import Run, Unfit
from ocpp_core.translation.samples import number
from ocpp_core.translation.steps import account
from ocpp_core.translation.views import View

#: Variables in one NotifyReport. It has no limit of its own, and some 300 bytes for each.
_MOST_PER_PART = 50

# Up


def inventory_request(
    request: v16.GetConfigurationRequest, there: Run, request_id: int
) -> v201.GetBaseReportRequest:
    """What a GetConfiguration without keys asks a station of 2.0.1 for.

    If it is accepted, parts of the report follow until one has no ``tbc``: put together what `read_report` gives of
    each, then make the answer with `inventory_answer`. If not, make it of what is known.
    """
    view = View(request, there, is_judged=False)
    _ = view.key
    account(view, there)
    there.made((None, "", ".requestId"), request_id, LossReason.ALLOCATED)
    base = v201.ReportBase(there.policy.configuration_report)
    there.made((None, "", ".reportBase"), base)
    return v201.GetBaseReportRequest(request_id=request_id, report_base=base)


def read_report(part: v201.NotifyReportRequest, back: Run, station: Station) -> dict[Target, Known]:
    """What a part of a report says of variables that have a key, by `Target.folded`; no passwords."""
    keys = table(back.policy.configuration_keys)
    view = View(part, back, is_judged=False)
    _ = (view.request_id, view.seq_no, view.tbc)  # what puts the parts together
    view.drop("generated_at", "custom_data")
    read: dict[Target, Known] = {}
    for index, one in enumerate(view.views("report_data")):
        target = target_of(one)
        use = None if target is None else _use(target, keys, station)
        if target is None or use is None or target.folded in read:
            back.dropped((view.place("report_data"), index, ""), one.carried())
        else:
            drop_custom_data(one)
            read[target.folded] = _known(one, f".reportData[{index}]", back, use)
    account(view, back)
    return read


@frozen
class _Use:
    """What a key is made of a variable."""

    value: bool
    mutability: bool
    limit: bool


_COMPUTED = frozenset(target.folded for one in COMPUTED.values() for target in one.targets)


def _use(target: Target, keys: Keys, station: Station) -> _Use | None:
    """What to read of a variable; None if no key has it, or if it is a password."""
    found = setting(target, keys, station)
    is_read = found is not None and "R" in found.key.access and not found.is_second
    is_one = found is not None and is_read and found.connector is None
    use = _Use(is_read or target.folded in _COMPUTED, is_one, target.folded in keys.limits)
    return use if use.value or use.limit else None


def _known(one: View, path: str, run: Run, use: _Use) -> Known:
    known = Known()
    for index, attribute in enumerate(one.views("variable_attribute")):
        if not use.value or attribute.type not in (None, "Actual") or known.path:
            run.dropped((one.place("variable_attribute"), index, ""), attribute.carried())
            continue
        value, mutability = attribute.value, attribute.mutability
        attribute.drop("persistent", "constant", "custom_data", *(() if use.mutability else ("mutability",)))
        known = Known(
            value=value if isinstance(value, str) else None,
            mutability=str(mutability) if mutability is not None and use.mutability else None,
            path=f"{path}.variableAttribute[{index}].value",
        )
    about = one.view("variable_characteristics")
    if about is None:
        return known
    about.drop("data_type", "unit", "min_limit", "values_list", "supports_monitoring", "custom_data")
    limit = about.max_limit
    if use.limit and isinstance(limit, Decimal) and is_in_range(limit):
        return evolve(known, max_limit=limit, limit_path=f"{path}.variableCharacteristics.maxLimit")
    about.drop("max_limit")
    return known


def inventory_answer(
    variables: Mapping[Target, Known], back: Run, station: Station
) -> v16.GetConfigurationResponse:
    """All keys that the station has, made of its variables."""
    keys = table(back.policy.configuration_keys)
    asked = [(key.name, key) for one in keys.names.values() for key in _of_each(one, station)]
    answer = keys_answer(asked, variables, variables, station, back)
    return v16.GetConfigurationResponse(configuration_key=answer.configuration_key)


def _of_each(key: Key, station: Station) -> list[Key]:
    if key.rule is Rule.PER_CONNECTOR:
        return [of_connector(key, one) for one in station.connectors]
    return [] if key.rule is Rule.NONE else [key]


def learned(answer: Response, back: Run, station: Station) -> dict[Target, Known]:
    """What an answer of a station says that is looked up later in `Station.variables`, by `Target.folded`.

    Exchanges do, and remote starts.
    """
    keys = table(back.policy.configuration_keys)
    read: dict[Target, Known] = {}
    if isinstance(answer, v201.GetVariablesResponse):
        for one in answer.get_variable_result:
            target = target_of(View(one, back, is_judged=False))
            if target is not None and one.attribute_value is not None and _use(target, keys, station):
                known = station.variables.get(target.folded, Known())
                read[target.folded] = evolve(known, value=one.attribute_value)
    if isinstance(answer, v16.GetConfigurationResponse):
        for pair in answer.configuration_key or ():
            key = keys.named(str(pair.key))
            if key is not None and key.target in (GETS, CONNECTION_TIMEOUT):
                read[key.target.folded] = Known(value=pair.value)
    return read


# Down


@frozen
class Report:
    """The outcome of a request for a report.

    Attributes:
        answer: To the request.
        data: What to report afterwards; see `report_parts`.
    """

    answer: Response | OcppError
    data: tuple[v201.ReportData, ...] = ()


def get_base_report(
    request: v201.GetBaseReportRequest, there: Run, back: Run, station: Station
) -> Exchange[Report]:
    """GetBaseReport for a station of 1.6: GetConfiguration without keys, of which a report is made.

    What 1.6 tells elsewhere is of `station`. The losses have the places of `Report.data`, as if it was one part.
    """
    view = View(request, there, is_judged=False)
    _ = view.request_id
    if view.report_base not in list(v201.ReportBase):
        raise Unfit(view.place("report_base"), view.report_base, error=ErrorCode.PROPERTY_CONSTRAINT)
    view.drop("custom_data")
    account(view, there)
    if request.report_base == "SummaryInventory":
        station = station.with_connectors(str(max(station.statuses, default=0)))
        return _report(request, _states(station), back, station)
    found = yield from _everything(back, station)
    if not isinstance(found, dict):
        return _failed(request, found)
    is_settable = request.report_base == "ConfigurationInventory"
    chosen = {target: one for target, one in found.items() if one.is_writable or not is_settable}
    return _report(request, chosen, back, station)


def get_report(request: v201.GetReportRequest, there: Run, back: Run, station: Station) -> Exchange[Report]:
    """GetReport for a station of 1.6: the same for the components and variables that are named.

    What a component is like, nobody can say of a station of 1.6: componentCriteria are not supported.
    """
    view = View(request, there, is_judged=False)
    _ = view.request_id
    if view.component_criteria is not None:
        place = view.place("component_criteria")
        there.dropped(place, view.component_criteria)
        return Report(_answer(request, "NotSupported"))
    view.drop("custom_data")
    wanted: list[_Wanted] = []
    for index, one in enumerate(view.views("component_variable")):
        made = _Wanted.of(one)
        if made is None:
            there.dropped((view.place("component_variable"), index, ""), one.carried())
        else:
            wanted.append(made)
    account(view, there)
    found = yield from _everything(back, station)
    if not isinstance(found, dict):
        return _failed(request, found)
    chosen = {
        target: one
        for target, one in found.items()
        if request.component_variable is None or any(each.is_met(target) for each in wanted)
    }
    return _report(request, chosen, back, station)


def report_parts(
    data: Sequence[v201.ReportData], request_id: int, generated_at: datetime, most: int = _MOST_PER_PART
) -> list[v201.NotifyReportRequest]:
    """The messages of a report, in the order in which to send them.

    Args:
        data: Of a `Report`.
        request_id: Of the request for it.
        generated_at: When the station answered, aware.
        most: Variables in one message.
    """
    parts = list(chunks(data, most))
    return [
        v201.NotifyReportRequest(
            request_id=request_id,
            generated_at=milliseconds(generated_at),
            seq_no=index,
            tbc=index < len(parts) - 1,
            report_data=part,
        )
        for index, part in enumerate(parts)
    ]


@frozen
class _Wanted:
    """A component, or a variable of it, that a report shall have. What it does not say may be anything."""

    component: str
    evse: int | None
    connector: int | None
    variable: str | None
    instance: str | None

    @classmethod
    def of(cls, one: View) -> "_Wanted | None":
        """None for what no station of 1.6 has."""
        component, variable_ = one.view("component"), one.view("variable")
        if component is None or component.instance is not None:
            return None
        drop_custom_data(one)
        evse = component.view("evse")
        number_, connector = (evse.id, evse.connector_id) if evse is not None else (None, None)
        names = (str(variable_.name), variable_.instance) if variable_ is not None else (None, None)
        return cls(str(component.name), number_, connector, *names)

    def is_met(self, target: Target) -> bool:
        there = target.folded
        own = Target(self.component, self.variable or there.variable, self.instance or there.instance).folded
        return (
            (own.component, own.variable, own.instance) == (there.component, there.variable, there.instance)
            and self.evse in (None, there.evse)
            and self.connector in (None, there.connector)
        )


@define
class _Source:
    """What a variable of a report is made of."""

    found: Setting | None = None
    value: v16.KeyValue | None = None
    path: str = ""
    limit: v16.KeyValue | None = None
    limit_path: str = ""
    key: Key | None = None
    standing: StandIn | None = None
    text: str | None = None

    @property
    def is_writable(self) -> bool:
        """Whether the station says so, and we would write it."""
        return (
            self.found is not None and self.found.key.is_writable and not (self.value and self.value.readonly)
        )


_Sources = dict[Target, _Source]
#: Keys that variables are made of which have no key.
_USED = frozenset(name for one in STAND_INS.values() for name in one.keys)


def _everything(run: Run, station: Station) -> Exchange[_Sources | OcppError]:
    """All variables of which a station of 1.6 says something, and what is known of it."""
    answer = yield v16.GetConfigurationRequest()
    if not isinstance(answer, v16.GetConfigurationResponse):
        error = failure([answer])
        assert error is not None
        return error
    asked = Asked()
    asked.take(answer, run)
    station = station.with_connectors(asked.text("NumberOfConnectors"))
    keys = table(run.policy.configuration_keys)
    sources: _Sources = {}
    for one, path in asked.there.values():
        key = keys.named(one.key)
        if key is None or not _take(key, one, path, sources, station):
            run.dropped((None, path, ""), one)
    by_keys = {there.folded for there in sources}
    for target in stand_ins(station):
        standing = stand_in(target)
        assert standing is not None, "these are the variables that something stands in for"
        if target.folded not in by_keys:
            text = standing.value(station, target, asked.texts(standing.keys))
            if text is not None:
                sources[target] = _Source(standing=standing, text=text)
    return sources


def _take(key: Key, one: v16.KeyValue, path: str, sources: _Sources, station: Station) -> bool:
    """Adds the variables of a key; false if it has none."""
    if key.rule is Rule.CHARACTERISTIC and key.target is not None:
        source = sources.setdefault(key.target, _Source())
        source.limit, source.limit_path, source.key = one, path, source.key or key
        return number(one.value) is not None
    found = list(_settings(key, one, station))
    for target, each in found:
        source = sources.setdefault(target, _Source())
        source.found, source.value, source.path, source.key = each, one, path, key
    return bool(found) or key.name in _USED


def _settings(key: Key, one: v16.KeyValue, station: Station) -> Iterator[tuple[Target, Setting]]:
    """The variables of a key."""
    if key.rule is Rule.PHASE_ROTATION:
        try:
            numbers = list(rotations(one.value or ""))
        except ValueError:
            numbers = []
        for each in numbers:
            target = variable(key, each, station)
            if target is not None:
                yield target, Setting(key, each)
        return
    target = variable(key, None, station)
    if target is not None:
        yield target, Setting(key)
    if key.rule is Rule.FAN_OUT and key.also is not None:
        yield key.also, Setting(key, is_second=True)


def _states(station: Station) -> _Sources:
    """What a station of 1.6 has said of its availability."""
    sources: _Sources = {}
    for target in stand_ins(station):
        standing = stand_in(target)
        text = standing.value(station, target, {}) if standing is not None else None
        if text is not None and target.variable == "AvailabilityState":
            sources[target] = _Source(standing=standing, text=text)
    return sources


def _report(request: Any, sources: _Sources, run: Run, station: Station) -> Report:
    if not sources:
        return Report(_answer(request, "EmptyResultSet"))
    data = [
        _data(target, one, run, f".reportData[{index}]")
        for index, (target, one) in enumerate(sources.items())
    ]
    return Report(_answer(request, "Accepted"), tuple(data))


def _data(target: Target, source: _Source, run: Run, path: str) -> v201.ReportData:
    place = f"{path}.variableAttribute[0]"
    value = source.text
    if source.standing is not None:
        run.made((None, "", f"{place}.value"), value, LossReason.REMEMBERED)
    is_secret = source.found is not None and "R" not in source.found.key.access
    if is_secret and source.value is not None and source.value.value is not None:
        run.dropped((None, f"{source.path}.value", ""), source.value.value, LossReason.SUPPRESSED)
    elif source.found is not None and source.value is not None:
        value = value_up(source.found, source.value, source.path, run, f"{place}.value")
    mutability = v201.Mutability.READ_WRITE if source.is_writable else v201.Mutability.READ_ONLY
    if is_secret:
        mutability = v201.Mutability.WRITE_ONLY
    if source.value is None or is_secret:
        run.made((None, "", f"{place}.mutability"), mutability)
    return v201.ReportData(
        component=component_of(target),
        variable=variable_of(target),
        variable_attribute=[v201.VariableAttribute(value=value, mutability=mutability)],
        variable_characteristics=_characteristics(source, run, f"{path}.variableCharacteristics"),
    )


def _characteristics(source: _Source, run: Run, path: str) -> v201.VariableCharacteristics:
    data = source.key.data if source.key is not None else "string"
    unit = source.key.unit if source.key is not None else None
    if source.standing is not None:
        data = source.standing.data
    run.made((None, "", f"{path}.dataType"), data)
    if unit is not None:
        run.made((None, "", f"{path}.unit"), unit)
    run.made((None, "", f"{path}.supportsMonitoring"), False, kind=LossKind.DEFAULTED)
    return v201.VariableCharacteristics(
        data_type=v201.Data(data),
        unit=unit,
        max_limit=number(source.limit.value) if source.limit is not None else None,
        supports_monitoring=False,
    )


def _answer(request: Any, status: str) -> Response:
    cls: Callable[..., Response] = (
        v201.GetReportResponse if isinstance(request, v201.GetReportRequest) else v201.GetBaseReportResponse
    )
    return cls(status=v201.GenericDeviceModelStatus(status))


def _failed(request: Any, error: OcppError) -> Report:
    return Report(_answer(request, "NotSupported") if error.code in UNSUPPORTED else error)
