"""Lists of instances, each by an index that has its order: nothing is sorted, nothing is read that is not shown."""

from __future__ import annotations

from typing import Any

from verihook.adapters.ledgers.sqlite.rows import LISTED
from verihook.model.listing import Index, Position, Query

#: One index, from its newest entry back. ``purged = 0`` are the words of the partial indexes
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

#: After the newest there is.
_END_OF_TIME = 2**63 - 1


def listed(query: Query, limit: int, after: Position | None, now_ms: int) -> tuple[str, tuple[Any, ...]]:
    """The statement and its parameters."""
    filters = (query.workflow, query.status, query.source, *(query.label or ()))
    # No id is empty, so that (until, "") comes before all that was created then.
    before = (_END_OF_TIME if query.until is None else query.until, "")
    if after is not None:
        before = min(before, (after.created_at, after.id))
    given = tuple(value for value in filters if value is not None)
    # A negative LIMIT would be no limit at all.
    return LISTS[query.index], (*given, query.since or 0, *before, now_ms // 1000, max(limit, 0))
