"""The lowest versions that pyproject.toml declares: as constraints for pip, or beside those that are installed.

    python tools/lowest.py > constraints.txt
    python tools/lowest.py --installed

`make test-lowest` does both. What our dependencies need in turn is not held: pip takes the newest that fits.
"""

import re
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[1] / "pyproject.toml"


def bounds(requirements: list[Any]) -> dict[str, str]:
    """The lower bound of each requirement that has one.

    Raises:
        ValueError: A requirement says anything but ``name`` or ``name>=version``, or two say different versions.
    """
    lowest: dict[str, str] = {}
    for requirement in requirements:
        if isinstance(requirement, dict) or requirement.startswith("ocpp-core["):
            continue  # refers to others, which are read themselves
        match = re.fullmatch(r"([\w-]+)(?:\[[\w,-]+\])?(?:>=([\d.]+))?", requirement)
        if match is None:
            raise ValueError(f"neither `name` nor `name>=version`: {requirement}")
        name, low = match.groups()
        if low is not None and lowest.setdefault(name, low) != low:
            raise ValueError(f"{name} has two lowest versions: {lowest[name]} and {low}")
    return lowest


def declared(*groups: str) -> dict[str, str]:
    """Lower bounds of the package, its extras and its build, and of some of the dependency groups."""
    facts = tomllib.loads(PROJECT.read_text("utf-8"))
    project = facts["project"]
    lists = [
        facts["build-system"]["requires"],
        project["dependencies"],
        *project["optional-dependencies"].values(),
    ]
    lists += [facts["dependency-groups"][group] for group in groups]
    return bounds([requirement for requirements in lists for requirement in requirements])


def is_same(low: str, installed: str) -> bool:
    """Whether two versions are one: 8.1 is 8.1.0."""
    return re.sub(r"(\.0)+$", "", low) == re.sub(r"(\.0)+$", "", installed)


def main() -> int:
    lowest = declared("test")
    if sys.argv[1:] != ["--installed"]:
        print("".join(f"{name}=={low}\n" for name, low in sorted(lowest.items())), end="")
        return 0
    print(f"{'':20}{'declared':>10}{'installed':>12}")
    wrong = 0
    for name, low in sorted(lowest.items()):
        installed = version(name)
        wrong += not is_same(low, installed)
        print(f"{name:20}{low:>10}{installed:>12}{'' if is_same(low, installed) else '  <- not the lowest'}")
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())
