"""Keys that were fetched: kept, bounded, and asked for at a bounded rate."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

import pytest

from verihook.errors import SecretsUnavailable, SignatureError
from verihook.senders.schemes.fetched_keys import DENIED, KEEP_S, MAX_KEYS, NEW, FetchedKeys


class Source:
    """Counts how often each key was asked for."""

    def __init__(self) -> None:
        self.keys: FetchedKeys[str] = FetchedKeys()
        self.asked: list[str] = []

    def key(self, name: str, now: int) -> str:
        def load() -> str:
            self.asked.append(name)
            return f"the key {name}"

        return self.keys.key(name, now, load)


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


def test_new_names_are_asked_for_at_a_bounded_rate() -> None:
    source = Source()
    times, seconds = NEW
    for number in range(times):
        source.key(str(number), 1000)
    for number, now in enumerate((1000, 1000 + seconds - 1)):
        with pytest.raises(SecretsUnavailable, match="deliver again"):
            source.key(f"more-{number}", now)
    assert "the key last" == source.key("last", 1000 + seconds)
    assert times + 1 == len(source.asked)


def test_a_denial_is_remembered_and_seldom_questioned() -> None:
    keys: FetchedKeys[str] = FetchedKeys()
    asked: list[int] = []

    def load() -> str:
        asked.append(1)
        raise SignatureError("unknown-kid")

    for _ in range(100):
        with pytest.raises(SignatureError) as refusal:
            keys.key("a", 1000, load)
        assert refusal.value.reason == "unknown-kid"
    assert len(asked) == 1 + DENIED[0]
    # It was published since.
    assert keys.key("a", 1000 + DENIED[1], lambda: "the key") == "the key"


def test_a_host_that_is_down_costs_a_new_key_nothing() -> None:
    source = Source()

    def down() -> str:
        raise SecretsUnavailable("The sender's host is down.")

    with pytest.raises(SecretsUnavailable):
        source.keys.key("genuine", 1000, down)
    for number in range(NEW[0] - 1):
        source.key(str(number), 1000)
    assert source.key("genuine", 1001) == "the key genuine"


@dataclass
class Flood:
    """An attacker's key ids: each ``times``, first ``rate`` a second, the repetitions ``later`` seconds after."""

    rate: int
    times: int
    later: int
    random: Random = field(default_factory=lambda: Random(11))
    due: dict[int, list[str]] = field(default_factory=dict)
    made: int = 0

    def at(self, now: int) -> list[str]:
        names = self.due.pop(now, [])[: self.rate]
        while len(names) < self.rate:
            self.made += 1
            names.append(f"forged-{self.made}")
            for number in range(1, self.times):
                wait = self.random.randint(0, self.later) + number
                self.due.setdefault(now + wait, []).append(names[-1])
        self.random.shuffle(names)
        return names


@pytest.mark.parametrize(("times", "later"), [(1, 0), (3, 0), (3, 1200)])
@pytest.mark.parametrize("rate", [1, 10, 100])
def test_no_new_key_is_turned_away_twice_while_others_are_made_up(rate: int, times: int, later: int) -> None:
    """An hour from cold, on the second: every minute a genuine sender has a new key, and delivers again if refused.

    Of the largest flood half an hour, or ten minutes if none of its keys comes later: it takes much longer.
    """
    keys: FetchedKeys[str] = FetchedKeys()
    seconds = 3600 if rate < 100 else 1800 if later else 600
    flood, asked, refused = Flood(rate, times, later), 0, 0
    again: dict[int, tuple[str, int]] = {}

    def ask(name: str, now: int) -> bool:
        def load() -> str:
            nonlocal asked
            asked += 1
            if name.startswith("forged"):
                raise SignatureError("unknown-kid")
            return name

        try:
            keys.key(name, now, load)
        except (SecretsUnavailable, SignatureError):
            return False
        return True

    for now in range(1_000_000, 1_000_000 + seconds):
        names = flood.at(now)
        for name in names[: rate // 2]:
            ask(name, now)
        name, tries = again.pop(now, (f"genuine-{now}" if now % 60 == 30 else "", 1))
        if name and not ask(name, now):
            refused += 1
            assert tries == 1, "turned away twice"
            again[now + 7 + now % 49] = name, 2
        for name in names[rate // 2 :]:
            ask(name, now)
    assert refused <= seconds // 60
    # Names that never come again cost five calls a minute, others one each.
    assert asked <= seconds / NEW[1] * (NEW[0] + DENIED[0]) + 120 + (flood.made if times > 1 else flood.made / 100)


def test_keys_are_bounded_and_the_proven_one_stays() -> None:
    source = Source()
    source.key("proven", 1000)
    source.keys.mark_proven("proven")
    for number in range(3 * MAX_KEYS):
        source.key(str(number), 1000 + number * NEW[1])
    asked = len(source.asked)
    now = 1000 + 3 * MAX_KEYS * NEW[1]
    assert "the key proven" == source.key("proven", min(now, 1000 + KEEP_S - 1))
    assert asked == len(source.asked)
    source.key("0", now)
    assert asked + 1 == len(source.asked)


def test_to_prove_what_is_not_kept_does_nothing() -> None:
    source = Source()
    source.keys.mark_proven("a")
    assert "the key a" == source.key("a", 1000)
