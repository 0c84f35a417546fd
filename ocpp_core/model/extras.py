"""How the package is installed with what it needs for more."""

import shlex
from pathlib import Path


def install(extras: str) -> str:
    """The command that installs it with some extras (``cli,server``): from the checkout that it is, or by name."""
    root = Path(__file__).resolve().parents[2]
    where = str(root) if (root / "pyproject.toml").is_file() else "ocpp-core"
    return f"python -m pip install {shlex.quote(f'{where}[{extras}]')}"
