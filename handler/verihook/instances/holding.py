"""Instances that a webhook has made while their workflow was paused: held, and started in order when it is active.

A held row is suspended, with the error :data:`~verihook.model.instance.WORKFLOW_PAUSED`. Reconcile looks at it every
minute, because nothing else learns that hooks.toml has another status.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Lock
from typing import TYPE_CHECKING

from verihook.instances import lines
from verihook.instances.starting import active_workflow, first_look_ms, start_when_due
from verihook.model.instance import Instance
from verihook.model.listing import Position, Query
from verihook.model.workflow import Workflow
from verihook.records import replace

if TYPE_CHECKING:
    from verihook.model.ports.sets import ControlPorts, IntakePorts, ReconcilePorts
    from verihook.model.source import Source

#: At most so long after its workflow has become active, a held instance is looked at, in milliseconds.
LOOK_MS = 60_000

#: How many rows are read at once from the list of held ones.
_PAGE = 200


def workflow_for(name: str, source: Source, ports: IntakePorts) -> tuple[Workflow, bool]:
    """The workflow, and whether its events are held. Raises NotActive, WorkflowNotFound."""
    workflow = ports.workflows.get(name)
    # The sender of an event for an Express machine waits for its end.
    holds = source.on_paused == "hold" and workflow is not None and not workflow.express
    if workflow is not None and holds and workflow.status == "paused":
        return workflow, True
    return active_workflow(name, ports.workflows), holds and name in ports.draining.names


def settled(fresh: Instance, ports: IntakePorts) -> Instance:
    """Return a row that was claimed as held: as it is, or released if nothing is held before it any more."""
    workflow = ports.workflows[fresh.workflow]
    with ports.draining.lock:
        if workflow.status == "paused" or workflow.name in ports.draining.names:
            return fresh
    return _release(fresh.id, workflow, ports) or fresh


def find_held(ports: ReconcilePorts) -> None:
    """Find the active workflows of which events are held, when the one process of a machine starts."""
    for workflow in ports.workflows.values():
        if workflow.status == "active" and next(_held(workflow.name, ports), None) is not None:
            ports.draining.names.add(workflow.name)


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
        while held := self._next(workflow):
            more, answered = self._release_each(held, workflow)
            started += more
            if not answered or not self._has_time() or not more:
                return started, answered
        return started, True

    def _next(self, workflow: Workflow) -> list[str]:
        """Return what is held, the oldest first; if nothing is, what comes from now on is not held."""
        with self._ports.draining.lock:
            # Read to its end: what is started leaves the list. The newest come first.
            held = [*_held(workflow.name, self._ports)][::-1]
            if not held:
                self._ports.draining.names.discard(workflow.name)
            return held

    def _release_each(self, held: list[str], workflow: Workflow) -> tuple[int, bool]:
        started = 0
        for instance_id in held:
            if not self._has_time():
                break
            released = _release(instance_id, workflow, self._ports)
            if released is None:
                continue
            started += 1
            due = released.not_before <= self._ports.clock.now_ms()
            status = start_when_due(released, self._ports)
            # One that waits its turn says nothing of the engine.
            asked = due and not lines.may_wait(released, self._ports)
            if status == "queued" and asked and self._ports.engines[released.engine].keeps_names:
                return started, False
        return started, True

    def _look_later(self, instance: Instance) -> None:
        now = self._ports.clock.now_ms()
        due = min(self._ports.pace.next_look(instance.created_at, now, queued=True), now + LOOK_MS)
        self._ports.ledger.amend(replace(instance, due_at=due))


def _release(instance_id: str, workflow: Workflow, ports: ControlPorts) -> Instance | None:
    """Write that it is held no more. Return the row as it was written; None if it is not held by the pause."""
    now = ports.clock.now_ms()
    row = ports.ledger.get(instance_id, now)
    if row is None or not row.held_by_pause:
        return None
    due = max(now + first_look_ms(workflow, ports), row.not_before)
    released = replace(row, status="queued", held=False, error=None, cause=None, updated_at=now, due_at=due)
    return replace(released, revision=released.revision + 1) if ports.ledger.amend(released) else None


def _held(workflow: str, ports: ReconcilePorts) -> Iterator[str]:
    """Give the ids of the workflow's instances that are held by its pause, the newest first."""
    query, after = Query(workflow=workflow, status="suspended"), None
    while True:
        rows = ports.ledger.page(query, _PAGE, after, ports.clock.now_ms())
        yield from (row.id for row in rows if row.held_by_pause)
        if len(rows) < _PAGE:
            return
        after = Position(rows[-1].created_at, rows[-1].id)
