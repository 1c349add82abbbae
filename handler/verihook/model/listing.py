"""Which instances to list or to act on, and by which index.

A :class:`Query` is what one index answers: nothing is read that is not shown. A :class:`Search` is any filters
together: it reads the rows of the closest query, and leaves out those that do not match.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from verihook.model.instance import Instance, Status

Index = Literal["created", "workflow", "status", "workflow-status", "source", "label"]

#: The names of the filters given, sorted -> the index that answers them together.
_INDEXES: dict[tuple[str, ...], Index] = {
    (): "created",
    ("workflow",): "workflow",
    ("status",): "status",
    ("status", "workflow"): "workflow-status",
    ("source",): "source",
    ("label",): "label",
}


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a list, newest first. What follows it was created earlier, or at the same time with a smaller id."""

    created_at: int
    id: str


@dataclass(frozen=True, slots=True)
class Query:
    """The filters of a list. ``since`` (inclusive) and ``until`` (exclusive), in milliseconds, go with any others.

    ``label`` is a name and a value: ``("tag", "vip")`` or ``("metadata.customer", "42")``.
    Raises ValueError if no index answers the combination.
    """

    workflow: str | None = None
    status: Status | None = None
    source: str | None = None
    label: tuple[str, str] | None = None
    since: int | None = None
    until: int | None = None

    def __post_init__(self) -> None:
        if self._given() not in _INDEXES:
            raise ValueError(f"no index answers {' and '.join(self._given())} together: see Search")

    @property
    def index(self) -> Index:
        """Return the index that answers these filters."""
        return _INDEXES[self._given()]

    def _given(self) -> tuple[str, ...]:
        return tuple(name for name in ("label", "source", "status", "workflow") if getattr(self, name) is not None)


@dataclass(frozen=True, slots=True)
class Search:
    """Any filters together. Fields as those of :class:`Query`; of several ``labels`` a row has to have all."""

    workflow: str | None = None
    status: Status | None = None
    source: str | None = None
    labels: tuple[tuple[str, str], ...] = ()
    since: int | None = None
    until: int | None = None

    @property
    def exact(self) -> bool:
        """Whether every row of :attr:`query` matches, so that nothing is read that is not shown."""
        return len(self._filters()) == len(self._answered())

    @property
    def bounded(self) -> bool:
        """Whether there is any filter."""
        return bool(self._filters()) or self.since is not None or self.until is not None

    @property
    def query(self) -> Query:
        """Return the closest query that an index answers: every instance that matches is in its list."""
        return Query(**self._answered(), since=self.since, until=self.until)

    def matches(self, row: Instance) -> bool:
        """Whether the row is one of those that are searched for."""
        return (
            self.workflow in (None, row.workflow)
            and self.status in (None, row.status)
            and self.source in (None, row.source)
            and set(self.labels) <= set(row.labels)
            and (self.since is None or row.created_at >= self.since)
            and (self.until is None or row.created_at < self.until)
        )

    def _filters(self) -> list[object]:
        return [*self.labels, *(each for each in (self.workflow, self.status, self.source) if each is not None)]

    def _answered(self) -> dict[str, Any]:
        """Return the filters that one index answers together, the fewest rows first as far as can be told."""
        if self.labels:
            return {"label": self.labels[0]}
        # Nearly all instances have completed, and the DynamoDB table has no list of those.
        if self.source is not None and self.status in (None, "completed"):
            return {"source": self.source}
        if self.status is not None:
            return {"status": self.status} | ({} if self.workflow is None else {"workflow": self.workflow})
        return {} if self.workflow is None else {"workflow": self.workflow}
