"""The first tier of writing: typed messages straight to JSON text, checked on the way.

What these functions write is, character by character, what writing the values of `ocpp_core.payloads.binding` gives.
They write less than may be written: free data, members of open classes, whole numbers beyond 64 bits, decimals with
an exponent, subclasses of `str` and `int` are refused here, and written there.
"""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any, NamedTuple

from ocpp_core._lazy import once
from ocpp_core.model.decimals import write_number
from ocpp_core.model.messages import NOTHING_EXTRA, UNSET, Payload
from ocpp_core.model.shapes import (
    Anything,
    Boolean,
    Enumeration,
    Field,
    Fold,
    Integer,
    ListOf,
    Nested,
    Number,
    Shape,
    Text,
    Timestamp,
    shape,
)
from ocpp_core.model.timestamps import write_timestamp
from ocpp_core.payloads.codegen import Source, compiled, indented
from ocpp_core.payloads.statements import (
    EXACT_LENGTH,
    PLAIN,
    Refused,
    Rules,
    refuse,
    whole_range,
    written_tokens,
)

Write = Callable[[Any], str]


class Around(NamedTuple):
    """What stands around a payload in a text, and what both are taken from.

    Attributes:
        given: Variable for what is to be written.
        statements: They check it, and leave the message in `made`.
        before: Text before the payload, as it stands in a format string.
        after: Text behind it.
        last: Statements that return the whole, which is in `text`.
        objects: What the statements and the texts name.
    """

    given: str = "made"
    statements: tuple[str, ...] = ()
    before: str = ""
    after: str = ""
    last: tuple[str, ...] = ("return text",)
    objects: Mapping[str, Any] = NOTHING_EXTRA


ALONE = Around()


@once
def writer(
    cls: type[Payload],
    draft: int | None = None,
    misspelt: tuple[str, ...] = (),
    fraction_digits: int | None = None,
) -> Write:
    """The function that writes a `cls` as JSON text; it raises one of `REFUSALS` where the second tier has to look.

    Lone surrogates pass: whoever makes bytes of the text finds them.
    """
    return compiled_writer(shape(cls, draft, misspelt), fraction_digits)


def compiled_writer(facts: Shape, fraction_digits: int | None, around: Around = ALONE) -> Write:
    """As `writer`, of texts with a payload in them."""
    write: Write = compiled(write_source(facts, fraction_digits, around), "write", facts.cls)
    return write


def decimal_text(number: Any) -> str:
    """The text of a `Decimal`, as that of its float would be."""
    if type(number) is not Decimal or len(text := str(number)) > EXACT_LENGTH or text.strip(PLAIN):
        raise Refused
    if text[-1] == "0" and ("." in text or text[0] == "-"):
        short = write_number(number)
        if type(short) is Decimal:
            raise Refused
        return repr(short)
    return text


def write_source(facts: Shape, fraction_digits: int | None = None, around: Around = ALONE) -> Source:
    """The source of `writer`."""
    made = Source(f"def write({around.given}):")
    made.names |= {**around.objects, "Refused": Refused}
    made.names |= {"quote": encode_basestring, "nothing_extra": NOTHING_EXTRA}
    made.add(
        [
            *around.statements,
            f"if type(made) is not {made.name(facts.cls, facts.cls.__name__)}: raise Refused",
            "if made.extra is not nothing_extra and made.extra: raise Refused",
        ]
    )
    text = ""
    for field in facts.fields:
        statements, member = _member(made, field, fraction_digits)
        made.add(statements)
        text += member
    # Each member begins with a comma; that of the first is one too many.
    if text.startswith(","):
        members = text[1:]
    else:
        made.add([f"members = f'{text}'"])
        members = "{members[1:]}"
    made.add([f"text = f'{around.before}{{{{{members}}}}}{around.after}'", *around.last])
    return made


