"""Reads: ids, pages, steps."""

from __future__ import annotations

import pytest

from tests.contracts.instances import NOW
from tests.unit.parts import Parts, request
from verihook import instances
from verihook.errors import EngineUnavailable, InstanceNotFound, RequestInvalid
from verihook.model.listing import Query


@pytest.mark.parametrize("id", ["unknown", "", "-", "a" * 65, "a.2", "é", "a\n"])
def test_unknown_and_malformed_ids_are_the_same(parts: Parts, id: str) -> None:
    with pytest.raises(InstanceNotFound, match=r"\AThere is no instance with this id\.\Z"):
        instances.get(id, parts.services)


def test_pages(parts: Parts) -> None:
    for number in range(7):
        parts.clock.at = NOW + number
        instances.submit(request(id=f"i{number}"), "", parts.services)
    seen: list[str] = []
    cursor, pages = None, 0
    while pages == 0 or cursor:
        page = instances.list_instances(Query(workflow="w"), 3, cursor, parts.services)
        seen, cursor, pages = seen + [one.id for one in page.instances], page.cursor, pages + 1
    assert (["i6", "i5", "i4", "i3", "i2", "i1", "i0"], 3) == (seen, pages)


@pytest.mark.parametrize("cursor", ["", "x", "é", "MTIz", "LTE6YQ", "MTIzOi1h", "OTk5OTk5OTk5OTk5OTk5OTphYg"])
def test_a_cursor_that_is_none(parts: Parts, cursor: str) -> None:
    with pytest.raises(RequestInvalid, match="cursor:"):
        instances.list_instances(Query(), 3, cursor, parts.services)


def test_steps_and_a_workflow_that_is_gone(parts: Parts) -> None:
    instances.submit(request(id="a"), "", parts.services)
    assert ["step of a"] == [step.name for step in instances.steps("a", parts.services)]
    parts.services.workflows.pop("w")  # type: ignore[attr-defined]
    with pytest.raises(EngineUnavailable, match="'w' is not configured"):
        instances.steps("a", parts.services)
