"""Configuration: the exchanges of `ocpp_core.translation.configuration`, with what the session knows of the station."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from ocpp_core import v16, v201
from ocpp_core.model.messages import Response
from ocpp_core.translation import configuration
from ocpp_core.translation.configuration import CONNECTION_TIMEOUT, Exchange, Report, Station
from ocpp_core.translation.losses import LossReason
from ocpp_core.translation.runs import Run
from ocpp_core.translation.sessions.effects import Answer
from ocpp_core.translation.sessions.layers import Asked, Pause, Rule, Steps

T = TypeVar("T")
#: An exchange of `configuration`, not begun.
_Begin = Callable[[Any, Run, Run, Station], Exchange[T]]


def _station(asked: Asked, *, is_newer: bool = False) -> Station:
    """What is known of the station. One of 1.6 is asked for its number of connectors where that matters."""
    state = asked.state
    statuses = {number: one.status or one.sent for number, one in state.outlets.items()}
    return Station(
        identity=state.identity,
        topology={one: (one, 1) for one in state.evses()} if is_newer else {},
        variables=state.variables,
        boot=state.hints.get("station"),
        statuses={number: status for number, status in statuses.items() if status is not None},
    )


def _exchanged(asked: Asked, begin: _Begin[T], *, is_newer: bool) -> Any:
    """An exchange with the station; what its answers tell of it is kept."""
    asked.view.carried()
    there, back = asked.passage.run(asked.layer.there), asked.passage.run(asked.layer.back)
    station = _station(asked, is_newer=is_newer)
    steps = begin(asked.message, there, back, station)
    answer: Answer = None
    while True:
        try:
            made = steps.send(answer)
        except StopIteration as end:
            asked.passage.take(there)
            asked.passage.take(back)
            return end.value
        answer = yield made
        if isinstance(made, v16.ChangeConfigurationRequest | v201.SetVariablesRequest):
            asked.state.variables.pop(CONNECTION_TIMEOUT.folded, None)  # it may be another now
        if isinstance(answer, Response):
            learned = configuration.learned(answer, asked.passage.run(asked.layer.back), station)
            asked.state.variables.update(learned)


def setting(begin: _Begin[Any], *, is_newer: bool) -> Rule:
    """A command that is an exchange, to a station of 2.0.1 or of 1.6."""

    def rule(asked: Asked) -> Steps:
        answer: Answer = yield from _exchanged(asked, begin, is_newer=is_newer)
        return answer

    return rule


def report(begin: _Begin[Report]) -> Rule:
    """2.0.1 to 1.6: the answer, and behind it the parts of the report."""

    def rule(asked: Asked) -> Steps:
        id = asked.view.required("request_id")
        made: Report = yield from _exchanged(asked, begin, is_newer=False)
        if made.data:
            for part in configuration.report_parts(made.data, id, asked.now):
                asked.aside(part)
        return made.answer

    return rule


def get_configuration(asked: Asked) -> Steps:
    """1.6 to 2.0.1: the keys that are named, or else all: they are in a report, which is waited for."""
    request: v16.GetConfigurationRequest = asked.message
    if request.key:
        answer: Answer = yield from _exchanged(asked, configuration.get_configuration, is_newer=True)
        return answer
    asked.view.carried()
    made = configuration.inventory_request(request, asked.run, asked.state.new_request_id())
    answer = yield made
    if answer is None:
        return None
    if isinstance(answer, v201.GetBaseReportResponse) and answer.status == "Accepted":
        yield Pause(("report", made.request_id), asked.now + timedelta(seconds=asked.policy.report_timeout))
    back = asked.passage.run(asked.layer.back)
    station = _station(asked, is_newer=True)
    keys = configuration.inventory_answer(station.variables, back, station)
    asked.passage.take(back)
    return keys


def notify_report(asked: Asked) -> Steps:
    """2.0.1: read for what it says of settings. Whoever waits for the report goes on with its last part."""
    yield from ()
    request: v201.NotifyReportRequest = asked.message
    station = _station(asked, is_newer=True)
    read = configuration.read_report(request, asked.run, station)
    asked.state.variables.update(read)
    if not read:
        asked.run.losses.clear()
        asked.run.dropped(None, request, LossReason.SUPPRESSED)
    if not request.tbc:
        asked.resume(("report", request.request_id))
    return asked.answered()
