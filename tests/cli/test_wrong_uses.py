"""Every wrong use of every command: the exit code, and a line that says what is wrong."""

from collections.abc import Iterator

import click
import pytest

from command import cli
from inputs import HEARTBEAT
from ocpp_core.cli.commands import command

#: What cannot be given to an option or an argument, by what it takes.
WRONG: dict[type, list[str]] = {
    click.Choice: ["nonsense", ""],
    click.types.IntRange: ["-1", "99999999999", "x", ""],
    click.types.FloatRange: ["-1", "nan", "x", "1e99"],
    click.Path: ["/no/such/file"],
}
#: The same where the command itself reads the text.
WRONG_TEXTS = {
    "--accept": ["1.7", "1.6;2.0", ""],
    "--alias": ["OCPP1.6", "x=1.7", "=1.6"],
    "--allow": ["everything", ""],
    "--explain": ["frame.no-such-rule", ""],
    "--rules": ["no-such-rule", "boot.*,no.*", ""],
    "--csms": ["", "h", "ftp://h", "ws://"],
    "--csms-listen": ["9000", "h:", "h:x", "h:99999"],
    "--may-call": ["h", "10.0.0.0/99", "10.1.2.3/8"],
    "--mirror": ["", "1.7=ws://h", "http://h", "ws://127.0.0.1:1"],
    "--mirror-may": ["Rset", "Heartbeat", ""],
    "--policy": ["nonsense", "x=1", "soft_reset=Now", ""],
    "--received-at": ["yesterday", "2026-01-31", ""],
    "--tolerance": ["everything", ""],
}
#: Texts that may be anything, or are found wrong when they are used: `test_usage` has those.
FREE = {"--host", "--identity", "--password", "--listen", "--address", "--csms-address", "url"}
CSMS = ("--csms-version", "1.6", "--csms", "ws://127.0.0.1:1")
#: What a command has to be given, for the fault to be elsewhere.
NEEDED = {
    "simulate": ["--version", "1.6", "ws://127.0.0.1:1"],
    "schemas compare": ["."],
    "translate": ["--to", "2.0.1"],
    "conform": ["--version", "1.6", "ws://127.0.0.1:1"],
    "gateway": [*CSMS, "--mirror", "ws://127.0.0.1:2"],
}


def tree(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Every command with its words."""
    for name, one in group.commands.items():
        if isinstance(one, click.Group):
            yield from tree(one, (*path, name))
        else:
            yield " ".join((*path, name)), one


COMMANDS = dict(tree(command))
OPTIONS = [
    (name, option.opts[0], option)
    for name, one in COMMANDS.items()
    for option in one.params
    if isinstance(option, click.Option)
]


def is_free(parameter: click.Parameter) -> bool:
    return isinstance(parameter.type, click.types.StringParamType) and parameter.opts[0] in FREE


def wrong_values() -> Iterator[tuple[str, str, str]]:
    for name, one in COMMANDS.items():
        for parameter in one.params:
            is_flag = isinstance(parameter, click.Option) and parameter.is_flag
            if is_flag or is_free(parameter):
                continue
            known = parameter.opts[0]
            values = WRONG_TEXTS[known] if known in WRONG_TEXTS else WRONG[type(parameter.type)]
            for value in values:
                yield name, known, value


def refused(*arguments: str) -> str:
    """What is said of a wrong use."""
    result = cli(*arguments, text=HEARTBEAT)

    assert (2, "") == (result.exit_code, result.stdout)
    assert "Error: " in result.stderr
    assert "Traceback" not in result.stderr
    return result.stderr


@pytest.mark.parametrize("name, known, value", list(wrong_values()))
def test_a_value_that_cannot_be(name: str, known: str, value: str) -> None:
    needed = NEEDED.get(name, []) if known.startswith("-") else []
    said = refused(*name.split(), *needed, *((known, value) if known.startswith("-") else (value,)))

    assert known in said or value in said


@pytest.mark.parametrize("name, known, option", OPTIONS, ids=lambda one: one if isinstance(one, str) else "")
def test_a_flag_with_a_value_and_an_option_without(name: str, known: str, option: click.Option) -> None:
    wrong = f"{known}=yes" if option.is_flag else known

    assert known in refused(*name.split(), *NEEDED.get(name, []), wrong)


@pytest.mark.parametrize("name", [*COMMANDS, "", "schemas"])
def test_options_and_commands_that_there_are_not(name: str) -> None:
    assert "--no-such-option" in refused(*name.split(), "--no-such-option")
    if name not in COMMANDS:
        assert "no-such-command" in refused(*name.split(), "no-such-command")


@pytest.mark.parametrize("name", [name for name, one in COMMANDS.items() if one.params[-1:]])
def test_too_much_and_too_little(name: str) -> None:
    arguments = [one for one in COMMANDS[name].params if isinstance(one, click.Argument)]
    if any(one.nargs < 0 for one in arguments):
        return  # files, of which there may be any number
    given = NEEDED.get(name) or ["1.6"] * len(arguments)

    assert "unexpected extra argument" in refused(*name.split(), *given, "one", "more")
    if any(one.required for one in COMMANDS[name].params):
        assert "Missing" in refused(*name.split())


@pytest.mark.parametrize(
    "arguments",
    [
        ("simulate", "--version", "2.1", "--soap", "http://h"),
        ("simulate", "--version", "1.2", "--soap", "ws://h"),
        ("simulate", "--version", "2.0.1", "http://h"),
        ("conform", "ws://h"),
        ("conform", "--version", "1.6"),
        ("conform", "--version", "2.0.1", "http://h"),
        ("conform", "--version", "1.6", "--wire", "soap", "ws://h"),
        ("conform", "--version", "1.6", "--role", "station", "ws://h"),
        ("conform", "--version", "1.6", "--profile", __file__, "ws://h"),
        ("conform", "--replay", __file__),
        # What would have no effect: there is no mirror, and a CSMS of ws is one that is connected to.
        ("gateway", *CSMS, "--mirror-may", "Reset"),
        ("gateway", *CSMS, "--csms-listen", "127.0.0.1:9001"),
        ("gateway", *CSMS, "--csms-address", "http://h:9001"),
    ],
    ids=" ".join,
)
def test_what_does_not_go_together(arguments: tuple[str, ...]) -> None:
    refused(*arguments)


def test_a_version_of_a_mirror_that_there_is_not_is_called_so() -> None:
    """An equals sign in the address itself is none behind a version."""
    assert "no such version: 1.7" in refused("gateway", *CSMS, "--mirror", "1.7=ws://h")
    assert "there already" in refused(
        *("gateway", *CSMS, "--mirror", "ws://h/?a=b", "--mirror", "1.6=ws://h/?a=b")
    )
