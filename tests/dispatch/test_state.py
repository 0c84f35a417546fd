"""What an application keeps of its stations."""

import gc

from ocpp_core import specification
from ocpp_core.dispatch import LoneCaller, PerConnection, PerIdentity


def station(identity: str = "CP-1") -> LoneCaller:
    return LoneCaller(identity, specification("1.6"))


def test_each_connection_has_its_own() -> None:
    meters = PerConnection(list[int])
    old, new = station(), station()
    meters.of(old).append(1)
    meters.of(new).append(2)

    assert ([1], [2]) == (meters.of(old), meters.of(new))
    assert [3] == meters.put(old, [3]) == meters.of(old)


def test_what_is_kept_of_a_connection_ends_with_it() -> None:
    class Kept:
        alive = 0

        def __init__(self) -> None:
            Kept.alive += 1

        def __del__(self) -> None:
            Kept.alive -= 1

    kept = PerConnection(Kept)
    peer = station()
    kept.of(peer)
    assert 1 == Kept.alive
    del peer
    gc.collect()

    assert 0 == Kept.alive


def test_each_identity_has_one_whatever_its_connection() -> None:
    meters = PerIdentity(list[int])
    meters.of(station()).append(1)
    meters.of(station()).append(2)
    meters.of("CP-2").append(3)

    assert ([1, 2], [3]) == (meters.of("CP-1"), meters.of(station("CP-2")))
    assert 2 == len(meters)
    meters.forget(station())
    meters.forget("CP-9")
    assert [] == meters.of("CP-1")


def test_of_many_identities_the_latest_are_kept() -> None:
    counts = PerIdentity(int, most=2)
    for name in ("A", "B", "A", "C"):
        counts.put(name, counts.of(name) + 1)

    assert (2, 2) == (len(counts), counts.of("A"))
    assert 0 == counts.of("B")
