"""Fills the generated parts of docs/ from the tables of the library.

python tools/generate_docs.py           writes what has changed
python tools/generate_docs.py --check   writes nothing; exit 1 and a list if anything would change

A generated part stands between ``<!-- generated: NAME -->`` and ``<!-- end -->``; NAME is a function of `PARTS`.
"""

import argparse
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from importlib import import_module
from itertools import takewhile
from pathlib import Path
from textwrap import dedent

import conformance_tables
from conformance_tables import table
from ocpp_core import ErrorCode, Role, Version, Wire, specification
from ocpp_core.model import errors as errors_module
from ocpp_core.model.codes import FrameKind
from ocpp_core.model.messages import DataType, Token
from ocpp_core.model.versions import Action, Specification
from ocpp_core.model.violations import KEYWORD_CODES
from ocpp_core.translation import engine
from translation_matrix import EXACT, KINDS, SIGNS, Fate, fates

DOCS = Path(__file__).parents[1] / "docs"

_PART = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)

SPECIFICATIONS = [specification(version) for version in Version]


def render(text: str) -> str:
    """The text of a page, its generated parts made anew."""
    return _PART.sub(lambda part: f"{part[1]}\n{PARTS[part[2]]()}\n\n{part[3]}", text)


def changes() -> dict[Path, str]:
    """The pages that are not as they would be written, with their new text."""
    pages = {path: path.read_text(encoding="utf-8") for path in sorted(DOCS.glob("*.md"))}
    return {path: made for path, text in pages.items() if (made := render(text)) != text}


# Actions


def counts() -> str:
    """How much each version has."""
    head = [
        "version",
        "actions",
        "sent by the station",
        "sent by the CSMS",
        "messages",
        "data types",
        "enums",
    ]
    return table(head, map(_counted, SPECIFICATIONS))


def _counted(known: Specification) -> list[str]:
    actions = known.actions.values()
    package = import_module(f"ocpp_core.v{known.version.replace('.', '')}")
    classes = [getattr(package, name) for name in dir(package)]
    numbers = (
        len(actions),
        sum(Role.CHARGE_POINT in action.sent_by for action in actions),
        sum(Role.CSMS in action.sent_by for action in actions),
        sum(1 + action.answered for action in actions),
        sum(issubclass(cls, DataType) for cls in classes),
        sum(issubclass(cls, Token) for cls in classes),
    )
    return [known.version, *map(str, numbers)]


def actions() -> str:
    """Each action, who sends it in which version, and what the newest of them says about it."""
    names = sorted({name for known in SPECIFICATIONS for name in known.actions}, key=str.lower)
    head = ["action", *(known.version for known in SPECIFICATIONS), "profile or block", "purpose"]
    return table(head, map(_action_row, names))


def _action_row(name: str) -> list[str]:
    found = [known.actions.get(name) for known in SPECIFICATIONS]
    newest = next(action for action in reversed(found) if action)
    return [f"`{name}`", *map(_direction, found), newest.block, newest.purpose]


def _direction(action: Action | None) -> str:
    if action is None:
        return ""
    if not action.answered:
        return "⇢"
    return {Role.CHARGE_POINT: "→", Role.CSMS: "←", Role.EITHER: "↔"}[action.sent_by]


# Errors


def exceptions() -> str:
    """The tree of exceptions, as the module draws it."""
    _, _, rest = inspect.cleandoc(errors_module.__doc__ or "").partition("::\n\n")
    tree = takewhile(lambda line: not line or line.startswith(" "), rest.splitlines())
    return f"```text\n{dedent(chr(10).join(tree)).strip()}\n```"


def errors() -> str:
    """The neutral codes, and how each version spells them on each wire."""
    columns = _merged(
        (f"{known.version} {wire.name}", names)
        for wire in Wire
        for known in SPECIFICATIONS
        if (names := known.error_names.get(wire)) is not None
    )
    rows = (
        [f"`{code.name}`", *(_spelling(names, code) for names in columns.values()), meaning]
        for code, meaning in _meanings().items()
    )
    return table(["`ErrorCode`", *columns, "what went wrong"], rows)


def _merged(
    columns: Iterable[tuple[str, Mapping[ErrorCode, str]]],
) -> dict[str, Mapping[ErrorCode, str]]:
    """Equal columns made one: "2.0, 2.0.1, 2.1 JSON"."""
    merged: list[tuple[list[str], Mapping[ErrorCode, str]]] = []
    for label, names in columns:
        same = next((labels for labels, known in merged if known == names), None)
        if same is None:
            merged.append(([label], names))
        else:
            same.append(label)
    return {
        ", ".join([*(label.split()[0] for label in labels[:-1]), labels[-1]]): names
        for labels, names in merged
    }


