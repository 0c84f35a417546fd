"""What reading and writing of configuration have in common, in both directions. See `configuration`."""

from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from attrs import frozen

from ocpp_core import v16, v201
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import OcppError
from ocpp_core.model.messages import Request, Response
from ocpp_core.translation.configuration_keys import Keys, Target
from ocpp_core.translation.configuration_stations import Setting, Station, is_known_component, setting
from ocpp_core.translation.losses import LossReason, Place
from ocpp_core.translation.runs import Run, Unfit
from ocpp_core.translation.steps import account, sendable
from ocpp_core.translation.views import View

#: What became of a request: None says that no answer came.
Answer = Response | OcppError | None

R = TypeVar("R")
#: Yields requests, is sent what became of them, and returns the outcome.
Exchange = Generator[Request[Any], Answer, R]

_T = TypeVar("_T")
#: The station does not know the action, which is no fault of the value.
UNSUPPORTED = (ErrorCode.NOT_SUPPORTED, ErrorCode.NOT_IMPLEMENTED)

# Answers


def failure(answers: Iterable[Answer]) -> OcppError | None:
    """What to tell who asked, if no request was answered; None if one was."""
    there = list(answers)
    if any(isinstance(one, Response) for one in there):
        return None
    return next(
        (one for one in there if isinstance(one, OcppError)),
        OcppError(ErrorCode.GENERIC, "the station did not answer"),
    )


def error_reason(answer: Answer) -> str:
    """The reason code for what a station answered with an error, or not at all."""
    is_unsupported = isinstance(answer, OcppError) and answer.code in UNSUPPORTED
    return "UnsupportedRequest" if is_unsupported else "InternalError"


def info(code: str | None) -> v201.StatusInfo | None:
    """A reason code as 2.0.1 says it."""
    return None if code is None else v201.StatusInfo(reason_code=code)


def finished(response: Response, request: Request[Any], run: Run) -> Response | OcppError:
    """A response that repeats what a request names; an error if that breaks the schema, as tolerant reading lets in."""
    return sendable(lambda *_: response, request, run, None) or response


def sent(requests: Iterable[Request[Any]]) -> Exchange[list[Answer]]:
    """Sends these, and gives what became of each."""
    answers: list[Answer] = []
    for request in requests:
        answer = yield request
        answers.append(answer)
    return answers


# Variables


def target_of(one: View) -> Target | None:
    """The variable that an object names; None if 1.6 has no component of its kind."""
    component, variable = one.view("component"), one.view("variable")
    if component is None or variable is None:
        return None
    evse = component.view("evse")
    number, connector = (evse.id, evse.connector_id) if evse is not None else (None, None)
    names = (component.name, variable.name, variable.instance or "")
    if component.instance is not None or not all(isinstance(name, str) for name in names):
        return None
    return Target(component.name, variable.name, variable.instance, number, connector)


def drop_custom_data(one: View) -> None:
    """Names the customData of an object that names a variable, and of what is in it."""
    one.drop("custom_data")
    for name in ("component", "variable"):
        part = one.view(name)
        if part is not None:
            part.drop("custom_data")
            evse = part.view("evse") if name == "component" else None
            if evse is not None:
                evse.drop("custom_data")


def results(
    answer: Response, name: str, asked: Collection[Target], run: Run
) -> Iterator[tuple[int, View, Target]]:
    """The results of a response to what was asked for, with their numbers; others are named as lost.

    Args:
        answer: A response of 2.0.1.
        name: Attribute of the results.
        asked: The variables, `Target.folded`.
        run: The step from the station to the CSMS.
    """
    view = View(answer, run, is_judged=False)
    view.drop("custom_data")
    for number, one in enumerate(view.views(name)):
        target = target_of(one)
        if target is None or target.folded not in asked:
            run.dropped((view.place(name), number, ""), one.carried())
            continue
        _ = one.attribute_type
        drop_custom_data(one)
        one.drop("attribute_status_info")
        yield number, one, target.folded
    account(view, run)


def component_of(target: Target) -> v201.Component:
    """The component of a variable, for a message."""
    evse = None if target.evse is None else v201.EVSE(id=target.evse, connector_id=target.connector)
    return v201.Component(name=target.component, evse=evse)


def variable_of(target: Target) -> v201.Variable:
    """The variable itself, for a message."""
    return v201.Variable(name=target.variable, instance=target.instance)


