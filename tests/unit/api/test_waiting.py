"""What of ``Prefer`` is heeded, and what a wait holds."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from anyio.to_thread import current_default_thread_limiter
from fastapi import Request

from tests.flows.waiting import PATIENCE_S, wait_until
from tests.unit.parts import Parts, parts, request
from verihook import instances
from verihook.api.waiting import preferred_wait, wait_for_end
from verihook.model.changes import Changes
from verihook.model.instance import Progress
from verihook.records import replace

__all__ = ["parts"]


@pytest.mark.parametrize(
    ("values", "wait_s", "applied"),
    [
        ([], 0, None),
        (["respond-async"], 0, "respond-async"),
        (["respond-async, wait=10"], 10, "respond-async, wait=10"),
        (["respond-async", "WAIT = 10"], 10, "respond-async, wait=10"),
        (["wait=999"], 60, "wait=60"),
        (["wait=5, wait=9"], 5, "wait=5"),
        (["wait=-1, wait=soon, return=minimal"], 0, None),
        (["wait=10; x=y"], 10, "wait=10"),
    ],
)
def test_preferences(values: list[str], wait_s: int, applied: str | None) -> None:
    asked = Request({"type": "http", "headers": [(b"prefer", value.encode()) for value in values]})
    found, headers = preferred_wait(asked, 60)
    assert (wait_s, applied) == (found, headers.get("preference-applied"))


async def _stays() -> Any:
    await asyncio.Event().wait()


class Looked:
    """A ledger that counts how often it is read."""

    def __init__(self, ledger: Any) -> None:
        self._ledger, self.looks = ledger, 0

    def get(self, *given: Any) -> Any:
        found = self._ledger.get(*given)
        # Not before it is read: who sees the count may write at once.
        self.looks += 1
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)


async def ended(parts: Parts, wait_s: float, changes: Changes | None, *, at_once: bool = False) -> tuple[str, int]:
    """How the instance stands after a wait during which it ends, and how often its row was read."""
    instance = instances.submit(request(id="a"), "", parts.services).instance
    ledger = Looked(parts.ledger)
    ports = replace(parts.services, ledger=ledger)

    def end() -> None:
        instances.record_progress("a", 1, Progress("completed", "1"), instance.created_at, ports, "w")
        if changes is not None:
            changes.tell("a")

    if at_once:
        end()
        ledger.looks = 0
    wait = asyncio.create_task(wait_for_end(instance, wait_s, Request({"type": "http"}, _stays), ports, changes))
    while ledger.looks < 1 and not wait.done():
        await asyncio.sleep(0.001)
    if not at_once:
        await asyncio.to_thread(end)
    return (await wait).status, ledger.looks


@pytest.mark.parametrize("at_once", [False, True], ids=["after", "before"])
def test_who_waits_is_woken_by_the_end_whether_it_comes_before_or_after(parts: Parts, at_once: bool) -> None:
    """By another thread, without a look in between: one look to begin with, and one for each write."""
    wait_s, looks = (0.2, 1) if at_once else (PATIENCE_S, 2)
    assert asyncio.run(ended(parts, wait_s, Changes(), at_once=at_once)) == ("completed", looks)


def test_where_nothing_is_told_the_row_is_looked_at(parts: Parts) -> None:
    assert asyncio.run(ended(parts, PATIENCE_S, None))[0] == "completed"


@pytest.mark.parametrize("changes", [None, Changes()], ids=["by looking", "by being woken"])
def test_a_wait_has_an_end_and_a_caller_who_has_gone_waits_no_more(parts: Parts, changes: Changes | None) -> None:
    instance = instances.submit(request(id="a"), "", parts.services).instance

    async def gone() -> Any:
        return {"type": "http.disconnect"}

    for wait_s, receive in ((0.01, _stays), (3600, gone), (0, _stays)):
        asked = Request({"type": "http"}, receive)
        assert not asyncio.run(wait_for_end(instance, wait_s, asked, parts.services, changes)).final


def test_a_wait_holds_no_thread(parts: Parts) -> None:
    """But for its looks, which are short beside the pauses between them."""
    instance = instances.submit(request(id="a"), "", parts.services).instance

    async def held() -> list[int]:
        threads = current_default_thread_limiter()
        wait = asyncio.create_task(wait_for_end(instance, 1, Request({"type": "http"}, _stays), parts.services, None))
        found = []
        while not wait.done():
            await asyncio.sleep(0.01)
            found.append(threads.borrowed_tokens)
        assert not (await wait).final
        return found

    def short() -> bool:
        """A busy machine takes longer for a look."""
        found = asyncio.run(held())
        return sum(found) < len(found) / 2

    wait_until(short, what="each wait held a thread for most of its time")
