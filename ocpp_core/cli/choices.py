"""What options of several commands may say."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

import attrs
import click

from ocpp_core.model.specifications import specification
from ocpp_core.model.timestamps import read_timestamp
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.translation.policies import Policy

F = TypeVar("F", bound=Callable[..., Any])


class Options(Protocol):
    """Adds options to a command."""

    def __call__(self, command: F, /) -> F:
        """Decorates the command."""
        ...


def together(*options: Callable[[Any], Any]) -> Options:
    """Several options, or arguments, as one decorator; help lists them in this order."""

    def decorate(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def read_rules(_: click.Context, __: click.Parameter, names: Sequence[str]) -> Tolerance:
    """Deviations by their labels.

    Raises:
        click.BadParameter: There is none of a name.
    """
    allowed = Tolerance.STRICT
    for name in names:
        try:
            allowed |= Tolerance.named(name)
        except LookupError as error:
            raise click.BadParameter(str(error)) from None
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


def read_policy(_: click.Context, __: click.Parameter, pairs: Sequence[str]) -> Policy:
    """Choices of a translation: ``soft_reset=Immediate``, ``has_security_extension=yes``, ``token_types=TAG:TYPE``.

    Raises:
        click.BadParameter: There is no such choice.
    """
    known = {one.name: one for one in attrs.fields(Policy) if one.init and one.converter is None}
    given: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        name = name.replace("-", "_")
        if not equals or name not in known:
            raise click.BadParameter(
                f"not a choice, = and a value: {pair}. There are {', '.join(sorted(known))}."
            )
        given[name] = _chosen(known[name].default, text, given.get(name, {}))
    try:
        return Policy(**given)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


_SWITCH = {"yes": True, "true": True, "no": False, "false": False}


def _chosen(default: Any, text: str, so_far: Any) -> Any:
    """Text as a value like the default; the text itself if it is none, which the policy says better."""
    if isinstance(default, bool):
        return _SWITCH.get(text.lower(), text)
    if isinstance(default, int):
        return int(text) if text.isascii() and text.isdigit() else text
    if isinstance(default, Mapping):
        key, colon, value = text.rpartition(":")
        return {**so_far, key: value} if colon else text
    return text


def read_moment(_: click.Context, __: click.Parameter, text: str | None) -> datetime:
    """A moment as it is written on the wire; this one if there is none.

    Raises:
        click.BadParameter: It is none.
    """
    try:
        return datetime.now(UTC) if text is None else read_timestamp(text, 6)
    except ValueError:
        raise click.BadParameter(f"not a time such as 2026-01-31T12:00:00Z: {text}") from None
