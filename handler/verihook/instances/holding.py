"""Instances that a webhook has made while their workflow was paused: held, and started in order when it is active.

A held row is suspended, with the error :data:`~verihook.model.instance.WORKFLOW_PAUSED`. Reconcile looks at it every
minute, because nothing else learns that hooks.toml has another status.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Lock
from typing import TYPE_CHECKING

from verihook.instances.starting import first_look_ms, start_when_due
from verihook.model.instance import Instance
from verihook.model.listing import Position, Query
from verihook.model.workflow import Workflow
from verihook.records import replace

if TYPE_CHECKING:
    from verihook.model.ports.sets import ReconcilePorts

#: At most so long after its workflow has become active, a held instance is looked at, in milliseconds.
LOOK_MS = 60_000

#: How many rows are read at once from the list of held ones.
_PAGE = 200


class Releases:
    """What one call of reconcile releases. One thread at a time, because the order counts."""

    def __init__(self, ports: ReconcilePorts, has_time: Callable[[], bool]) -> None:
        """``has_time()``: whether there is time for one more start."""
        self._ports = ports
        self._has_time = has_time
        self._lock = Lock()
        #: Workflow -> whether its engine answered.
        self._answered: dict[str, bool] = {}

    def look_at(self, instance: Instance, workflow: Workflow) -> int:
        """Start all that is held for the workflow of a held instance, if that is active; else look at it later.

        Return how many were started.
        """
        with self._lock:
            started = 0
            if workflow.status == "active" and workflow.name not in self._answered:
                started, self._answered[workflow.name] = self._release_all(workflow)
            elif not self._answered.get(workflow.name, False):
                self._look_later(instance)
            return started

    def _release_all(self, workflow: Workflow) -> tuple[int, bool]:
        """Start what is held, one after the other, the oldest first. Stop if the engine does not answer.

        Return how many were started, and whether the engine answered.
        """
        started = 0
        # Read to its end first: what is started leaves the list. The newest come first.
        for instance_id in reversed([*_held(workflow.name, self._ports)]):
            if not self._has_time():
                break
            released = self._release(instance_id, workflow)
            if released is None:
                continue
            started += 1
            due = released.not_before <= self._ports.clock.now_ms()
            status = start_when_due(released, self._ports)
            if status == "queued" and due and self._ports.engines[released.engine].keeps_names:
                return started, False
        return started, True

    def _release(self, instance_id: str, workflow: Workflow) -> Instance | None:
        """Write that it is held no more. Return the row as it was written; None if it is not held by the pause."""
        now = self._ports.clock.now_ms()
        row = self._ports.ledger.get(instance_id, now)
        if row is None or not row.held_by_pause:
            return None
        due = max(now + first_look_ms(workflow, self._ports), row.not_before)
        released = replace(row, status="queued", held=False, error=None, cause=None, updated_at=now, due_at=due)
        return released if self._ports.ledger.amend(released) else None

    def _look_later(self, instance: Instance) -> None:
        now = self._ports.clock.now_ms()
        due = min(self._ports.pace.next_look(instance.created_at, now, queued=True), now + LOOK_MS)
        self._ports.ledger.amend(replace(instance, due_at=due))


def _held(workflow: str, ports: ReconcilePorts) -> Iterator[str]:
    """Give the ids of the workflow's suspended instances, the newest first."""
    query, after = Query(workflow=workflow, status="suspended"), None
    while True:
        rows = ports.ledger.page(query, _PAGE, after, ports.clock.now_ms())
        yield from (row.id for row in rows)
        if len(rows) < _PAGE:
            return
        after = Position(rows[-1].created_at, rows[-1].id)
