"""What a process knows of the events that wait because their workflow was paused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from verihook.model.draining import Draining


def test_no_two_have_one_time_and_it_never_goes_back() -> None:
    draining = Draining()
    assert [7, 8, 9, 20] == [draining.next_ms(now) for now in (7, 7, 3, 20)]
    with ThreadPoolExecutor(8) as threads:
        times = [*threads.map(lambda _: draining.next_ms(50), range(400))]
    assert [*range(50, 450)] == sorted(times)


def test_a_name_is_kept_as_long_as_others_may_hold_events_of_it() -> None:
    draining = Draining(["a", "b"], 100)
    assert not draining.looked
    draining.found(["a"], 1_000)
    assert (draining.looked, draining.names) == (True, {"a"})
    draining.forget("a", 1_099)
    assert draining.names == {"a"}
    draining.forget("a", 1_100)
    draining.forget("a", 1_100)
    assert draining.names == set()
