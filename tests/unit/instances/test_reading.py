"""Reads: ids, pages, steps."""

from __future__ import annotations

import pytest

from tests.contracts.instances import NOW
from tests.unit.parts import Parts, request
from verihook import instances
from verihook.errors import EngineUnavailable, InstanceNotFound, RequestInvalid
from verihook.model.listing import Query, Search


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


def searched(parts: Parts, wanted: Search, limit: int, look: int) -> list[tuple[list[str], int]]:
    """The ids and the number of rows that were read, page by page."""
    pages: list[tuple[list[str], int]] = []
    cursor = None
    while not pages or cursor:
        found = instances.search(wanted, limit, cursor, parts.services, look)
        pages.append(([one.id for one in found.instances], found.looked))
        cursor = found.cursor
    return pages


def test_a_search_reads_so_many_rows_a_page_and_says_how_far_it_looked(parts: Parts) -> None:
    for number in range(7):
        parts.clock.at = NOW + number
        tags = ("odd",) if number % 2 else ()
        instances.submit(request("strict" if number < 4 else "w", id=f"i{number}", tags=tags), "", parts.services)
    tagged = Search(workflow="strict", labels=(("tag", "odd"),))
    assert [(["i3", "i1"], 3)] == searched(parts, tagged, 9, 9)
    assert [([], 1), (["i3"], 1), (["i1"], 1)] == searched(parts, tagged, 9, 1)
    assert [(["i3"], 2), (["i1"], 1)] == searched(parts, tagged, 1, 9)
    assert NOW + 1 == instances.search(tagged, 9, None, parts.services).looked_to
    # What an index answers reads what it shows.
    assert [(["i3", "i2"], 2), (["i1", "i0"], 2)] == searched(parts, Search(workflow="strict"), 2, 1)


def test_a_search_may_want_more_of_a_row(parts: Parts) -> None:
    for number in range(4):
        instances.submit(request(id=f"i{number}"), "", parts.services)
    found = instances.search(Search(workflow="w"), 9, None, parts.services, also=lambda row: row.id > "i1")
    assert (["i3", "i2"], 4) == ([one.id for one in found.instances], found.looked)
