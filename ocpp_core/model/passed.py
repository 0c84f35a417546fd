"""What a caller of ours has passed in place of what is wanted, in words: for the sentence of a `TypeError`."""

from datetime import datetime
from types import FunctionType, MethodType, ModuleType
from typing import Any

from attrs import frozen

from ocpp_core.model.printing import printable, shown
from ocpp_core.model.secrets import told_value


@frozen(repr=False)
class Misplaced:
    """Stands for a value of ours that is of another type than what is wanted; no schema accepts it."""

    wanted: str
    given: str

    def __repr__(self) -> str:
        return f"needs {self.wanted}; got {self.given}"


def passed(value: Any) -> str:
    """``the text 'Boot'``, ``the class HeartbeatRequest``, ``a naive datetime``, ``a dict``; printable and short.

    Of an object only the name of its type, as it may hold secrets. Text is shown.
    """
    if isinstance(value, str):
        return f"the text {told_value(str.__str__(value))}"
    if value is None or isinstance(value, bool | int | float):
        return repr(value) if value is None or isinstance(value, bool) else shown(value)
    if isinstance(value, type):
        return f"the class {printable(value.__name__)}"
    if isinstance(value, FunctionType | MethodType):
        return f"the function {printable(value.__qualname__)}"
    if isinstance(value, ModuleType):
        return f"the module {printable(value.__name__)}"
    if isinstance(value, datetime) and value.utcoffset() is None:
        return "a naive datetime"
    name = printable(type(value).__name__)
    return f"{'an' if name[:1].lower() in tuple('aeiou') else 'a'} {name}"
