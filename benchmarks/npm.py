"""What npm `ocpp-rpc` takes: Node runs `benchmarks/ocpp_rpc.js` over the same messages.

V8 compiles what runs often to machine code, so that each subject is warm before it is measured, as all others are.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from contest import name_of
from traffic import Message, Mix, parts

ROOT = Path(__file__).parents[1]
SCRIPT = Path(__file__).with_name("ocpp_rpc.js")
PACKAGE = "ocpp-rpc"


def seconds_of(contender: str, subjects: Sequence[Message | Mix]) -> dict[str, float]:
    """The best time per frame, as `contest.results` has it; none if Node, npm or its registry is not there."""
    sys.path.append(str(ROOT / "tests"))
    from node import CACHE, obstacle

    if reason := obstacle(PACKAGE):
        print(f"without {PACKAGE}: {reason}", file=sys.stderr)
        return {}
    given = [
        [{"version": one.version, "text": one.text, "times": times} for one, times in parts(subject)]
        for subject in subjects
    ]
    done = subprocess.run(
        ["node", str(SCRIPT)],
        input=json.dumps(given),
        env={**os.environ, "NODE_PATH": str(CACHE / PACKAGE / "node_modules")},
        capture_output=True,
        text=True,
        check=True,
    )
    return {
        name_of(direction, contender, subject): seconds
        for subject, of in zip(subjects, json.loads(done.stdout), strict=True)
        for direction, seconds in of.items()
    }
