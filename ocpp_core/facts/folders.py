"""Where our statement of the facts lies: the folders `schemas/` and `wsdl/`."""

from pathlib import Path
from typing import Literal

__all__ = ["folder"]


def folder(name: Literal["schemas", "wsdl"]) -> Path:
    """Finds a folder of facts: inside the installed package, else at the top of the checkout.

    Raises:
        FileNotFoundError: Neither is there; the installation is incomplete.
    """
    package = Path(__file__).parents[1]
    for candidate in (package / name, package.parent / name):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"no folder {name!r} in {package} or beside it: the installation is incomplete")
