"""The targets of the guided fuzzer hold for what they begin with and for much that is like it, and can fail."""

import random

import pytest

import guided_fuzz
from fuzz import spoilt
from guided_fuzz import TARGETS, corpus


@pytest.mark.parametrize("target", TARGETS)
def test_invariant_holds(target: str) -> None:
    seeds = [path.read_bytes() for path in corpus(target)]
    chance = random.Random(7)

    for seed in [b"", *seeds]:
        TARGETS[target](seed)
    for _ in range(100):
        TARGETS[target](spoilt(chance, chance.choice(seeds), seeds))


@pytest.mark.parametrize("target", TARGETS)
def test_corpus_is_small_and_ours(target: str) -> None:
    assert 4 <= len(corpus(target)) <= 20
    assert all(0 < path.stat().st_size < 1000 for path in corpus(target))


@pytest.mark.parametrize("target", TARGETS)
def test_invariant_is_one_sentence(target: str) -> None:
    first = (TARGETS[target].__doc__ or "").partition("\n")[0]

    assert 1 == first.count(".") - first.count("`.")
    assert first.endswith(".")


def test_what_raises_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ocpp_core.jsonrpc.codec.JsonCodec.decode", lambda *_, **__: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        guided_fuzz.frames(b"[]")
