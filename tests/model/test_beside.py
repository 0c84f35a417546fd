"""Values beside objects that cannot be hashed."""

import gc

from ocpp_core import v16
from ocpp_core.model.beside import Beside


def test_a_value_is_found_by_the_object_and_not_by_one_that_is_equal() -> None:
    kept: Beside[str] = Beside()
    first, second = v16.HeartbeatRequest(), v16.HeartbeatRequest()
    kept.put(first, "first")

    assert first == second
    assert ("first", None) == (kept.get(first), kept.get(second))


def test_the_value_that_was_put_last_counts() -> None:
    kept: Beside[str] = Beside()
    request = v16.HeartbeatRequest()
    kept.put(request, "first")
    kept.put(request, "second")

    assert "second" == kept.get(request)


def test_nothing_is_kept_of_an_object_that_is_gone() -> None:
    kept: Beside[str] = Beside()
    requests = [v16.HeartbeatRequest() for _ in range(100)]
    while requests:
        kept.put(requests[-1], "value")
        requests.pop()
    gc.collect()

    assert 0 == len(kept)
