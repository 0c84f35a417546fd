"""Writes tools/tables/requirements.csv: the ids of the standard's requirements with tags of ours, and no text.

python tools/import_requirements.py REQUIREMENTS.json

The file that it reads lists the requirements of 2.0.1 and 2.1 by the ids of the standard, and the statements of 1.6 and
of OCPP-S by ids of ours (document, section, letter). What two versions have alike is one row.
"""

import argparse
import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TABLE = Path(__file__).parent / "tables" / "requirements.csv"

HEAD = ("versions", "id", "role", "level", "kind", "wire")
_KEYS = ("1.6", "soap", "2.0.1", "2.1")
_ROLES = {"CS": "station", "CSMS": "CSMS", "both": "both", "LC": "controller"}


def rows(read: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """The rows, in the order of the documents."""
    versions: dict[tuple[str, ...], list[str]] = {}
    for key in _KEYS:
        for one in read[key]:
            tags = (one["id"], _ROLES[one["role"]], one["level"], one["kind"], one["wire"])
            versions.setdefault(tags, []).append(key)
    for row, keys in versions.items():
        yield (" ".join(keys), *row)


def main() -> None:
    """Runs the command."""
    parser = argparse.ArgumentParser(description="Writes tools/tables/requirements.csv.")
    parser.add_argument("file", type=Path, help="the list of requirements")
    read = json.loads(parser.parse_args().file.read_text(encoding="utf-8"))
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEAD)
        writer.writerows(rows(read))


if __name__ == "__main__":
    main()
