"""Where stages come from: one way for each wire and role.

Needs the extra ``websockets`` for the JSON wire, ``soap`` for the other.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from attrs import evolve

from ocpp_core.conformance.profiles import Profile
from ocpp_core.conformance.targets import Ground, Target
from ocpp_core.model.versions import Role, Wire

__all__ = ["Ground", "Target", "ground"]


@asynccontextmanager
async def ground(target: Target, profile: Profile) -> AsyncGenerator[Ground, None]:
    """What gives stages while the context lasts.

    Raises:
        ValueError: The target has a `fault`, or an address is none.
        OSError: The kit cannot listen.
    """
    if target.fault is not None:
        raise ValueError(target.fault)
    if target.role is Role.CSMS and target.identity is None and profile.identities:
        target = evolve(target, identity=profile.identities[0])
    if target.wire is Wire.JSON:
        from ocpp_core.conformance.json_grounds import json_ground

        opened = json_ground(target, profile)
    else:
        from ocpp_core.conformance.soap_stage import soap_ground

        opened = soap_ground(target, profile)
    async with opened as given:
        yield given
