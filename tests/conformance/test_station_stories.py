"""Rules that are judged over what was said: each is broken by a story with one fault, and by no right one."""

from typing import Any

import pytest

from conformance.peers.station_stories import Story, sample
from conformance.peers.station_stories_told import ODD, STORIES, Tell, signing_begins
from ocpp_core.conformance.rules import rules

VERSIONS = ("2.0.1", "2.1")


def _versions(rule: str) -> list[str]:
    return sorted({"1.6", *VERSIONS} & rules()[rule].versions)


def _parameters(number: int) -> list[Any]:
    """Each rule with the first, or the second, of its tellings, in each version that it binds."""
    return [
        pytest.param(version, row[0], row[number], id=f"{row[0]}-{version}")
        for row in STORIES
        for version in _versions(row[0])
    ]


@pytest.mark.parametrize("version, rule, broken", _parameters(1))
def test_a_story_with_one_fault_breaks_its_rule_alone(version: str, rule: str, broken: Tell) -> None:
    story = Story(version)
    broken(story)

    assert {rule} == story.found()


@pytest.mark.parametrize("version, rule, right", _parameters(2))
def test_a_story_without_a_fault_breaks_no_rule(version: str, rule: str, right: Tell) -> None:
    story = Story(version)
    right(story)

    assert set() == story.found()
    assert story.kept(rule)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("odd", [pytest.param(tell, id=name) for name, tell in ODD.items()])
def test_what_is_odd_and_right_breaks_no_rule(version: str, odd: Tell) -> None:
    story = Story(version)
    odd(story)

    assert set() == story.found()


@pytest.mark.parametrize("is_signed", [True, False])
def test_readings_of_the_begin_are_signed_where_that_is_set(is_signed: bool) -> None:
    """2.1 alone has a variable for it."""
    story = signing_begins(Story("2.1"), sample("Transaction.Begin", is_signed=is_signed))

    assert (set() if is_signed else {"transaction.signed"}) == story.found()
