"""How much time is left, and for what."""

from __future__ import annotations

import pytest

from verihook.model import deadline


class Clock:
    at = 1_000_000

    def now_ms(self) -> int:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.mark.parametrize(
    ("timeout_s", "patience"), [(None, 3000), (10, 3000), (4, 3000), (3, 2000), (2.5, 1500), (2, 1000), (1, 500)]
)
def test_the_patience_of_a_sender(timeout_s: float | None, patience: int) -> None:
    assert patience == deadline.patience_ms(timeout_s)


def test_an_express_machine_may_take_longer() -> None:
    wanted = [deadline.patience_ms(timeout, deadline.LONGEST_EXPRESS_MS) for timeout in (None, 100, 5, 3)]
    assert [8000, 8000, 4000, 2000] == wanted


def test_without_a_deadline_there_is_no_end() -> None:
    assert deadline.left_s() is None
    with deadline.part(0.5), deadline.at_most(1000):
        assert deadline.left_s() is None


def test_what_is_left(clock: Clock) -> None:
    with deadline.within(3000, clock.at - 500, clock.now_ms):
        assert 2.5 == deadline.left_s()
        with deadline.part(2 / 3):
            assert 1.5 == deadline.left_s()
            clock.at += 1600
            assert 0 == deadline.left_s()
        assert 0.9 == deadline.left_s()
        with deadline.at_most(1000):
            assert 0.9 == deadline.left_s()
        with deadline.at_most(200):
            assert 0.2 == deadline.left_s()
        clock.at += 10_000
        assert 0 == deadline.left_s()
    assert deadline.left_s() is None


def test_a_clock_that_was_set_back_gives_no_more_time(clock: Clock) -> None:
    with deadline.within(3000, clock.at, clock.now_ms):
        clock.at -= 100_000
        assert 3 == deadline.left_s()


def test_it_ends_with_what_it_was_set_for(clock: Clock) -> None:
    with pytest.raises(KeyError), deadline.within(3000, clock.at, clock.now_ms):
        raise KeyError
    assert deadline.left_s() is None