def _spelling(names: Mapping[ErrorCode, str], code: ErrorCode) -> str:
    return f"`{names[code]}`" if code in names else "-"


def _meanings() -> dict[ErrorCode, str]:
    """The comment that stands beside each code in its source."""
    source = inspect.getsource(ErrorCode)
    meanings = dict(re.findall(r'^ +(\w+) = "[\w-]+"  #: (.+)$', source, re.MULTILINE))
    return {code: meanings[code.name] for code in ErrorCode}


def keywords() -> str:
    """Which code a broken rule draws."""
    by_code: dict[ErrorCode, list[str]] = {}
    for keyword, code in KEYWORD_CODES.items():
        by_code.setdefault(code, []).append(f"`{keyword}`")
    return table(
        ["broken rule", "`ErrorCode`"],
        ([", ".join(rules), f"`{code.name}`"] for code, rules in by_code.items()),
    )


def owed() -> str:
    """What a frame that cannot be used draws."""
    spoken = [known for known in SPECIFICATIONS if Wire.JSON in known.error_names]
    rows = ([f"`{kind.name}`", *(_answer(known, kind) for known in spoken)] for kind in FrameKind)
    return table(["a broken frame of kind", *(known.version for known in spoken)], rows)


def _answer(known: Specification, kind: FrameKind) -> str:
    if kind.value > 0 and kind not in known.frame_kinds.values():
        return _answer(known, FrameKind.UNKNOWN_TYPE)
    return known.owed[kind].name if kind in known.owed else "-"


# Translation

#: Each adjacent pair in both directions.
STEPS = [pair for one, other in engine.ADJACENT for pair in ((one, other), (other, one))]


def translation_counts() -> str:
    """How many actions have which fate."""
    rows = []
    for source, target in STEPS:
        kinds = [fate.kind for fate in fates(source, target)]
        numbers = (str(kinds.count(kind) or "-") for kind in KINDS)
        rows.append([f"{source} to {target}", str(len(kinds)), *numbers])
    return table(["", "actions", *KINDS], rows)


def translation_matrix() -> str:
    """What becomes of each action in each step, as a sign."""
    by_step = [{fate.action: fate.kind for fate in fates(*step)} for step in STEPS]
    names = sorted({name for kinds in by_step for name in kinds}, key=str.lower)
    head = ["action", *(f"{source} to {target}" for source, target in STEPS)]
    rows = ([f"`{name}`", *(SIGNS.get(kinds.get(name, ""), "") for kinds in by_step)] for name in names)
    return table(head, rows)


def _translated(source: str, target: str) -> str:
    """What becomes of each action in one step, what is lost, and what its sender is told."""
    rows = (
        [f"`{fate.action}`", _becomes(fate), _paths(fate.lost), _paths(fate.back)]
        for fate in fates(source, target)
        if fate.kind != EXACT
    )
    return table(["action", "becomes", "request loses", "response loses"], rows)


def _becomes(fate: Fate) -> str:
    said = [f"`{name}`" for name in fate.targets] if fate.targets != [fate.action] else ["the same"]
    said = said if fate.targets else []
    said += ["takes a session" + (", with a transaction" if fate.targets else "")] * fate.needs_session
    told = ", ".join(f"`{one}`" for one in fate.answers)
    if fate.refusing:
        said.append(f"{told} because of {_paths(fate.refusing)}")
    elif told:
        said.append(f"at times only {told}" if fate.targets else f"answered {told}")
    return "; ".join(said)


def _paths(marked: Iterable[str]) -> str:
    return ", ".join(f"{one[0]} `{one[1:]}`" if one[0] != "$" else f"`{one}`" for one in marked)


PARTS: Mapping[str, Callable[[], str]] = {
    **conformance_tables.PARTS,
    **{
        part.__name__: part
        for part in (
            counts,
            actions,
            exceptions,
            errors,
            keywords,
            owed,
            translation_counts,
            translation_matrix,
        )
    },
    **{
        f"translated_{source}_{target}".replace(".", "_"): partial(_translated, source, target)
        for source, target in STEPS
    },
}


def main() -> int:
    """Runs the command; returns the exit code."""
    parser = argparse.ArgumentParser(description="Fills the generated parts of docs/.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if anything would change")
    check = parser.parse_args().check
    changed = changes()
    for path, text in changed.items():
        print(f"{'would change' if check else 'wrote'} docs/{path.name}")
        if not check:
            path.write_text(text, encoding="utf-8")
    return 1 if check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
