"""Stations with one fault each in what a token does that somebody presents."""

from conformance.peers.station import Connector, Station
from conformance.peers.station_ways import SECOND, Fault, behaving


async def _never_asks(self: Station, who: str, number: int) -> None:
    if self.is_let(who) or who in self.lists[1] or self.connectors[number - 1].transaction is not None:
        await Station.presented(self, who, number)


async def _remembers(self: Station, who: str, number: int) -> None:
    """Does not ask again about whom was refused."""
    if self.cached.get(who, "Accepted") == "Accepted":
        await Station.presented(self, who, number)


async def _stops_otherwise(self: Station, connector: Connector, reason: str, trigger: str) -> None:
    told = {"StopAuthorized": "ChargingStateChanged"}.get(trigger, trigger)
    await Station.stop(self, connector, reason, told)


async def _once(self: Station, who: str, number: int) -> None:
    """Whoever is in the cache does not charge."""
    if self.cached.get(who) != "Accepted" or self.connectors[number - 1].transaction is not None:
        await Station.presented(self, who, number)


async def _always_asks(self: Station, who: str, number: int) -> None:
    if who in self.lists[1]:
        await self.authorize(who)
    await Station.presented(self, who, number)


async def _believes_the_list(self: Station, who: str, number: int) -> None:
    if self.is_let(who) or who not in self.lists[1]:
        await Station.presented(self, who, number)


CARD_FAULTS = [
    Fault("asks about nobody", "card.asked", behaving(presented=_never_asks), SECOND),
    Fault("remembers whom it refused", "card.asked-again", behaving(presented=_remembers), SECOND),
    Fault("tells another trigger of a card", "card.ends", behaving(stop=_stops_otherwise), SECOND),
    Fault("lets everybody charge once", "card.told", behaving(presented=_once), SECOND),
    Fault("asks about whom the list lets", "card.listed", behaving(presented=_always_asks), SECOND),
    Fault("refuses as the list does", "card.listed-refused", behaving(presented=_believes_the_list), SECOND),
]
