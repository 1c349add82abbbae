"""Bodies and texts, instances and lists, as a caller may have them."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from tests.contracts.instances import NOW
from tests.unit.parts import Parts, parts, request
from verihook import instances
from verihook.api.access import Identity
from verihook.dialects.calling import find_instance, json_or_text, list_page
from verihook.errors import Forbidden, InstanceNotFound, RequestInvalid
from verihook.model.instance import BATCH, Instance
from verihook.model.listing import Query
from verihook.model.scopes import SCOPES, ApiKey
from verihook.model.source import Source
from verihook.senders import load_sender

__all__ = ["parts"]


def caller(*workflows: str, scopes: tuple[Any, ...] = SCOPES) -> Identity:
    return Identity(ApiKey("k", "k", scopes, workflows, NOW))


def page(queries: list[Query], limit: int, cursor: str | None, by: Identity, parts: Parts) -> tuple[list[str], Any]:
    found = asyncio.run(list_page(queries, limit, cursor, by, parts.services))
    return [instance.id for instance in found.instances], found.cursor


@pytest.fixture
def filled(parts: Parts) -> Parts:
    """Instances of three workflows by turns, the oldest first."""
    for number in range(6):
        parts.clock.at = NOW + number
        workflow = ("w", "strict", "short")[number % 3]
        instances.submit(request(workflow, id=f"{workflow}{number}"), "", parts.services)
    return parts


@pytest.mark.parametrize(("text", "content"), [("", None), (" \n", None), ('{"a":1}', {"a": 1}), ('{"a":', '{"a":')])
def test_a_text_that_is_no_json_is_itself(text: str, content: Any) -> None:
    assert json_or_text(text) == content


def test_a_list_has_what_the_key_covers_page_by_page(filled: Parts) -> None:
    seen: list[str] = []
    by, cursor, pages = caller("w", "sh*"), None, 0
    while pages == 0 or cursor:
        ids, cursor = page([Query()], 2, cursor, by, filled)
        assert cursor is None or len(ids) == 2
        seen, pages = seen + ids, pages + 1
    assert (seen, pages) == (["short5", "w3", "short2", "w0"], 2)
    assert page([Query()], 9, None, Identity(), filled)[0] == ["short5", "strict4", "w3", "short2", "strict1", "w0"]


def test_a_page_of_nothing_is_refused(filled: Parts) -> None:
    for limit in (0, -1):
        with pytest.raises(RequestInvalid, match=r"^limit: "):
            page([Query()], limit, None, caller(), filled)


def test_a_query_of_another_workflow_is_forbidden_also_beside_others(filled: Parts) -> None:
    for queries in ([Query(workflow="strict")], [Query(), Query(workflow="nobody")]):
        with pytest.raises(Forbidden):
            page(queries, 9, None, caller("w"), filled)
    assert page([Query()], 9, None, caller("none-*"), filled) == ([], None)


def test_anothers_instance_is_one_that_there_is_not(filled: Parts) -> None:
    def found(id: str, by: Identity, workflow: str | None = None) -> str:
        return asyncio.run(find_instance(id, "instances:read", by, filled.services, workflow)).id

    assert found("w0", caller("w")) == found("w0", caller("w"), "w") == "w0"
    for id, by, workflow in (
        ("w0", caller("strict"), None),
        ("w0", caller("strict"), "w"),
        ("w0", caller("w"), "strict"),
        ("nobody", caller("w"), None),
        # It hears what it lacks only of what it may know of.
        ("w0", caller("strict", scopes=("events:send",)), None),
    ):
        with pytest.raises(InstanceNotFound):
            found(id, by, workflow)
    with pytest.raises(Forbidden):
        found("w0", caller("w", scopes=("events:send",)))


def test_what_is_hidden_ends_no_list_and_is_named_by_no_cursor(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that bring events to another workflow, too, lie between the caller's own: more than a page looks at."""
    monkeypatch.setattr(instances, "search", partial(instances.search, look=3))
    services = replace(parts.services, sources={"several": Source("several", load_sender("gocardless"), (), "strict")})
    seen: list[str] = []
    for number in range(12):
        parts.clock.at = NOW + number
        if number % 6:
            row = Instance(f"hidden-{number}", "w", "{}", NOW + number, NOW + number, source="several", engine=BATCH)
            assert services.ledger.claim(row) is None
        else:
            instances.submit(request(id=f"own-{number}"), "", parts.services)
    by, cursor = caller("w", "short"), None
    for _ in range(20):
        found = asyncio.run(list_page([Query()], 2, cursor, by, services))
        seen, cursor = seen + [row.id for row in found.instances], found.cursor
        if cursor is None:
            break
        assert b"hidden" not in base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    assert ["own-6", "own-0"] == seen
