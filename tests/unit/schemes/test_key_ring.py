"""Keys that were fetched: kept, bounded, and asked for at a bounded rate."""

from __future__ import annotations

import pytest

from verihook.errors import SecretsUnavailable, SignatureError
from verihook.schemes.key_ring import KEEP_S, MAX_KEYS, MAX_MISSES, MISSES_S, KeyRing


class Source:
    """Counts how often each key was asked for."""

    def __init__(self) -> None:
        self.ring: KeyRing[str] = KeyRing()
        self.asked: list[str] = []

    def key(self, name: str, now: int) -> str:
        def load() -> str:
            self.asked.append(name)
            return f"the key {name}"

        return self.ring.key(name, now, load)


def test_a_key_is_kept_for_an_hour() -> None:
    source = Source()
    for now in (1000, 1000, 1000 + KEEP_S - 1, 1000 + KEEP_S):
        assert "the key a" == source.key("a", now)
    assert ["a", "a"] == source.asked


def test_a_clock_set_back_keeps_nothing_longer() -> None:
    source = Source()
    source.key("a", 1_000_000)
    source.key("a", 1000)
    assert ["a", "a"] == source.asked


def test_unknown_names_are_asked_for_at_a_bounded_rate() -> None:
    source = Source()
    for number in range(MAX_MISSES):
        source.key(str(number), 1000)
    for now in (1000, 1000 + MISSES_S - 1):
        with pytest.raises(SecretsUnavailable, match="deliver again"):
            source.key("more", now)
    assert "the key more" == source.key("more", 1000 + MISSES_S)
    assert MAX_MISSES + 1 == len(source.asked)


def test_a_refusal_counts_and_is_not_kept() -> None:
    ring: KeyRing[str] = KeyRing()
    asked: list[int] = []

    def load() -> str:
        asked.append(1)
        raise SignatureError("unknown-kid")

    for _ in range(MAX_MISSES):
        with pytest.raises(SignatureError):
            ring.key("a", 1000, load)
    with pytest.raises(SecretsUnavailable):
        ring.key("a", 1000, load)
    assert MAX_MISSES == len(asked)


def test_keys_are_bounded_and_the_proven_one_stays() -> None:
    source = Source()
    source.key("proven", 1000)
    source.ring.prove("proven")
    for number in range(3 * MAX_KEYS):
        source.key(str(number), 1000 + number * MISSES_S)
    asked = len(source.asked)
    now = 1000 + 3 * MAX_KEYS * MISSES_S
    assert "the key proven" == source.key("proven", min(now, 1000 + KEEP_S - 1))
    assert asked == len(source.asked)
    source.key("0", now)
    assert asked + 1 == len(source.asked)


def test_to_prove_what_is_not_kept_does_nothing() -> None:
    source = Source()
    source.ring.prove("a")
    assert "the key a" == source.key("a", 1000)
