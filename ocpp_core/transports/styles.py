"""What we write can suit old peers, each its own. All of it is valid; some peers read one form only."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import field, frozen

from ocpp_core.model.timestamps import FIXED_DIGITS
from ocpp_core.soap.envelopes import Prefixes
from ocpp_core.transports._options import FLAG, Kind, instance_of, one_of


@frozen(kw_only=True)
class Style:
    """How we write what one peer is to read, where the standard leaves a choice.

    A program has a few of them: what writes a message with certain prefixes is compiled once, and kept.

    Attributes:
        fraction_digits: 0 or 3: timestamps are written with so many digits after the second, on both wires. None writes
            them as they are.
        prefixes: What envelopes are written with.
        qualified_actions: Write ``namespace + Service/Op`` as Action of envelopes in place of ``/Op``.

    Raises:
        TypeError: One is of another type.
        ValueError: There are no such digits.
    """

    fraction_digits: int | None = field(default=None, validator=one_of(*FIXED_DIGITS).or_none)
    prefixes: Prefixes = field(factory=Prefixes, validator=instance_of(Prefixes))
    qualified_actions: bool = field(default=False, validator=FLAG)

    @property
    def of_envelopes(self) -> dict[str, Any]:
        """The same as arguments of `SoapCodec`."""
        return {
            "fraction_digits": self.fraction_digits,
            "prefixes": self.prefixes,
            "qualified_actions": self.qualified_actions,
        }


#: Of whoever has no style of its own.
USUAL: Final = Style()

#: Styles by the identities of stations, or a function from one to its style.
Styles = Mapping[str, Style] | Callable[[str], Style | None]

STYLE = instance_of(Style)
STYLES = Kind(
    "a mapping of identities to styles, or a function from an identity to one,",
    (Mapping, Callable),
    lambda value: callable(value) or all(isinstance(one, Style) for one in value.values()),
)
