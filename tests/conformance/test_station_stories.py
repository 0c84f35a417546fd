"""Rules that are judged over what was said: each is broken by stories with one fault, and by no right one."""

from collections.abc import Iterator
from typing import Any

import pytest

from conformance.peers.station_stories import Story, broken
from conformance.peers.station_stories_blocks import BLOCK_STORIES
from conformance.peers.station_stories_frames import FRAME_STORIES
from conformance.peers.station_stories_limits import LIMIT_STORIES
from conformance.peers.station_stories_offline import OFFLINE_STORIES
from conformance.peers.station_stories_transactions import TRANSACTION_STORIES
from ocpp_core.conformance.overheard import OVERHEARD
from ocpp_core.conformance.rules import rules
from ocpp_core.model.specifications import specification

STORIES = [*FRAME_STORIES, *TRANSACTION_STORIES, *LIMIT_STORIES, *OFFLINE_STORIES, *BLOCK_STORIES]


def _told(kind: str) -> Iterator[tuple[str, str, str, Story]]:
    """The stories of a kind: their rule, each version that it binds, and their names."""
    for stories in STORIES:
        for version in sorted(stories.versions & rules()[stories.rule].versions):
            for name, story in getattr(stories, kind).items():
                yield stories.rule, version, name, story


def _parameters(kind: str) -> list[Any]:
    return [
        pytest.param(rule, story, version, id=f"{rule}-{version}-{name}")
        for rule, version, name, story in _told(kind)
    ]


@pytest.mark.parametrize("rule, story, version", _parameters("broken"))
def test_a_story_with_one_fault_breaks_its_rule_alone(rule: str, story: Story, version: str) -> None:
    assert {rule} == broken(story.heard(version)).keys()


@pytest.mark.parametrize("rule, story, version", _parameters("kept"))
def test_a_story_without_a_fault_breaks_no_rule(rule: str, story: Story, version: str) -> None:
    """And its own rule is seen to be kept, at least once."""
    heard = story.heard(version)

    assert {} == broken(heard)
    assert {None} == set(OVERHEARD[rule](heard))


@pytest.mark.parametrize("rule, story, version", _parameters("odd"))
def test_what_is_odd_and_right_breaks_no_rule(rule: str, story: Story, version: str) -> None:
    assert {} == broken(story.heard(version))


def test_right_stories_are_told_in_messages_of_the_standard() -> None:
    """A rule is silent about what breaks a schema, and a version leaves out what only others know."""
    versions = {version for stories in STORIES for version in stories.versions}
    known = {action for version in versions for action in specification(version).actions}
    for kind in ("kept", "odd"):
        for rule, version, name, story in _told(kind):
            heard = story.heard(version)
            wrong = [said for said in heard.said if said.payload is not None and not heard.is_right(said)]

            assert ([], set()) == (wrong, story.actions - known), f"{rule}: {name} in {version}"
