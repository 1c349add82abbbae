"""What the dialects do alike: read a body, ask the operations in a thread, start, find, list."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from verihook import instances
from verihook.api import admission
from verihook.api.access import Identity, Scope
from verihook.api.admission import Started
from verihook.api.body import plain_body
from verihook.errors import EventMalformed
from verihook.instances import Page, StartRequest, cursor_of
from verihook.model.instance import Instance
from verihook.model.listing import Query
from verihook.model.source import MAX_BODY
from verihook.records import replace
from verihook.strict_json import parse_sent

if TYPE_CHECKING:
    from verihook.model.ports.sets import LookupPorts, ReadPorts, RowPorts, SubmitPorts

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


async def start(request: StartRequest, caller: Identity, ports: SubmitPorts) -> Started:
    """Start an instance as the API does. Raises as :func:`verihook.api.admission.start` does."""
    return await in_thread(admission.start, request, caller, ports)


async def find_instance(
    instance_id: str, scope: Scope, caller: Identity, ports: LookupPorts, workflow: str | None = None
) -> Instance:
    """Return the instance if the caller sees it and has the scope. Raises InstanceNotFound, Forbidden.

    ``workflow``: an instance of another one is not found.
    """
    instance = await in_thread(admission.visible, instance_id, caller, ports, workflow)
    caller.require(scope)
    return instance


async def list_page(queries: list[Query], limit: int, cursor: str | None, caller: Identity, ports: ReadPorts) -> Page:
    """A page of everything that any of the queries finds and the caller's key covers, the newest first.

    A cursor is a place among all instances, so one cursor leads on in every query. Raises Forbidden for a query of a
    workflow that the key does not cover.
    """
    return await in_thread(_page, _of_caller(queries, caller, ports), limit, cursor, ports)


def _of_caller(queries: list[Query], caller: Identity, ports: ReadPorts) -> list[Query]:
    """The same of the caller's workflows alone, each by its index.

    What a page would leave out for the caller must not be read for it: the cursor would lead from there.
    """
    if caller.key is None or not caller.key.workflows:
        return queries
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
    merged = sorted(
        (instance for page in pages for instance in page.instances),
        key=lambda instance: (instance.created_at, instance.id),
        reverse=True,
    )
    shown = merged[:limit]
    more = len(merged) > limit or any(page.cursor for page in pages)
    return Page(shown, cursor_of(shown[-1]) if shown and more else None)
