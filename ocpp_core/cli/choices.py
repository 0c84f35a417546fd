"""What options of several commands may say."""

from collections.abc import Sequence

import click

from ocpp_core.model.specifications import specification
from ocpp_core.model.tolerance import Tolerance


def read_rules(_: click.Context, __: click.Parameter, names: Sequence[str]) -> Tolerance:
    """Deviations by their labels.

    Raises:
        click.BadParameter: There is none of a name.
    """
    allowed = Tolerance.STRICT
    for name in names:
        try:
            allowed |= Tolerance.named(name)
        except LookupError:
            known = ", ".join(rule.label for rule in Tolerance)
            raise click.BadParameter(f"no such rule: {name}. There are {known}.") from None
    return allowed


def read_aliases(_: click.Context, __: click.Parameter, pairs: Sequence[str]) -> dict[str, str]:
    """Subprotocols and the versions that are meant by them: ``OCPP1.6=1.6``.

    Raises:
        click.BadParameter: One is no pair, or its version is none.
    """
    aliases = {}
    for pair in pairs:
        name, equals, version = pair.partition("=")
        try:
            aliases[name] = specification(version).version
        except LookupError:
            equals = ""
        if not name or not equals:
            raise click.BadParameter(f"not a subprotocol, = and a version: {pair}")
    return aliases
