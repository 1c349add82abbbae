"""Reads of instances: from the ledger alone, except for the steps, which the engine has."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from verihook.errors import EngineUnavailable, EventMalformed, InstanceNotFound, RequestInvalid
from verihook.instances import payload
from verihook.model.instance import INSTANCE_ID, RESUME, Instance, Step, execution_name
from verihook.model.listing import Position, Query, Search
from verihook.model.ports import Engine, Payloads
from verihook.strict_json import parse_json, parse_kept

if TYPE_CHECKING:
    from verihook.model.ports.sets import ReadPorts, RowPorts


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list, the newest first. ``cursor`` is that of the next page; None on the last."""

    instances: list[Instance]
    cursor: str | None


#: How many rows a page of a search reads at most if not all of them match, and how many it reads at a time.
LOOK, _AT_A_TIME = 2000, 200

#: An instance id that no other comes before.
_FIRST_ID = "0"


@dataclass(frozen=True, slots=True)
class Found:
    """A page of a search. ``looked``: how many rows were read; ``looked_to``: when the last of them was created.

    With a ``cursor`` there may be more, also after a page without any instance.
    """

    instances: list[Instance]
    cursor: str | None
    looked: int = 0
    looked_to: int | None = None


def get(instance_id: str, ports: RowPorts) -> Instance:
    """The instance. An unknown, a malformed and a purged id raise the same InstanceNotFound."""
    if INSTANCE_ID.fullmatch(instance_id):
        instance = ports.ledger.get(instance_id, ports.clock.now_ms())
        if instance is not None and not instance.purged:
            return instance
    raise InstanceNotFound("There is no instance with this id.")


def list_instances(query: Query, limit: int, cursor: str | None, ports: RowPorts) -> Page:
    """Return up to ``limit`` instances that come after the cursor.

    Raises RequestInvalid for a limit below 1, and for a cursor that :func:`cursor_of` has not made.
    """
    if limit < 1:
        raise RequestInvalid("limit: must be at least 1.")
    after = None if cursor is None else _position(cursor)
    found = ports.ledger.page(query, limit + 1, after, ports.clock.now_ms())
    shown = found[:limit]
    return Page(shown, cursor_of(shown[-1]) if len(found) > limit else None)


def search(
    wanted: Search,
    limit: int,
    cursor: str | None,
    ports: RowPorts,
    look: int = LOOK,
    also: Callable[[Instance], bool] | None = None,
    *,
    hides: bool = False,
) -> Found:
    """Return up to ``limit`` instances that match, of the next ``look`` rows after the cursor.

    ``also``: what they have to be besides. ``hides``: of others than these not even a cursor has the id. Raises
    RequestInvalid as :func:`list_instances` does.
    """
    if wanted.exact and also is None:
        page = list_instances(wanted.query, limit, cursor, ports)
        last = page.instances[-1].created_at if page.instances else None
        return Found(page.instances, page.cursor, len(page.instances), last)
    shown: list[Instance] = []
    looked, first, last = 0, None, None
    while looked < look:
        page = list_instances(wanted.query, min(_AT_A_TIME, look - looked), cursor, ports)
        for row in page.instances:
            looked, last = looked + 1, row.created_at
            first = first or last
            if wanted.matches(row) and (also is None or also(row)):
                shown.append(row)
                if len(shown) == limit:
                    following = page.cursor if row is page.instances[-1] else cursor_of(row)
                    return Found(shown, following, looked, last)
        cursor = page.cursor
        if cursor is None:
            break
    if hides and cursor is not None and last is not None and last != first:
        # Before the last millisecond that was looked at: the next page looks at all of it.
        return Found([row for row in shown if row.created_at != last], _cursor(last + 1, _FIRST_ID), looked, last)
    return Found(shown, cursor, looked, last)


def steps(instance_id: str, ports: ReadPorts) -> list[Step]:
    """The steps of the present attempt, in the order they started."""
    instance = get(instance_id, ports)
    engine, definition = engine_of(instance, ports)
    return engine.steps(definition, execution_name(instance.id, instance.attempt))


def input_of(instance: Instance, payloads: Payloads) -> object:
    """The input, parsed, also if it is a payload."""
    text = payload.load(instance.input, payloads)
    return parse_kept(text, f"The input of the instance {instance.id}", lambda content: content)


def output_of(instance: Instance, payloads: Payloads) -> object:
    """Return the output, parsed, also if it is a payload; None if there is none; the very text if that is not JSON."""
    if instance.output is None:
        return None
    text = payload.load(instance.output, payloads)
    try:
        return parse_json(text, "The output")
    except EventMalformed:
        return text


def engine_of(instance: Instance, ports: ReadPorts) -> tuple[Engine, str]:
    """Return the engine that has the instance, and the definition of its workflow.

    Raises EngineUnavailable if hooks.toml has lost the workflow: the instance waits until it is put back.
    """
    if instance.engine == RESUME:
        # Imported here: few deployments have such instances.
        from verihook.instances.row_engine import RowEngine

        return RowEngine(), ""
    workflow = ports.workflows.get(instance.workflow)
    if workflow is None or instance.engine not in ports.engines:
        raise EngineUnavailable(f"Workflow {instance.workflow!r} is not configured any more.")
    return ports.engines[instance.engine], workflow.definition


def cursor_of(instance: Instance) -> str:
    """The cursor of the page that begins after this instance."""
    return _cursor(instance.created_at, instance.id)


def _cursor(created_at: int, instance_id: str) -> str:
    return base64.urlsafe_b64encode(f"{created_at}:{instance_id}".encode()).decode().rstrip("=")


def _position(cursor: str) -> Position:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
        created_at, _, instance_id = text.partition(":")
        if len(created_at) <= 15 and created_at.isdecimal() and INSTANCE_ID.fullmatch(instance_id):
            return Position(int(created_at), instance_id)
    except (binascii.Error, ValueError):
        pass
    raise RequestInvalid("cursor: invalid or from another list; omit it to start over.")
