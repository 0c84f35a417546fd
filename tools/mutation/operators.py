"""Small changes to a module, each of which a test should notice.

A mutant is one edit of the text, so that it can be shown as a difference and applied to a copy. What no test is asked
to notice is not changed: annotations and docstrings, asserts (they speak to the type checker), sentences for people
(text with a blank in it), and what only a type checker reads.
"""

import ast
import copy
from collections.abc import Callable, Iterable, Iterator
from difflib import unified_diff
from functools import cached_property
from itertools import accumulate
from typing import TypeAlias

from attrs import frozen


@frozen
class Mutant:
    """One edit of one module.

    Attributes:
        module: Path below the package: ``dispatch/gate.py``.
        line: Where the edit begins, from 1.
        operator: Which kind of change it is.
        before: The lines that are edited, with single blanks.
        after: What becomes of them, written likewise.
        start: Where the edit begins, in bytes of the module.
        end: Where it ends.
        code: What stands there instead.
    """

    module: str
    line: int
    operator: str
    before: str
    after: str
    start: int
    end: int
    code: str

    def applied(self, text: str) -> str:
        """The text of the module with the edit made."""
        data = text.encode()
        return (data[: self.start] + self.code.encode() + data[self.end :]).decode()

    def can_run(self, text: str) -> bool:
        """Whether the edit leaves Python: not everything may stand in a pattern that may stand elsewhere."""
        try:
            ast.parse(self.applied(text))
        except SyntaxError:
            return False
        return True

    def difference(self, text: str) -> str:
        """The edit for a reader, with one line around it."""
        lines = unified_diff(text.splitlines(), self.applied(text).splitlines(), n=1, lineterm="")
        return "\n".join(list(lines)[3:])


Node: TypeAlias = ast.expr | ast.stmt
#: What may be written in place of which node.
Made: TypeAlias = Iterable[tuple[Node, str]]

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
_BUILTIN_ERRORS = frozenset(
    {"TypeError", "ValueError", "KeyError", "LookupError", "RuntimeError", "TimeoutError"}
)
#: Assignments to these names speak to tools, not to the program.
_FOR_TOOLS = frozenset({"__all__", "__slots__", "__match_args__"})
#: Calls whose arguments only a type checker reads.
_FOR_TYPES = frozenset({"cast", "TypeVar", "NewType", "ParamSpec", "overload", "dataclass_transform"})


def mutants_of(module: str, text: str) -> list[Mutant]:
    """All mutants of a module, in the order of its lines; no two are the same edit."""
    source = _Source(text)
    found: dict[tuple[int, int, str], Mutant] = {}
    for node in source.nodes():
        for operator, changes in _OPERATORS.items():
            for place, code in changes(node):
                made = source.mutant(module, operator, place, code)
                found.setdefault((made.start, made.end, code), made)
    return sorted(found.values(), key=lambda mutant: (mutant.start, mutant.end, mutant.code))


def _comparisons(node: ast.AST) -> Made:
    if isinstance(node, ast.Compare):
        for index, comparison in enumerate(node.ops):
            for other in _COMPARISONS[type(comparison)]:
                changed = copy.deepcopy(node)
                changed.ops[index] = other()
                yield node, _inline(changed)


def _connectives(node: ast.AST) -> Made:
    if isinstance(node, ast.BoolOp):
        changed = copy.deepcopy(node)
        changed.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield node, _inline(changed)


def _dropped_operands(node: ast.AST) -> Made:
    """``a and b`` becomes ``a`` and ``b``: is either of them needed?"""
    if isinstance(node, ast.BoolOp):
        for operand in node.values:
            rest = [copy.deepcopy(other) for other in node.values if other is not operand]
            yield node, _inline(rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest))


def _negations(node: ast.AST) -> Made:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node, _inline(node.operand)
    tests = (
        [node.test]
        if isinstance(node, ast.If | ast.While | ast.IfExp)
        else node.ifs
        if isinstance(node, ast.comprehension)
        else []
    )
    for test in tests:
        # What is turned round by another change need not be turned round twice.
        if not isinstance(test, ast.Compare | ast.UnaryOp):
            yield test, f"(not {_inline(test)})"


def _arithmetic(node: ast.AST) -> Made:
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        changed = copy.deepcopy(node)
        changed.op = _ARITHMETIC[type(node.op)]()
        yield node, _inline(changed)
    elif isinstance(node, ast.AugAssign) and type(node.op) in _ARITHMETIC:
        augmented = copy.deepcopy(node)
        augmented.op = _ARITHMETIC[type(node.op)]()
        yield node, ast.unparse(augmented)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield node, _inline(node.operand)


def _constants(node: ast.AST) -> Made:
    if not isinstance(node, ast.Constant):
        return
    value = node.value
    if isinstance(value, bool):
        yield node, repr(not value)
    elif isinstance(value, int | float):
        yield node, repr(value + 1)
        yield node, repr(value - 1)
    elif isinstance(value, str) and not any(letter.isspace() for letter in value):
        yield node, repr(f"{value}_" if value else "_")
    elif isinstance(value, bytes):
        yield node, repr(value + b"_")


