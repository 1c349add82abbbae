"""Who is new gets in, however many keys are made up: simulated second by second."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from verihook.api import turned_away
from verihook.api.turned_away import LOOK_UPS_A_SECOND, TurnedAway

GENUINE = b"genuine"


def never_again(rate: int) -> Iterator[bytes]:
    return (b"%d" % number for number in count())


def each_thrice(rate: int) -> Iterator[bytes]:
    return (b"%d" % (number // 3) for number in count())


def in_turns(rate: int) -> Iterator[bytes]:
    """As many keys as there are requests in a second: each comes as often as the genuine one."""
    return (b"%d" % (number % rate) for number in count())


def twice_as_often(rate: int) -> Iterator[bytes]:
    return (b"%d" % (number % max(rate // 2, 1)) for number in count())


@pytest.mark.parametrize("rate", [1, 10, 100, 1000])
@pytest.mark.parametrize(
    ("forged", "most"), [(never_again, 2), (each_thrice, 5), (in_turns, None), (twice_as_often, None)]
)
def test_a_new_key_gets_in_within_the_stated_time(forged: object, most: int | None, rate: int) -> None:
    """It is tried once a second, in the middle of them; those that are looked up are known to be none for 30 s."""
    waiting, keys, none = TurnedAway(), forged(rate), dict[bytes, int]()  # type: ignore[operator]
    looked_up: dict[int, int] = {}
    bound = most or rate // LOOK_UPS_A_SECOND + 5
    began = 3
    for second in range(began + bound + 1):
        for number in range(rate):
            now = second * 1000 + number * 1000 // rate
            key = next(keys)
            if none.get(key, -30_000) + 30_000 <= now and waiting.may_be_looked_up(key, now):
                none[key] = now
                looked_up[second] = looked_up.get(second, 0) + 1
            if second >= began and number == rate // 2 and waiting.may_be_looked_up(GENUINE, now):
                assert second - began < bound
                assert max(looked_up.values(), default=0) <= LOOK_UPS_A_SECOND
                return
    pytest.fail(f"not within {bound} seconds")


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turned_away, "MAX_REMEMBERED", 3)
    waiting = TurnedAway()
    for number in range(50):
        assert not waiting.may_be_looked_up(b"%d" % number, 0)
    assert list(waiting._times) == [b"47", b"48", b"49"]
    assert waiting.may_be_looked_up(b"49", 2_000)
