"""How the package is installed with what it needs for more."""

import shlex
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


def install(extras: str) -> str:
    """The command that installs it with some extras (``cli,server``): from the checkout that it is, or by name."""
    root = Path(__file__).resolve().parents[2]
    where = str(root) if (root / "pyproject.toml").is_file() else "ocpp-core"
    return f"python -m pip install {shlex.quote(f'{where}[{extras}]')}"


@contextmanager
def needed(what: str, package: str, extra: str) -> Generator[None, None, None]:
    """Stands around the imports of a package that an extra brings.

    Args:
        what: Of ours needs it; the subject of the sentence.
        package: The name on the registry.
        extra: The extra that has it.

    Raises:
        ImportError: It is not there, or too old; with the command that installs it.
    """
    try:
        yield
    except ImportError as error:
        raise ImportError(f"{what} needs {package}, which is missing or too old: {install(extra)}") from error
