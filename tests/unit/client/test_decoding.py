from __future__ import annotations

from typing import Any

import pytest

from tests.unit.client.scripted import ACCEPTED, LISTED
from verihook.client import decoding


@pytest.mark.parametrize(
    "content", [{}, {**LISTED, "instanceId": 7}, {**LISTED, "createdAt": "yesterday"}, {**LISTED, "error": "no"}]
)
def test_what_is_missing_or_wrong_is_not_passed_over(content: Any) -> None:
    with pytest.raises((KeyError, TypeError, ValueError, AttributeError)):
        decoding.instance(content)


def test_what_an_older_server_does_not_tell() -> None:
    needed = ("instanceId", "workflow", "version", "engine", "status", "attempt", "createdAt", "updatedAt")
    found = decoding.instance({name: LISTED[name] for name in needed})
    assert ((), {}, None, None) == (found.tags, found.metadata, found.error, found.start_at)


def test_an_answer_as_it_came_makes_no_difference() -> None:
    assert decoding.started(ACCEPTED, False) == decoding.started({**ACCEPTED, "more": 1}, False)
    assert "more" not in repr(decoding.started({**ACCEPTED, "more": 1}, False))
