"""The commands that read frames show no secret unless asked, whatever its spelling and the form of the output."""

from pathlib import Path

import pytest

import secret_spellings
from command import cli, objects, saying
from secret_spellings import SECRET

FORMS = (
    ("decode",),
    ("decode", "--json"),
    ("decode", "--tolerant"),
    ("validate",),
    ("validate", "--json", "--verbose"),
    *(
        ("translate", "--tolerant", "--to", to, *more)
        for to in ("1.5", "1.6", "2.1")
        for more in ((), ("--json",))
    ),
)


@pytest.fixture(scope="module")
def traffic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All spellings of both wires, one frame a line."""
    frames = [text.replace("%s", SECRET).replace("%%", "%") for text in secret_spellings.JSON.values()]
    frames += [text.replace("%s", SECRET) for text in secret_spellings.SOAP.values()]
    file = tmp_path_factory.mktemp("secrets") / "in.log"
    file.write_text("\n".join(" ".join(frame.split("\n")) for frame in frames))
    return file


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
@pytest.mark.parametrize("arguments", FORMS, ids=" ".join)
def test_no_secret_is_shown(arguments: tuple[str, ...], version: str, traffic: Path) -> None:
    result = cli(*saying(version, arguments), traffic)

    assert result.stdout
    assert SECRET[:7] not in result.stdout + result.stderr


def test_secrets_are_shown_if_asked(traffic: Path) -> None:
    frame = secret_spellings.JSON["ChangeConfiguration"].replace("%s", SECRET)

    assert f"value '{SECRET}'" in cli("decode", "--version", "1.6", "--show-secrets", text=frame).stdout
    assert "value '***'" in cli("decode", "--version", "1.6", text=frame).stdout


def test_the_payload_for_programs_is_without_secrets_or_whole() -> None:
    frame = secret_spellings.JSON["ChangeConfiguration"].replace("%s", SECRET)

    for arguments, value in (((), "***"), (("--show-secrets",), SECRET)):
        (row,) = objects(cli("decode", "--json", "--version", "1.6", *arguments, text=frame))
        assert {"key": "AuthorizationKey", "value": value} == row["payload"]


def test_a_value_that_broke_a_rule_is_told_to_programs_if_it_is_no_secret() -> None:
    frame = '[2,"1","ChangeConfiguration",{"key":"%s","value":"%s"}]' % (60 * "k", 600 * "v")  # noqa: UP031

    hidden, shown = (
        objects(cli("validate", "--json", "--version", "1.6", *arguments, text=frame))[0]["violations"]
        for arguments in ((), ("--show-secrets",))
    )

    assert [None, None] == [one["value"] for one in hidden]
    assert [60 * "k", f"{300 * 'v'}..."] == [one["value"] for one in shown]
    assert [
        "has 60 characters, at most 50 are allowed: ***",
        "has 600 characters, at most 500 are allowed: ***",
    ] == [one["message"] for one in hidden]


def test_what_cannot_be_read_is_shown_if_asked() -> None:
    broken = '[2,"1","ChangeConfiguration",{"value":"hunter2'

    assert (
        "(46 characters that cannot be read; --show-secrets shows them)"
        in cli("decode", "--version", "1.6", text=broken).stdout
    )
    assert "hunter2" in cli("decode", "--version", "1.6", "--show-secrets", text=broken).stdout
