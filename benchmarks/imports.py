"""What starting costs: each import in fresh interpreters, taking turns, so that a slow moment hits all of them."""

import os
import subprocess
import sys

from report import Effort, Measurement, Suite
from traffic import BOOT_NOTIFICATION, TRANSACTION_EVENT

_FIRST = "import ocpp_core; ocpp_core.JsonCodec({!r}).decode({!r})"
_ALL = "import ocpp_core.{0} as v; [getattr(v, name) for name in dir(v)]"

#: Both libraries pay for what they use of the standard library.
WORK = {
    "ocpp_core": "import ocpp_core",
    "ocpp_core, until the first 1.6 frame is read": _FIRST.format("1.6", BOOT_NOTIFICATION.text),
    "ocpp_core, until the first 2.0.1 frame is read": _FIRST.format("2.0.1", TRANSACTION_EVENT.text),
    "ocpp_core.v16, all classes": _ALL.format("v16"),
    "ocpp_core.v201, all classes": _ALL.format("v201"),
    "ocpp_core.v21, all classes": _ALL.format("v21"),
    "ocpp.v16": "import ocpp.v16",
    "ocpp.v201": "import ocpp.v201",
    "ocpp.v21": "import ocpp.v21",
}


def measure(effort: Effort) -> list[Suite]:
    """Measures imports."""
    for work in WORK.values():
        _seconds(work)  # writes the .pyc files
    rounds = [{name: _seconds(work) for name, work in WORK.items()} for _ in range(effort.rounds)]
    measurements = tuple(Measurement(name, "import", min(times[name] for times in rounds)) for name in WORK)
    limits = {("ocpp_core, until the first 1.6 frame is read", "import"): 0.06}
    return [Suite("imports", "Import, in a fresh interpreter", measurements, limits=limits)]


def _seconds(work: str) -> float:
    program = f"import time; start = time.perf_counter(); {work}; print(time.perf_counter() - start)"
    # What was installed has its bytecode, or gets it here: compiling is no part of a start.
    given = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=given
    )
    return float(done.stdout)
