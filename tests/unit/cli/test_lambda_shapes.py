"""The events are those of the samples in ``events/``, member by member, and carry the very bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.events.shapes import SAMPLES
from verihook.cli.lambda_shapes import FEEDS, HTTP, Carried
from verihook.request import Request, from_lambda

#: Shape -> the sample that has its members.
LIKE = {
    "function-url": "function-url",
    "http-api": "http-api-2",
    "http-api-1": "http-api-1",
    "rest": "rest",
    "alb": "alb",
}

BODIES = [b'{"id": "evt_1"}', b"a=1&b=2", b"", "ü".encode(), b"\xff\xfe\x00"]


def carried(body: bytes, query: str = "") -> Carried:
    headers = (("content-type", "application/json"), ("X-Signature", "ab"))
    request = Request("POST", "/hooks/orders", query, headers, body, "")
    return Carried(request, "8f5d2a0c-5a34-4f63-9d0e-0d6f0f1f3f11", 1_800_000_000)


def members(event: Any, path: str = "") -> set[str]:
    """The names of all members but those of headers."""
    if not isinstance(event, dict):
        return set()
    found = {f"{path}.{name}" for name in event}
    for name, value in event.items():
        if name.lower() not in ("headers", "multivalueheaders"):
            found |= members(value, f"{path}.{name}")
    return found


@pytest.mark.parametrize("shape", HTTP)
def test_the_members_are_those_of_the_sample(shape: str) -> None:
    assert members(SAMPLES[LIKE[shape]]) == members(HTTP[shape](carried(BODIES[0])))


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("query", ["", "a=%20b&a=2&flag"])
@pytest.mark.parametrize("shape", HTTP)
def test_the_request_is_read_back(shape: str, query: str, body: bytes) -> None:
    event = json.loads(json.dumps(HTTP[shape](carried(body, query))))
    read = from_lambda(event)
    assert ("POST", "/hooks/orders", body, "ab") == (read.method, read.path, read.body, read.header("x-signature"))
    assert bool(query) == bool(read.query)


@pytest.mark.parametrize("shape", FEEDS)
def test_a_message_carries_text_alone(shape: str) -> None:
    make, _ = FEEDS[shape]
    with pytest.raises(ValueError, match=r"give a file"):
        make(carried(b"\xff" if shape != "eventbridge" else b"[1]"))
