"""What of ``Prefer`` is heeded."""

from __future__ import annotations

import pytest
from fastapi import Request

from verihook.api.waiting import preferred


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
    request = Request({"type": "http", "headers": [(b"prefer", value.encode()) for value in values]})
    found, headers = preferred(request, 60)
    assert (wait_s, applied) == (found, headers.get("preference-applied"))