def _member(made: Source, field: Field, fraction_digits: int | None) -> tuple[list[str], str]:
    """Statements that prepare a member, and what stands for it in a format string, with a comma before it."""
    value, v = f"made.{field.name}", f"{field.name}_"
    if isinstance(field.kind, Enumeration) and not field.is_required:
        return [], f"{{{_table(made, field.kind, f',{json.dumps(field.wire)}:', {None: ''})}[{value}]}}"
    checks, text = _Write(made, fraction_digits, v).of(field.kind)
    member = f",{json.dumps(field.wire)}:{text}"
    if field.is_required:
        return [f"{v} = {value}", *checks], member
    absent = made.name(UNSET, "UNSET") if field.default is UNSET else "None"
    there = [f"if ({v} := {value}) is not {absent}:", *indented([*checks, f"{v} = f'{member}'"])]
    return [*there, "else:", f"    {v} = ''"], f"{{{v}}}"


def _table(
    made: Source, kind: Enumeration, before: str = "", absent: Mapping[Any, str] = NOTHING_EXTRA
) -> str:
    """The name of a table from the members of an enum to their texts, with what stands before."""
    texts = {token: before + json.dumps(written) for token, written in written_tokens(kind).items()}
    return made.name({**texts, **absent}, kind.enum.__name__)


class _Written(NamedTuple):
    """How a value is written.

    Attributes:
        checks: Statements that check what is in the variable, and may change it.
        text: What stands for it in a format string.
    """

    checks: list[str]
    text: str


class _Write(Fold[_Written]):
    """How each kind of value is written."""

    def __init__(self, made: Source, fraction_digits: int | None, v: str) -> None:
        self.made = made
        self.fraction_digits = fraction_digits
        self.v = v
        self.rules = Rules(made, v)

    def text(self, kind: Text) -> _Written:
        return _Written(self.rules.length(kind), f"{{quote({self.v})}}")

    def integer(self, kind: Integer) -> _Written:
        smallest, largest = whole_range(kind)
        faults = (f"type({self.v}) is not int", f"{self.v} < {smallest}", f"{self.v} > {largest}")
        return _Written(refuse(*faults), f"{{{self.v}}}")

    def number(self, kind: Number) -> _Written:
        convert = self.made.name(decimal_text, "decimal_text")
        digits = f"{self.v}text"
        return _Written([f"{digits} = {convert}({self.v})", *self.rules.range(kind)], f"{{{digits}}}")

    def boolean(self, kind: Boolean) -> _Written:
        return _Written(refuse(f"type({self.v}) is not bool"), f'{{"true" if {self.v} else "false"}}')

    def timestamp(self, kind: Timestamp) -> _Written:
        write = self.made.name(write_timestamp, "write_timestamp")
        return _Written([], f'"{{{write}({self.v}, {kind.digits}, {self.fraction_digits})}}"')

    def enumeration(self, kind: Enumeration) -> _Written:
        return _Written([], f"{{{_table(self.made, kind)}[{self.v}]}}")

    def nested(self, kind: Nested) -> _Written:
        return _Written([], f"{{{self._writer(kind)}({self.v})}}")

    def anything(self, kind: Anything) -> _Written:
        return _Written(["raise Refused"], "")

    def list_of(self, kind: ListOf) -> _Written:
        v, faults = self.v, self.rules.size(kind)
        if isinstance(kind.item, Nested):
            joining = [f"{v} = ','.join(map({self._writer(kind.item)}, {v}))"]
        else:
            checks, text = _Write(self.made, self.fraction_digits, "i").of(kind.item)
            each = [*checks, f"items.append(f'{text}')"]
            joining = ["items = []", f"for i in {v}:", *indented(each), f"{v} = ','.join(items)"]
        return _Written([*faults, *joining], f"[{{{v}}}]")

    def _writer(self, kind: Nested) -> str:
        write = writer(kind.cls, kind.draft, kind.misspelt, self.fraction_digits)
        return self.made.name(write, f"write_{kind.cls.__name__}")
