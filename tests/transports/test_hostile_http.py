"""HTTP requests and handshakes that attack: each is answered as it should be, and costs no more than ten valid ones."""

import pytest

from hostile_http import HANDSHAKES, MOST, POSTS, Attack, measure, ratios


@pytest.mark.parametrize(
    "attack",
    [
        *(pytest.param(attack, id=f"POST-{name}") for name, attack in POSTS.items()),
        *(pytest.param(attack, id=f"handshake-{name}") for name, attack in HANDSHAKES.items()),
    ],
)
def test_what_attacks_costs_no_more_than_ten_valid_ones_of_its_size(attack: Attack) -> None:
    """A ratio in one process, so that it holds on any machine."""
    exchange = attack.make()
    found = measure(exchange)
    seconds, memory = ratios(exchange, found)

    assert attack.drawn == found.drawn
    assert seconds <= MOST
    assert memory <= MOST
