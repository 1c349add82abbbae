"""Lists of instances, each from an index in its order, so that SQLite sorts nothing and reads only what is shown."""

from __future__ import annotations

from typing import Any

from verihook.adapters.ledgers.sqlite.rows import LISTED
from verihook.model.listing import Index, Position, Query

#: One index, from its newest entry back. ``purged = 0`` is the condition of the partial indexes
#: (https://www.sqlite.org/partialindex.html, section 3); the row value is a place in the index
#: (https://www.sqlite.org/rowvalue.html, section 3.1).
_LIST = f"""SELECT {LISTED} FROM instances
    WHERE {{filters}} created_at >= ? AND (created_at, id) < (?, ?)
        AND purged = 0 AND (expires_at IS NULL OR expires_at > ?)
    ORDER BY created_at DESC, id DESC LIMIT ?"""

#: CROSS JOIN keeps the order of the tables (https://www.sqlite.org/optoverview.html#crossjoin).
_BY_LABEL = f"""SELECT {LISTED} FROM labels CROSS JOIN instances ON instances.id = labels.id
    WHERE labels.name = ? AND labels.value = ? AND labels.created_at >= ?
        AND (labels.created_at, labels.id) < (?, ?)
        AND instances.purged = 0 AND (instances.expires_at IS NULL OR instances.expires_at > ?)
    ORDER BY labels.created_at DESC, labels.id DESC LIMIT ?"""

LISTS: dict[Index, str] = {
    "created": _LIST.format(filters=""),
    "workflow": _LIST.format(filters="workflow = ? AND"),
    "status": _LIST.format(filters="status = ? AND"),
    "workflow-status": _LIST.format(filters="workflow = ? AND status = ? AND"),
    "source": _LIST.format(filters="source = ? AND"),
    "label": _BY_LABEL,
}

#: Later than any row, in milliseconds.
_END_OF_TIME = 2**63 - 1


def listed(query: Query, limit: int, after: Position | None, now_ms: int) -> tuple[str, tuple[Any, ...]]:
    """Return the statement of a page and its parameters."""
    filters = (query.workflow, query.status, query.source, *(query.label or ()))
    # No id is empty, so (until, "") is before every row that was created at ``until``.
    before = (_END_OF_TIME if query.until is None else query.until, "")
    if after is not None:
        before = min(before, (after.created_at, after.id))
    filter_values = tuple(value for value in filters if value is not None)
    # SQLite takes a negative LIMIT for no limit.
    return LISTS[query.index], (*filter_values, query.since or 0, *before, now_ms // 1000, max(limit, 0))
