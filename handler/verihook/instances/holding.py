"""Instances that a webhook has made while their workflow was paused: held, and started in order when it is active.

A workflow that cannot run on this machine is as good as paused.

A held row is suspended, with the error :data:`~verihook.model.instance.WORKFLOW_PAUSED`. Reconcile looks at it every
minute, because nothing else learns that hooks.toml has another status, and starts what is held in the order of the
tickets (:mod:`verihook.instances.held`). What comes meanwhile is held behind it. When the queue is short, each
delivery starts what is before it, and its own event, so the queue comes to its end however much arrives.

Any number of processes may do so at once: a ticket is passed by those alone who have started its instance themselves,
or found it started, and a start is idempotent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from verihook.errors import LedgerUnavailable, Unavailable
from verihook.instances import held, lines
from verihook.instances.held import take_ticket
from verihook.instances.starting import active_workflow, first_look_ms, start_when_due
from verihook.model import deadline
from verihook.model.conflict import Overtaken, retry_on_conflict
from verihook.model.instance import WORKFLOW_PAUSED, WORKFLOW_REFUSED, Instance
from verihook.model.workflow import Workflow
from verihook.records import replace

__all__ = ["Releases", "find_held", "reason", "settled", "take_ticket", "workflow_for"]

if TYPE_CHECKING:
    from verihook.model.draining import Draining
    from verihook.model.ports.sets import ControlPorts, IntakePorts, ReconcilePorts
    from verihook.model.source import Source

#: At most so long after its workflow has become active, a held instance is looked at, in milliseconds.
LOOK_MS = 60_000

#: If the oldest has waited longer than this, in milliseconds, or the queue is longer than a page, what arrives leaves
#: it to reconcile.
BACKLOG_MS = 5_000

#: The time in which a row is claimed for its ticket, in milliseconds, or never.
CLAIM_MS = 60_000

#: How long processes with the former hooks.toml may go on after a deployment, in milliseconds.
ROLLOUT_MS = 120_000

#: The longest wait for the ledger when a process begins, in milliseconds.
_FIRST_LOOK_MS = 1_000


def workflow_for(name: str, source: Source, ports: IntakePorts) -> tuple[Workflow, bool]:
    """The workflow, and whether its events are held. Raises NotActive, NotSupported, WorkflowNotFound."""
    workflow = ports.workflows.get(name)
    # The sender of an event for an Express machine waits for its end.
    holds = source.on_paused == "hold" and workflow is not None and not workflow.express
    if workflow is not None and holds and workflow.keeps_waiting:
        return workflow, True
    # Mostly there are none, and a delivery pays for no call.
    return active_workflow(name, ports.workflows), holds and name in ports.draining.names and _is_draining(name, ports)


def reason(workflow: Workflow) -> tuple[str, str]:
    """Return error and cause of the rows that are held for it."""
    if workflow.status == "active" and workflow.refusal is not None:
        return WORKFLOW_REFUSED, f"It starts when its workflow can run. {workflow.refusal}"
    return WORKFLOW_PAUSED, "Its workflow is paused; it starts when the workflow is active."


def find_held(ports: IntakePorts) -> None:
    """Find the active workflows of which events are held. One read, and one more for each workflow with such events.

    If the ledger does not answer, the next event of a workflow that may be among them looks again.
    """
    now = ports.clock.now_ms()
    try:
        with deadline.within(_FIRST_LOOK_MS, now, ports.clock.now_ms):
            names = [name for name in held.held_workflows(ports) if name in ports.workflows]
            ports.draining.found([name for name in names if ports.workflows[name].runs], now)
    except LedgerUnavailable as error:
        ports.telemetry.failure("held events", error)


def _is_draining(name: str, ports: IntakePorts) -> bool:
    """Whether events of a workflow that may have some are held."""
    if not ports.draining.looked:
        find_held(ports)
    return name in ports.draining.names


def settled(fresh: Instance, ports: IntakePorts) -> Instance:
    """Return a row that was claimed as held: as it is, or started behind all that came before it."""
    workflow = ports.workflows[fresh.workflow]
    if workflow.keeps_waiting:
        return fresh
    try:
        with deadline.at_most(deadline.START_MS):
            queue = _Pass(workflow, ports, ports.draining, since=ports.clock.now_ms() - BACKLOG_MS)
            queue.run(until=fresh.id)
            if queue.complete and fresh.id not in queue.rows:
                # Another process has removed its ticket, and mostly has started it.
                return queue.start(fresh.id) or fresh
            return queue.rows.get(fresh.id) or fresh
    except Unavailable as error:
        ports.telemetry.failure(f"held {fresh.id}", error)
        return fresh


class Releases:
    """What one call of reconcile releases."""

    def __init__(self, ports: ReconcilePorts, has_time: Callable[[], bool]) -> None:
        """``has_time()``: whether there is time for one more start."""
        self._ports = ports
        self._draining = ports.draining
        self._has_time = has_time
        self._lock = Lock()
        #: Workflow -> what became of its queue.
        self._passes: dict[str, _Pass] = {}

    def look_at(self, instance: Instance, workflow: Workflow) -> int:
        """Start all that is held for the workflow of a held instance, if that is active; else look at it later.

        Return how many were started. One thread at a time does this: the others would start the same.
        """
        with self._lock:
            if not workflow.runs:
                self._look_later(instance)
                return 0
            done = self._passes.get(workflow.name)
            before = 0 if done is None else done.started
            if done is None:
                done = self._passes[workflow.name] = _Pass(workflow, self._ports, self._draining, self._has_time)
                done.run()
            if not done.answered:
                self._look_later(instance)
            elif done.complete and instance.id not in done.rows and self._has_time():
                # It has no ticket any more: its claim came later than any should.
                done.rows[instance.id] = done.start(instance.id)
            return done.started - before

    def _look_later(self, instance: Instance) -> None:
        now = self._ports.clock.now_ms()
        due = min(self._ports.pace.next_look(instance.created_at, now, queued=True), now + LOOK_MS)
        self._ports.ledger.amend(replace(instance, due_at=due))


def _always() -> bool:
    return True


@dataclass(slots=True)
class _Pass:
    """One way through the queue of a workflow, from its beginning on.

    ``since``: if the oldest has waited since before this time, in milliseconds, nothing is done. ``answered``: whether
    the engine did. ``complete``: the end of the queue was reached. ``rows``: what has been started, by its id.
    """

    workflow: Workflow
    ports: ControlPorts
    draining: Draining
    has_time: Callable[[], bool] = _always
    since: int = 0
    started: int = 0
    answered: bool = True
    complete: bool = False
    rows: dict[str, Instance | None] = field(default_factory=dict)

    def run(self, until: str = "") -> None:
        """Start what is held, one after the other, the oldest first. Stop if the engine does not answer.

        ``until``: the instance with which to end.
        """
        after, left = "", 0
        while True:
            tickets = held.tickets(self.workflow.name, self.ports, after)
            if until and tickets and self._is_long(tickets, until):
                return
            for ticket in tickets:
                if not self.has_time():
                    return
                left += not self._is_passed(ticket)
                if not self.answered:
                    return
                after = ticket.name
                if ticket.instance_id == until:
                    break
            if len(tickets) < held.PAGE or until in self.rows:
                break
        self.complete = not tickets or after == tickets[-1].name
        if self.complete and len(tickets) < held.PAGE and not left:
            self.draining.forget(self.workflow.name, self.ports.clock.now_ms())

    def _is_long(self, tickets: list[held.Ticket], until: str) -> bool:
        full = len(tickets) == held.PAGE and until not in [each.instance_id for each in tickets]
        return full or tickets[0].at < self.since

    def start(self, instance_id: str) -> Instance | None:
        """Start an instance, if it is held or has been released. Return its row; None if there is none.

        What has been released is started again, which does nothing if that start was confirmed.
        """
        row = retry_on_conflict(lambda: _released(instance_id, self.workflow, self.ports), "This instance")
        now = self.ports.clock.now_ms()
        if row is None or row.status != "queued" or row.held or row.not_before > now:
            return row
        status = start_when_due(row, self.ports)
        # One that waits its turn says nothing of the engine.
        asked = self.ports.engines[row.engine].keeps_names and not lines.may_wait(row, self.ports)
        self.answered = status != "queued" or not asked
        self.started += self.answered
        return replace(row, status=status)

    def _is_passed(self, ticket: held.Ticket) -> bool:
        """Start the instance of a ticket, and remove that. Return False if it stays, for a claim that may follow."""
        row = self.start(ticket.instance_id)
        if row is None and ticket.at > self.ports.clock.now_ms() - CLAIM_MS:
            # Not claimed yet, so not answered either: who came later need not wait for it.
            return False
        self.rows[ticket.instance_id] = row
        if self.answered:
            held.give_up(ticket, self.ports)
        return self.answered


def _released(instance_id: str, workflow: Workflow, ports: ControlPorts) -> Instance | None:
    """Write that it is held no more, if it is. Return the row. Raises Overtaken if another writer was quicker."""
    now = ports.clock.now_ms()
    row = ports.ledger.get(instance_id, now)
    if row is None or row.purged or not row.held_by_pause:
        return row
    due = max(now + first_look_ms(workflow, ports), row.not_before)
    released = replace(row, status="queued", held=False, error=None, cause=None, updated_at=now, due_at=due)
    if not ports.ledger.amend(released):
        raise Overtaken
    return replace(released, revision=released.revision + 1)
