"""``st.from_type`` knows every class, those that are made later too, and costs nothing before it is asked."""

import json
import os
import subprocess
import sys

import pytest
from hypothesis import strategies as st

from classes import ALL_CLASSES
from ocpp_core import v16, v201
from ocpp_core.model.messages import Payload
from ocpp_core.payloads.conversion import to_wire
from ocpp_core.payloads.validation import explain
from ocpp_core.testing.registering import register
from properties import for_all


@pytest.mark.parametrize("cls", [v16.BootNotificationRequest, v16.MeterValuesRequest, v201.ChargingProfile])
def test_what_is_drawn_of_a_class_keeps_its_limits(cls: type[Payload]) -> None:
    def check(drawn: Payload) -> None:
        assert type(drawn) is cls
        assert [] == explain(cls, to_wire(drawn))

    for_all(st.from_type(cls), 50, check)


def test_every_class_is_known() -> None:
    register()
    kit = "ocpp_core.testing"

    for (cls,) in (each.values for each in ALL_CLASSES):
        assert kit in repr(st.from_type(cls)) or "_values" in repr(st.from_type(cls)), cls


def test_a_class_stands_inside_of_other_types() -> None:
    def check(drawn: dict[str, list[v16.SampledValue] | None]) -> None:
        for values in drawn.values():
            for value in values or []:
                assert [] == explain(v16.SampledValue, to_wire(value))

    for_all(st.from_type(dict[str, list[v16.SampledValue] | None]), 50, check)


def run(program: str) -> object:
    """In a Python of its own."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, env=environment
    )

    assert (0, "") == (done.returncode, done.stderr)
    return json.loads(done.stdout)


DRAWN = """
from ocpp_core import v16, to_wire, validate
payloads = []
@settings(max_examples=20, database=None, derandomize=True)
@given(st.from_type(v16.AuthorizeRequest))
def test(it):
    payloads.append(to_wire(it))
test()
print(json.dumps([len(payloads) > 1, [str(each) for one in payloads for each in validate(one, "1.6", "Authorize")]]))
"""


@pytest.mark.parametrize(
    "imports",
    [
        "from hypothesis import given, settings, strategies as st; import json, ocpp_core.testing",
        "import json; from ocpp_core import v16; v16.AuthorizeRequest; "
        "from hypothesis import given, settings, strategies as st; import ocpp_core.testing",
    ],
    ids=["before the class is made", "after it"],
)
def test_importing_the_kit_is_enough(imports: str) -> None:
    assert [True, []] == run(imports + DRAWN)


def test_registering_loads_no_message() -> None:
    loaded = run(
        "import hypothesis, sys, json; from ocpp_core.testing.registering import register; register(); "
        "print(json.dumps(sorted(sys.modules)))"
    )

    assert isinstance(loaded, list)
    assert {"ocpp_core._lazy", "ocpp_core.testing.registering"} <= {*loaded}
    assert [] == [name for name in loaded if name.startswith(("ocpp_core.model", "ocpp_core.v", "attrs"))]


def test_importing_the_kit_loads_no_hypothesis() -> None:
    loaded = run("import ocpp_core.testing, sys, json; print(json.dumps(sorted(sys.modules)))")

    assert isinstance(loaded, list)
    assert not {"hypothesis", "ocpp_core.testing.registering", "ocpp_core.model"} & {*loaded}
