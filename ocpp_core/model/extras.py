"""How the package is installed with what it needs for more."""

import json
import shlex
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit


def install(extras: str) -> str:
    """The command that installs it with some extras (``cli,server``): by the checkout that it came from, or by name."""
    where = next((str(root) for root in _checkouts() if (root / "pyproject.toml").is_file()), "ocpp-core")
    return f"python -m pip install {shlex.quote(f'{where}[{extras}]')}"


def _checkouts() -> Iterator[Path]:
    """Where it may stand: above this file, or where an installer has written that it found it (PEP 610)."""
    from importlib.metadata import PackageNotFoundError, distribution  # which takes longer than all else here

    yield Path(__file__).resolve().parents[2]
    with suppress(PackageNotFoundError):
        kept = json.loads(distribution("ocpp-core").read_text("direct_url.json") or "{}")
        if "dir_info" in kept:
            yield Path(unquote(urlsplit(kept["url"]).path))


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
