"""Names that are remembered for a while, in bounded memory."""

from __future__ import annotations

from verihook.senders.schemes.recent_names import REMEMBERED_S, RecentNames


def test_a_name_is_remembered_for_half_an_hour_at_least_and_an_hour_at_most() -> None:
    for other in (1, REMEMBERED_S // 2, REMEMBERED_S - 1):
        names = RecentNames()
        names.add("first", 1000)
        names.add("a", 1000 + other)
        for later in (0, REMEMBERED_S - 1):
            names.add(f"more-{later}", 1000 + other + later)
            assert names.has("a", 1000 + other + later)
        assert not names.has("a", 1000 + 3 * REMEMBERED_S)
        names.add("new", 1000 + 3 * REMEMBERED_S)
        assert not names.has("a", 1000 + 3 * REMEMBERED_S)


def test_nothing_is_seen_that_was_not_added_nor_after_the_clock_was_set_back() -> None:
    names = RecentNames()
    assert not names.has("a", 1000)
    names.add("a", 1_000_000)
    assert not names.has("a", 1000)
    names.add("b", 1000)
    assert names.has("b", 1001)
    assert not names.has("a", 1001)


def test_hundred_names_a_second_are_told_apart() -> None:
    names = RecentNames()
    for number in range(100 * REMEMBERED_S):
        names.add(f"forged-{number}", 1000 + number // 100)
    now = 1000 + REMEMBERED_S - 1
    assert all(names.has(f"forged-{number}", now) for number in range(0, 100 * REMEMBERED_S, 997))
    assert sum(names.has(f"genuine-{number}", now) for number in range(10_000)) < 50