def _rows(node: ast.AST) -> Made:
    """Of a literal with several items, the one in the middle is left out."""
    if isinstance(node, ast.Dict | ast.Set | ast.List | ast.Tuple) and len(_items(node)) > 1:
        if isinstance(getattr(node, "ctx", None), ast.Store | ast.Del):
            return
        changed = copy.deepcopy(node)
        middle = len(_items(node)) // 2
        if isinstance(changed, ast.Dict):
            del changed.keys[middle]
            del changed.values[middle]
        else:
            del changed.elts[middle]
        yield node, _inline(changed)


def _items(node: ast.Dict | ast.Set | ast.List | ast.Tuple) -> list[ast.expr]:
    return node.values if isinstance(node, ast.Dict) else node.elts


def _results(node: ast.AST) -> Made:
    match node:
        case ast.Return(value=None) | ast.Return(value=ast.Constant(value=True | False | None)):
            return  # the first has none, and `_constants` sees to the second
        case ast.Return():
            yield node, "return None"
        case _:
            pass


def _statements(node: ast.AST) -> Made:
    """A statement that only has an effect is left out."""
    match node:
        case ast.Break():
            yield node, "continue"
        case ast.Continue():
            yield node, "break"
        case (
            ast.Raise()
            | ast.AugAssign()
            | ast.Delete()
            | ast.Return(value=None)
            | ast.Expr(value=ast.Call() | ast.Await())
            | ast.Assign(targets=[ast.Attribute() | ast.Subscript(), *_])
        ):
            yield node, "pass"
        case _:
            pass


def _keywords(node: ast.AST) -> Made:
    """An argument given by name is left out, and so its default counts."""
    if isinstance(node, ast.Call):
        for index, keyword in enumerate(node.keywords):
            if keyword.arg is not None:
                changed = copy.deepcopy(node)
                del changed.keywords[index]
                yield node, _inline(changed)


def _errors(node: ast.AST) -> Made:
    if isinstance(node, ast.ExceptHandler) and node.type is not None:
        caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        for each in caught:
            rest = ", ".join(f"{ast.unparse(other)}," for other in caught if other is not each)
            yield node.type, f"({rest})".replace(",,", ",")
    elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
        raised = node.exc.func
        if isinstance(raised, ast.Name) and raised.id in _BUILTIN_ERRORS:
            yield raised, "ArithmeticError"


_OPERATORS: dict[str, Callable[[ast.AST], Made]] = {
    "comparison": _comparisons,
    "connective": _connectives,
    "operand dropped": _dropped_operands,
    "negation": _negations,
    "arithmetic": _arithmetic,
    "constant": _constants,
    "row dropped": _rows,
    "result": _results,
    "statement dropped": _statements,
    "argument dropped": _keywords,
    "error": _errors,
}


def _inline(node: ast.AST) -> str:
    """The code of an expression; in parentheses unless it can stand anywhere without them."""
    code = ast.unparse(node)
    is_closed = isinstance(node, _CLOSED) or (isinstance(node, ast.Tuple) and code.startswith("("))
    return code if is_closed else f"({code})"


_CLOSED = (ast.Name, ast.Constant, ast.Call, ast.Attribute, ast.Subscript, ast.Dict, ast.List, ast.Set)


class _Source:
    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def _starts(self) -> list[int]:
        """Where each line begins, in bytes; `ast` counts columns in bytes too."""
        return [0, *accumulate(map(len, self.text.encode().splitlines(keepends=True)))]

    def nodes(self) -> Iterator[ast.AST]:
        """Those that may be changed."""
        waiting: list[ast.AST] = [self.tree]
        while waiting:
            node = waiting.pop()
            if not _is_for_types(node):
                yield node
            waiting.extend(_children(node))

    def mutant(self, module: str, operator: str, place: Node, code: str) -> Mutant:
        assert place.end_lineno is not None
        assert place.end_col_offset is not None
        start = self._starts[place.lineno - 1] + place.col_offset
        end = self._starts[place.end_lineno - 1] + place.end_col_offset
        data = self.text.encode()
        before = data[self._starts[place.lineno - 1] : start].decode()
        after = data[end : self._starts[place.end_lineno]].decode()
        return Mutant(
            module,
            place.lineno,
            operator,
            _squeezed(before + data[start:end].decode() + after),
            _squeezed(before + code + after),
            start,
            end,
            code,
        )


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def _children(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Assert() | ast.JoinedStr():  # (before Python 3.12, positions inside an f-string are wrong)
            return
        case ast.If() if _is_for_types(node):
            yield from node.orelse
            return
        case ast.AnnAssign(annotation=ast.Name(id="TypeAlias")):
            return
        case ast.Assign(targets=[ast.Name(id=name)]) if name in _FOR_TOOLS:
            return
        case ast.Call(args=[_, *rest]) if _is_for_types(node):
            yield from rest
            return
        case ast.FunctionDef() | ast.AsyncFunctionDef() if any(
            isinstance(each, ast.Name) and each.id == "overload" for each in node.decorator_list
        ):
            return
        case _:
            pass
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "bases") or (name == "keywords" and _is_for_types(node)):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _is_docstring(child):
                yield child


def _is_for_types(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Name(id=name)):
            return name in _FOR_TYPES
        case ast.If(test=ast.Name(id=name)):
            return name == "TYPE_CHECKING"
        case _:
            return False


def _is_docstring(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
