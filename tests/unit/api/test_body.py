"""How much of a body is read, and how much of it is held."""

from __future__ import annotations

import asyncio
import tracemalloc
from typing import Any

import pytest
from fastapi import Request

from verihook.api.body import DRAIN, json_body, read_body
from verihook.errors import BodyTooLarge

CHUNK = 65_536


class Endless:
    """A body of ``size`` bytes, whose chunks are counted as they are asked for."""

    def __init__(self, size: int) -> None:
        self.size, self.given = size, 0

    async def __call__(self) -> dict[str, Any]:
        self.given += CHUNK
        return {"type": "http.request", "body": bytes(CHUNK), "more_body": self.given < self.size}

    @property
    def request(self) -> Request:
        return Request({"type": "http", "method": "POST", "headers": []}, self)


@pytest.mark.parametrize(("size", "read"), [(CHUNK * 4, CHUNK * 4), (DRAIN * 100, DRAIN + CHUNK)])
def test_no_more_than_the_limit_is_held_of_what_is_longer(size: int, read: int) -> None:
    sent = Endless(size)
    tracemalloc.start()
    try:
        assert bytes(1000) == asyncio.run(read_body(sent.request, 1000))
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
    assert read == sent.given


def test_what_is_longer_is_refused_unread() -> None:
    # Its bytes are no JSON, and that is not what is said of it.
    with pytest.raises(BodyTooLarge, match="larger than 1000 bytes"):
        asyncio.run(json_body(Endless(CHUNK * 4).request, limit=1000))
