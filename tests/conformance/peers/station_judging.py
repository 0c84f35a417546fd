"""What the kit finds in a station that runs in memory."""

import asyncio
import os
from collections.abc import Callable
from typing import Any

from attrs import evolve

from conformance.peers.memory_stage import staged
from conformance.peers.station import Station
from loops import run_in_no_time
from ocpp_core.conformance.checks import CHECKS
from ocpp_core.conformance.conversation import Conversation
from ocpp_core.conformance.overheard import OVERHEARD
from ocpp_core.conformance.profiles import Profile
from ocpp_core.conformance.rules import Seen, rules
from ocpp_core.conformance.runner import load_checks
from ocpp_core.conformance.verdicts import Deviation, Inconclusive, NotApplicable
from ocpp_core.model.versions import Role, Wire

load_checks()

VERSIONS = ("1.6", "2.0", "2.0.1", "2.1")
PROFILE = Profile(
    evses=2,
    tokens={"accepted": ("GOOD0001",)},
    hooks={"plug": lambda _: None},
    features={"secure-firmware": True, "v2x": True, "battery-swap": True},
)
#: Seconds, which pass in no time, that a check may take.
_LONGEST = 900.0
IS_DEEP = os.environ.get("OCPP_DEEP") == "1"


def binding(version: str) -> list[str]:
    """The rules that hold stations of a version to something, less those of generated messages."""
    return [
        rule.id
        for rule in rules().values()
        if rule.binds(Role.CHARGE_POINT, version, Wire.JSON) and rule.seen is not Seen.GENERATED
    ]


def block(id: str) -> str:
    """The first part of a rule's id."""
    return id.partition(".")[0]


def with_cards(station: Station) -> Profile:
    """Its user presents tokens, too."""

    def card(told: dict[str, Any]) -> None:
        station.spawn(station.presented(told["token"], told["connector"]))

    return evolve(PROFILE, hooks={**PROFILE.hooks, "card": card, "unplug": lambda _: None})


def found(
    make: Callable[[], Station],
    id: str,
    profile: Callable[[Station], Profile] = with_cards,
    unclear: dict[str, str] | None = None,
) -> dict[str, str]:
    """What is found by a check, and by listening meanwhile: rules, and what was seen.

    Args:
        make: Makes the station.
        id: Of the rule.
        profile: What is said of the station; its hooks may drive it.
        unclear: Where is written why a rule is inconclusive, or does not apply.
    """

    async def look() -> dict[str, str]:
        station = make()
        async with staged(station, profile(station)) as stage:
            return await judged(stage, id, unclear)

    return run_in_no_time(look())


async def judged(stage: Conversation, id: str, unclear: dict[str, str] | None = None) -> dict[str, str]:
    """The same of a stage to which a station has come."""
    seen: dict[str, str] = {}
    try:
        await stage.be_registered()
        await asyncio.sleep(0.3)
        async with asyncio.timeout(_LONGEST):
            await CHECKS[id].judge(stage)
    except TimeoutError:
        seen[id] = "it took too long"
    except Deviation as deviation:
        seen[id] = str(deviation)
    except (Inconclusive, NotApplicable) as reason:
        if unclear is not None:
            unclear[id] = str(reason)
    heard = stage.heard()
    for rule, judge in OVERHEARD.items():
        if rules()[rule].binds(stage.role, stage.specification.version, stage.wire):
            for each in judge(heard):
                if each is not None:
                    seen[rule] = str(each)
    return seen
