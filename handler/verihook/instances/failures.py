"""Failed instances in groups of one workflow and one error: what is wrong, and not each time that it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from verihook.instances.dismissals import Dismissal, dismissals
from verihook.model.instance import Instance, Status
from verihook.model.listing import Query

if TYPE_CHECKING:
    from verihook.model.ports.sets import DocumentPorts

#: How many rows of each status are read at most.
MOST_READ = 1000

#: The ends that are failures.
FAILED: tuple[Status, ...] = ("failed", "timed_out")


@dataclass(slots=True)
class Group:
    """Instances of one workflow that have ended with one error. ``last``: the one that was created last.

    ``first_at`` and ``last_at``: when the first and the last of those that were counted were created. ``dismissed``:
    who has set it aside, unless it has failed since.
    """

    workflow: str
    error: str | None
    count: int
    first_at: int
    last: Instance
    dismissed: Dismissal | None = None

    @property
    def last_at(self) -> int:
        """Return when the last one was created, in milliseconds since the epoch."""
        return self.last.created_at


@dataclass(frozen=True, slots=True)
class Failures:
    """The groups, those of the last failures first. ``complete``: every failed instance was counted."""

    groups: list[Group]
    complete: bool


def grouped(
    workflow: str | None, since: int | None, covered: Callable[[Instance], bool], ports: DocumentPorts
) -> Failures:
    """Group the failed instances that were created since then, of one workflow or of all (None).

    Counts the :data:`MOST_READ` newest of each status. Raises LedgerUnavailable.
    """
    groups: dict[tuple[str, str | None], Group] = {}
    complete = True
    for status in FAILED:
        query = Query(workflow=workflow, status=status, since=since)
        rows = ports.ledger.page(query, MOST_READ, None, ports.clock.now_ms())
        complete = complete and len(rows) < MOST_READ
        for row in filter(covered, rows):
            error = row.error or (None if status == "failed" else status)
            group = groups.setdefault((row.workflow, error), Group(row.workflow, error, 0, row.created_at, row))
            group.count += 1
            group.first_at = min(group.first_at, row.created_at)
            if row.created_at > group.last_at:
                group.last = row
    set_aside = dismissals(ports)
    for group in groups.values():
        group.dismissed = set_aside.of(group.workflow, group.error, group.last_at)
    return Failures(sorted(groups.values(), key=lambda group: group.last_at, reverse=True), complete)
