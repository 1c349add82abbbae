"""What of ``Prefer`` is heeded, and what a wait holds."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from anyio.to_thread import current_default_thread_limiter
from fastapi import Request

from tests.flows.waiting import wait_until
from tests.unit.parts import Parts, parts, request
from verihook import instances
from verihook.api.waiting import preferred_wait, wait_for_end

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


def test_a_wait_holds_no_thread(parts: Parts) -> None:
    """But for its looks, which are short beside the pauses between them."""
    instance = instances.submit(request(id="a"), "", parts.services).instance

    async def held() -> list[int]:
        threads = current_default_thread_limiter()
        wait = asyncio.create_task(wait_for_end(instance, 1, Request({"type": "http"}, _stays), parts.services))
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
