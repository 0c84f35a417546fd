"""Rules that are judged over what was said: each is broken by a story with one fault, and by no right one."""

import pytest

from conformance.peers.station_stories import Story
from conformance.peers.station_stories_told import ODD, STORIES, Tell

VERSIONS = ("2.0.1", "2.1")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("rule, broken", [pytest.param(rule, tell, id=rule) for rule, tell, _ in STORIES])
def test_a_story_with_one_fault_breaks_its_rule_alone(version: str, rule: str, broken: Tell) -> None:
    story = Story(version)
    broken(story)

    assert {rule} == story.found()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("rule, right", [pytest.param(rule, tell, id=rule) for rule, _, tell in STORIES])
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
