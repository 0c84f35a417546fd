"""Stages on the JSON wire for either role."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from attrs import evolve

from ocpp_core.conformance.dialling import Dial
from ocpp_core.conformance.json_stage import JsonStage, Line
from ocpp_core.conformance.listening import Door
from ocpp_core.conformance.profiles import Profile
from ocpp_core.conformance.targets import IDENTITY, Ground, Target
from ocpp_core.model.versions import Role


class JsonGround(Ground):
    """Gives stages on a line."""

    def __init__(self, target: Target, profile: Profile, address: str, line: Line) -> None:
        super().__init__(target, profile, address)
        self._line = line

    async def stage(self) -> JsonStage:
        """See `Ground`."""
        return await JsonStage(self._line, **self.facts).open()

    def other(self) -> Ground:
        """See `Ground`."""
        other = self.another
        if not isinstance(self._line, Dial) or other is None:
            return self
        target, line = evolve(self.target, identity=other), evolve(self._line, identity=other)
        return JsonGround(target, self.profile, self.address, line)


@asynccontextmanager
async def json_ground(target: Target, profile: Profile) -> AsyncGenerator[Ground, None]:
    """See `ocpp_core.conformance.grounds.ground`."""
    known = target.specification
    assert known.subprotocol is not None
    subprotocols = (known.subprotocol,)
    if target.role is Role.CSMS:
        line = Dial(
            url=target.url,
            identity=target.identity or IDENTITY,
            password=target.password,
            ssl=target.ssl,
            subprotocols=subprotocols,
        )
        yield JsonGround(target, profile, target.url, line)
        return
    door = Door(
        subprotocols,
        identity=target.identity,
        password=target.password,
        hex_allowed=known.has_key_passwords,
        patience=target.patience,
    )
    async with door.listening(target.host, target.port, target.ssl):
        scheme = "ws" if target.ssl is None else "wss"
        yield JsonGround(target, profile, f"{scheme}://{target.host}:{door.port}", door)
