"""Which instances to list, and by which index. Filters that would read more rows than they show are refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from verihook.errors import FilterRefused
from verihook.model.instance import Status

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
    Raises FilterRefused if no index answers the combination.
    """

    workflow: str | None = None
    status: Status | None = None
    source: str | None = None
    label: tuple[str, str] | None = None
    since: int | None = None
    until: int | None = None

    def __post_init__(self) -> None:
        if self._given() not in _INDEXES:
            raise FilterRefused(
                f"No index answers {self._given_in_words()} together: give one of workflow, status, source, tag "
                "or metadata.KEY, or workflow with status; since and until go with each."
            )

    @property
    def index(self) -> Index:
        """Return the index that answers these filters."""
        return _INDEXES[self._given()]

    def _given(self) -> tuple[str, ...]:
        return tuple(name for name in ("label", "source", "status", "workflow") if getattr(self, name) is not None)

    def _given_in_words(self) -> str:
        """Return the names of the filters as the API has them: ``tag`` or ``metadata.KEY`` for a label."""
        label = "tag" if self.label and self.label[0] == "tag" else "metadata.KEY"
        return " and ".join(label if name == "label" else name for name in self._given())
