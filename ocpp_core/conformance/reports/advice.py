"""Where the cause of a deviation may be looked for: a table, by patterns of rule ids and by kinds."""

import tomllib
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any

from ocpp_core.conformance.rules import Rule


@cache
def table() -> dict[str, list[dict[str, Any]]]:
    """The rows: ``advice`` by pattern, ``kind`` for the rest."""
    text = (files("ocpp_core.conformance.reports") / "advice.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def look_at(rule: Rule) -> str:
    """What to look at in software that breaks a rule."""
    rows = table()
    by_pattern = (row["look"] for row in rows["advice"] if fnmatchcase(rule.id, row["rules"]))
    by_kind = (row["look"] for row in rows["kind"] if row["kind"] == rule.kind)
    look: str = next(by_pattern, None) or next(by_kind)
    return look
