"""Configuration in both directions, whatever is asked and answered."""

from typing import Any

import pytest
from hypothesis import strategies as st

from configured import (
    PLAIN,
    TWO,
    Keys,
    change,
    exchange,
    get_of,
    having,
    pairs,
    set_of,
    statuses,
    texts,
)
from ocpp_core import v16, v201
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.messages import evolve
from ocpp_core.testing import messages
from ocpp_core.translation.configuration import (
    Target,
    change_configuration,
    get_configuration,
    get_variables,
    set_variables,
)
from ocpp_core.translation.configuration_keys import KEYS
from properties import for_all

# What tolerant reading lets through


@pytest.mark.parametrize(
    "request_",
    [
        evolve(change("HeartbeatInterval", "1"), value=60),
        evolve(change("HeartbeatInterval", "1"), key=60),
        evolve(change("CpoName", "1"), value="n" * 1001),
    ],
)
def test_a_change_that_is_no_text_or_too_long_is_rejected(request_: Any) -> None:
    station = having(*PLAIN)

    assert "Rejected" == exchange(change_configuration, request_, station).outcome.status
    assert [] == station.seen


def test_keys_that_are_no_text_are_left_out() -> None:
    request = v16.GetConfigurationRequest(key=[60, "HeartbeatInterval"])  # type: ignore[list-item]
    done = exchange(get_configuration, request, having(*PLAIN))

    assert ["HeartbeatInterval"] == list(pairs(done.outcome))
    assert ["$.key[0]"] == [loss.path for loss in done.there]


@pytest.mark.parametrize("name", ["n" * 51, 60])
def test_a_name_that_the_answer_cannot_repeat_is_an_error(name: Any) -> None:
    component, variable = v201.Component(name=name), v201.Variable(name="V")
    writing = v201.SetVariableData(attribute_value="1", component=component, variable=variable)
    reading = v201.GetVariableData(component=component, variable=variable)

    both: list[tuple[Any, Any]] = [
        (set_variables, v201.SetVariablesRequest(set_variable_data=[writing])),
        (get_variables, v201.GetVariablesRequest(get_variable_data=[reading])),
    ]
    for function, request in both:
        outcome = exchange(function, request, Keys({})).outcome
        assert ErrorCode.PROPERTY_CONSTRAINT == outcome.code


def test_a_value_that_is_no_text_is_refused_or_absent() -> None:
    (item,) = set_of(("OCPPCommCtrlr/HeartbeatInterval", "1")).set_variable_data
    request = v201.SetVariablesRequest(set_variable_data=[evolve(item, attribute_value=60)])
    done = exchange(set_variables, request, Keys({"HeartbeatInterval": "1"}))
    read = exchange(
        get_variables,
        get_of("OCPPCommCtrlr/HeartbeatInterval"),
        Keys({"HeartbeatInterval": 60}),  # type: ignore[dict-item]
    )

    assert [("Rejected", "InvalidValue")] == statuses(done.outcome)
    assert [""] == texts(read.outcome)


# Anything


@pytest.mark.parametrize(
    "function, cls",
    [
        (change_configuration, v16.ChangeConfigurationRequest),
        (get_configuration, v16.GetConfigurationRequest),
        (set_variables, v201.SetVariablesRequest),
        (get_variables, v201.GetVariablesRequest),
    ],
    ids=["change_configuration", "get_configuration", "set_variables", "get_variables"],
)
@pytest.mark.parametrize("is_known", [False, True], ids=["any", "known"])
def test_any_request_and_any_answer(function: Any, cls: Any, is_known: bool) -> None:
    """What comes out is valid, and every leaf is accounted for, whatever is asked and answered."""

    def check(drawn: Any) -> None:
        request, data = drawn
        if is_known:
            request = data.draw(_named(request))

        def answering(made: Any) -> Any:
            answer = made.__ocpp__
            cls = type(made).__name__.replace("Request", "Response")
            package = v16 if answer.version == "1.6" else v201
            return data.draw(messages(getattr(package, cls)) | st.none())

        exchange(function, request, answering, TWO)

    for_all(st.tuples(messages(cls), st.data()), 60, check)


@st.composite
def _named(draw: Any, request: Any) -> Any:
    """The same request about settings that exist."""
    keys = st.sampled_from(KEYS)
    if isinstance(request, v16.ChangeConfigurationRequest):
        return evolve(request, key=draw(keys).name)
    if isinstance(request, v16.GetConfigurationRequest):
        return evolve(request, key=[draw(keys).name for _ in range(draw(st.integers(0, 4)))])
    attribute = "set_variable_data" if isinstance(request, v201.SetVariablesRequest) else "get_variable_data"
    items = getattr(request, attribute)
    named = []
    for item in items:
        target = draw(keys).target or Target("ChargingStation", "Model")
        component = v201.Component(name=target.component)
        variable = v201.Variable(name=target.variable, instance=target.instance)
        named.append(evolve(item, component=component, variable=variable))
    return evolve(request, **{attribute: named})
