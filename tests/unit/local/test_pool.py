"""Threads for calls, in fair turns."""

from __future__ import annotations

import threading
from functools import partial

from tests.flows.waiting import wait_until
from verihook.local.pool import Pool


def test_slow_calls_of_one_machine_leave_a_thread_for_anothers() -> None:
    pool, release, done = Pool(threads=3, of_one=2), threading.Event(), threading.Event()
    for number in range(10):
        pool.submit("slow", f"s{number}", lambda: release.wait(10))
    pool.submit("quick", "q", done.set)
    assert done.wait(5)
    assert pool.busy() == ["s0", "s1"]
    release.set()
    wait_until(lambda: not pool.busy())
    pool.hold()


def test_machines_take_turns() -> None:
    pool, release, order = Pool(threads=1, of_one=1), threading.Event(), list[str]()
    pool.submit("first", "f", lambda: release.wait(10))
    wait_until(lambda: pool.busy() == ["f"])
    for machine, name in (("a", "a1"), ("a", "a2"), ("a", "a3"), ("b", "b1")):
        pool.submit(machine, name, partial(order.append, name))
    release.set()
    wait_until(lambda: len(order) == 4)
    assert order == ["a1", "b1", "a2", "a3"]
    pool.hold()


def test_no_more_threads_than_are_allowed_and_they_end() -> None:
    pool, release = Pool(threads=4, of_one=4), threading.Event()
    used: set[threading.Thread] = set()

    def work() -> None:
        used.add(threading.current_thread())
        release.wait(10)

    for number in range(50):
        pool.submit("m", str(number), work)
    wait_until(lambda: len(pool.busy()) == 4)
    release.set()
    wait_until(lambda: not pool.busy())
    assert len(used) == 4
    pool.hold()
    wait_until(lambda: not any(thread.is_alive() for thread in used))


def test_a_fault_takes_no_thread_away() -> None:
    pool, done = Pool(threads=1, of_one=1), threading.Event()
    pool.submit("m", "broken", lambda: 1 / 0)
    pool.submit("m", "whole", done.set)
    assert done.wait(5)
    pool.hold()
    pool.submit("m", "late", lambda: 1 / 0)
    assert pool.busy() == []
