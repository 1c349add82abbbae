"""Threads beside an event loop."""

from __future__ import annotations

import asyncio
import threading
import time
from functools import partial
from threading import Barrier, Event

import pytest

from tests.flows.waiting import wait_until
from verihook.api.threads import Threads


def test_what_it_gives_comes_back_from_another_thread() -> None:
    assert threading.get_ident() != asyncio.run(Threads(1).run(threading.get_ident))


@pytest.mark.parametrize("error", [ValueError("why"), SystemExit(3)])
def test_what_it_raises_comes_back(error: BaseException) -> None:
    def work() -> None:
        raise error

    with pytest.raises(type(error)):
        asyncio.run(Threads(1).run(work))


def test_they_run_beside_each_other_and_no_more_than_so_many() -> None:
    threads, together = Threads(3), Barrier(3)
    running = most = 0
    lock = threading.Lock()

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        together.wait(60)
        with lock:
            running -= 1

    async def all_of_them() -> None:
        await asyncio.gather(*(threads.run(work) for _ in range(30)))

    asyncio.run(all_of_them())
    assert 3 == most


def test_each_gets_its_own_answer() -> None:
    async def ask(threads: Threads) -> list[int]:
        return await asyncio.gather(*(threads.run(partial(abs, number)) for number in range(2_000)))

    assert list(range(2_000)) == asyncio.run(ask(Threads(8)))


def test_a_thread_is_used_again_until_it_was_idle_for_long() -> None:
    threads = Threads(1, idle_s=0.05)

    async def three_times() -> set[threading.Thread]:
        return {await threads.run(threading.current_thread) for _ in range(3)}

    def one_thread() -> threading.Thread | None:
        """On a busy machine it may be idle for too long between two."""
        found = asyncio.run(three_times())
        return found.pop() if len(found) == 1 else None

    used = wait_until(one_thread, what="each time more than one thread was used")
    used.join(60)
    assert not used.is_alive()
    assert used is not wait_until(one_thread, what="each time more than one thread was used")


def test_one_that_hangs_does_not_hold_the_others() -> None:
    threads, release = Threads(2), Event()

    async def beside_it() -> str:
        hanging = asyncio.ensure_future(threads.run(lambda: release.wait(60)))
        try:
            return await asyncio.wait_for(threads.run(lambda: "answered"), 60)
        finally:
            release.set()
            assert await hanging

    assert "answered" == asyncio.run(beside_it())


def test_who_stops_waiting_leaves_the_thread_to_others() -> None:
    threads, release = Threads(1), Event()

    async def give_up() -> str:
        waiting = asyncio.ensure_future(threads.run(lambda: release.wait(60)))
        await asyncio.sleep(0)
        waiting.cancel()
        release.set()
        return await asyncio.wait_for(threads.run(lambda: "answered"), 60)

    assert "answered" == asyncio.run(give_up())


def test_a_loop_that_is_closed_harms_no_other() -> None:
    threads, release, over = Threads(1), Event(), Event()

    def work() -> None:
        release.wait(60)
        over.set()

    async def leave() -> None:
        waiting = asyncio.ensure_future(threads.run(work))
        await asyncio.sleep(0)
        waiting.cancel()

    asyncio.run(leave())
    release.set()
    assert over.wait(60)
    assert "answered" == asyncio.run(threads.run(lambda: "answered"))


def test_a_thread_keeps_nothing_of_what_it_has_answered() -> None:
    class Answer:
        gone = Event()

        def __del__(self) -> None:
            self.gone.set()

    asyncio.run(Threads(1).run(Answer))
    deadline = time.monotonic() + 60
    while not Answer.gone.is_set():
        assert time.monotonic() < deadline
        time.sleep(0.001)