# Items of a request of 2.0.1


@frozen
class Item:
    """An item, and what it is on a station of 1.6.

    Attributes:
        number: In the request.
        place: Of the item.
        view: Of the item.
        target: The variable; None if 1.6 has nothing of its kind.
        found: The key; None if no key has it.
    """

    number: int
    place: Place
    view: View
    target: Target | None
    found: Setting | None

    def refused(self, run: Run, unfit: Unfit) -> None:
        """Names the item as one that is not sent on, for which the answer says why."""
        run.dropped(self.place, self.view.carried(), unfit.reason)

    def unfit(self, status: str, code: str | None = None) -> Unfit:
        """What to raise if it is not sent on."""
        return Unfit(self.place, None, LossReason.NO_COUNTERPART, status=status, code=code)

    def unknown(self, keys: Keys) -> Unfit:
        """That a station of 1.6 has no such component, or no such variable of it."""
        is_component = self.target is not None and is_known_component(self.target, keys)
        return self.unfit("UnknownVariable" if is_component else "UnknownComponent")

    def check_attribute(self) -> None:
        """1.6 has values, and no targets, minima or maxima of them.

        Raises:
            Unfit: It is about another attribute.
        """
        if self.view.attribute_type not in (None, "Actual"):
            raise self.unfit("NotSupportedAttributeType")

    def echoed(self) -> dict[str, Any]:
        """What its result repeats, by attribute."""
        source = self.view.whole
        return {
            "attribute_type": source.attribute_type,
            "component": source.component,
            "variable": source.variable,
        }

    def note_echo(self, run: Run, path: str) -> None:
        """Names what its result repeats."""
        for name, wire in (
            ("attribute_type", "attributeType"),
            ("component", "component"),
            ("variable", "variable"),
        ):
            value = self.echoed()[name]
            if value is not None:
                run.made((None, "", f"{path}.{wire}"), value, LossReason.FROM_REQUEST)


def items_of(view: View, name: str, station: Station, keys: Keys) -> list[Item]:
    """The items of a request."""
    items: list[Item] = []
    for number, one in enumerate(view.views(name)):
        target = target_of(one)
        found = None if target is None else setting(target, keys, station)
        items.append(Item(number, (view.place(name), number, ""), one, target, found))
    return items


# How much one request may hold

GETS = Target("DeviceDataCtrlr", "ItemsPerMessage", "GetVariables")
#: Seconds that a station waits for a vehicle after a start.
CONNECTION_TIMEOUT = Target("TxCtrlr", "EVConnectionTimeOut")
SETS = Target("DeviceDataCtrlr", "ItemsPerMessage", "SetVariables")
_MOST_KEYS = "GetConfigurationMaxKeys"


def chunks(items: Sequence[_T], size: int) -> Iterator[list[_T]]:
    """The same in lists of at most this length."""
    for start in range(0, len(items), size):
        yield list(items[start : start + size])


def question(target: Target) -> v201.GetVariableData:
    """The item that asks for a variable."""
    return v201.GetVariableData(component=component_of(target), variable=variable_of(target))


def room(limit: Target, count: int, station: Station) -> Exchange[int]:
    """How many items a station of 2.0.1 takes in a request: asked if it matters and is not known, 1 if it won't say."""
    found = _known(limit, station)
    if found is None and count > 1:
        answer = yield v201.GetVariablesRequest(get_variable_data=[question(limit)])
        if isinstance(answer, v201.GetVariablesResponse):
            found = next((_number(one.attribute_value) for one in answer.get_variable_result), None)
    return found or 1


def room_for_keys(count: int, station: Station) -> Exchange[int]:
    """The same of a station of 1.6."""
    found = _known(GETS, station)
    if found is None and count > 1:
        answer = yield v16.GetConfigurationRequest(key=[_MOST_KEYS])
        if isinstance(answer, v16.GetConfigurationResponse):
            found = next((_number(one.value) for one in answer.configuration_key or ()), None)
    return found or 1


def _known(limit: Target, station: Station) -> int | None:
    known = station.variables.get(limit.folded)
    return None if known is None else _number(known.value)


def _number(text: Any) -> int | None:
    is_number = isinstance(text, str) and text.isdecimal() and len(text) < 10
    return int(text) if is_number and int(text) else None
