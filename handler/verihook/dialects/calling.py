"""What the dialects do alike: read a body, ask the operations in a thread, start, find, list."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from verihook import instances
from verihook.api import admission
from verihook.api.access import Identity, Scope
from verihook.api.admission import Started
from verihook.api.body import plain_body
from verihook.api.start_body import trace_of
from verihook.errors import EventMalformed, RequestInvalid
from verihook.instances import Page, StartRequest, cursor_of
from verihook.model.instance import Instance
from verihook.model.listing import Query, Search
from verihook.model.source import MAX_BODY
from verihook.records import replace
from verihook.strict_json import parse_sent

if TYPE_CHECKING:
    from typing import Protocol

    from verihook.model.ports.sets import LookupPorts, ReadPorts, RowPorts, SubmitPorts

    class ListPorts(LookupPorts, ReadPorts, Protocol):
        """Lists what a caller may see."""


P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(operation: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """Call an operation in a thread: ledger and engine block."""
    return await run_in_threadpool(operation, *given, **named)


async def read_text(request: Request, limit: int = MAX_BODY) -> str:
    """Return the body as text. Raises BodyTooLarge above ``limit`` bytes, UnsupportedMediaType, EventMalformed."""
    try:
        return (await plain_body(request, limit)).decode()
    except UnicodeDecodeError:
        raise EventMalformed("The body is not UTF-8.") from None


def parse_body(text: str) -> Any:
    """The content of a body of any content type; None if it is empty. Raises EventMalformed, BodyTooLarge."""
    return parse_sent(text, "The body") if text.strip() else None


def json_or_text(text: str) -> Any:
    """Return the content of a text: its JSON, or the text itself if it is not JSON; None for an empty text."""
    try:
        return parse_body(text)
    except EventMalformed:
        return text


async def start(asked: StartRequest, request: Request, caller: Identity, ports: SubmitPorts) -> Started:
    """Start an instance as the API does, in the trace of the request.

    Raises as :func:`verihook.api.admission.start` does.
    """
    return await in_thread(admission.start, replace(asked, trace=trace_of(request)), caller, ports)


async def find_instance(
    instance_id: str, scope: Scope, caller: Identity, ports: LookupPorts, workflow: str | None = None
) -> Instance:
    """Return the instance if the caller sees it and has the scope. Raises InstanceNotFound, Forbidden.

    ``workflow``: an instance of another one is not found.
    """
    instance = await in_thread(admission.visible, instance_id, caller, ports, workflow)
    caller.require(scope)
    return instance


async def list_page(queries: list[Query], limit: int, cursor: str | None, caller: Identity, ports: ListPorts) -> Page:
    """A page of everything that any of the queries finds and the caller's key covers, the newest first.

    A cursor is a place among all instances, so one cursor leads on in every query. Raises Forbidden for a query of a
    workflow that the key does not cover.
    """
    if not caller.bound:
        return await in_thread(_page, queries, limit, cursor, ports)
    covered = partial(caller.covers_row, sources=ports.sources)
    return await in_thread(_covered_page, _of_caller(queries, caller, ports), limit, cursor, covered, ports)


def _of_caller(queries: list[Query], caller: Identity, ports: ListPorts) -> list[Query]:
    """The same of the caller's workflows alone, each by its index.

    What a page would leave out for the caller must not be read for it: the cursor would lead from there.
    """
    mine: list[Query] = []
    for query in queries:
        if query.workflow is None:
            mine += [replace(query, workflow=name) for name in ports.workflows if caller.covers(name)]
        else:
            caller.require("instances:read", query.workflow)
            mine.append(query)
    return mine


def _page(queries: list[Query], limit: int, cursor: str | None, ports: RowPorts) -> Page:
    pages = [instances.list_instances(query, limit, cursor, ports) for query in queries]
    merged = _merged(instance for page in pages for instance in page.instances)
    shown = merged[:limit]
    more = len(merged) > limit or any(page.cursor for page in pages)
    return Page(shown, cursor_of(shown[-1]) if shown and more else None)


def _covered_page(
    queries: list[Query], limit: int, cursor: str | None, covered: Callable[[Instance], bool], ports: RowPorts
) -> Page:
    """The same without rows that bring events to workflows of others, too. Raises RequestInvalid for a limit below 1.

    If there are very many of those, a page ends before it is full, and its cursor goes on.
    """
    if limit < 1:
        raise RequestInvalid("limit: must be at least 1.")
    wanted = [Search(query.workflow, query.status) for query in queries]
    pages = [instances.search(each, limit, cursor, ports, also=covered, hides=True) for each in wanted]
    ended = [page for page in pages if page.cursor is not None and len(page.instances) < limit]
    # What is older than this was not looked at by each query.
    horizon = max((page.looked_to or 0 for page in ended), default=-1)
    merged = _merged(row for page in pages for row in page.instances if row.created_at > horizon)
    shown = merged[:limit]
    if len(shown) == limit:
        more = len(merged) > limit or any(page.cursor for page in pages)
        return Page(shown, cursor_of(shown[-1]) if more else None)
    return Page(shown, next((page.cursor for page in ended if page.looked_to == horizon), None))


def _merged(rows: Iterable[Instance]) -> list[Instance]:
    return sorted(rows, key=lambda row: (row.created_at, row.id), reverse=True)
