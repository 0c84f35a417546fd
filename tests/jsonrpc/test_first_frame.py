"""What the first frame of a version makes. Nearly all of a cold start is the making of classes, so they are counted."""

import json
import subprocess
import sys
from typing import Any

import pytest

FIRST_FRAME = """
import json, sys
import ocpp_core
from ocpp_core._lazy import watchers

classes = []
watchers.append(lambda cls: classes.append(cls.__name__))
ocpp_core.JsonCodec(sys.argv[1]).decode(sys.argv[2])
enums = [enum.__name__ for enum in sys.modules["ocpp_core.model.messages"].Token.__subclasses__()]
print(json.dumps({"classes": classes, "enums": enums, "modules": list(sys.modules)}))
"""

BOOT_1_6 = '[2,"1","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]'
METER_VALUES_2_0_1 = (
    '[2,"1","MeterValues",'
    '{"evseId":1,"meterValue":[{"timestamp":"2026-01-31T12:00:00Z","sampledValue":[{"value":1.5}]}]}]'
)
EVENT_2_0_1 = (
    '[2,"1","TransactionEvent",{"eventType":"Started","timestamp":"2026-01-31T12:00:00Z",'
    '"triggerReason":"CablePluggedIn","seqNo":0,"transactionInfo":{"transactionId":"T"}}]'
)


def loaded(version: str, text: str) -> dict[str, Any]:
    """What a fresh interpreter has made of a version, and all its modules, once it has read one frame."""
    done = subprocess.run(
        [sys.executable, "-c", FIRST_FRAME, version, text], capture_output=True, text=True, check=True
    )
    made: dict[str, Any] = json.loads(done.stdout)
    return made


def test_the_first_frame_of_1_6_makes_its_own_classes_alone() -> None:
    made = loaded("1.6", BOOT_1_6)

    assert ["BootNotificationRequest", "BootNotificationResponse"] == made["classes"]
    assert ["RegistrationStatus"] == made["enums"]


# A module is loaded whole: what its messages share with those of others, and the other messages of its block.
@pytest.mark.parametrize(
    "text, classes, enums",
    [
        pytest.param(METER_VALUES_2_0_1, 13, 8, id="MeterValues"),
        pytest.param(EVENT_2_0_1, 16, 12, id="TransactionEvent"),
    ],
)
def test_the_first_frame_of_2_0_1_makes_few_classes(text: str, classes: int, enums: int) -> None:
    made = loaded("2.0.1", text)

    assert (classes, enums) == (len(made["classes"]), len(made["enums"]))


def test_what_hides_secrets_is_loaded_when_something_is_shown() -> None:
    modules = loaded("1.6", BOOT_1_6)["modules"]

    assert [] == [name for name in modules if name.startswith("ocpp_core.model.") and "secret_" in name]
