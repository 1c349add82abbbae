"""The rows of instances in SQLite: claim, read, change, and find those that are due."""

from __future__ import annotations

import sqlite3

from verihook.adapters.ledgers.sqlite.file import SqliteFile
from verihook.adapters.ledgers.sqlite.lists import listed
from verihook.adapters.ledgers.sqlite.rows import COLUMNS, SELECTED, from_row, values
from verihook.model.changes import CALLBACK, Changes
from verihook.model.instance import FINAL, Instance
from verihook.model.listing import Position, Query
from verihook.model.ports import Change

_FINAL = ", ".join(f"'{status}'" for status in sorted(FINAL))

_ADD = f"""INSERT INTO instances ({", ".join(COLUMNS)}) VALUES ({", ".join("?" * len(COLUMNS))})
    ON CONFLICT (id) DO NOTHING"""
GET = f"SELECT {SELECTED} FROM instances WHERE id = ?"
_HAS_CALLBACK = "SELECT callback_url IS NOT NULL FROM instances WHERE id = ?"
_REMOVE = "DELETE FROM instances WHERE id = ?"
_LABEL = "INSERT OR IGNORE INTO labels (name, value, created_at, id) VALUES (?, ?, ?, ?)"

_RECORD = f"""UPDATE instances SET status = ?, updated_at = ?, due_at = {{due_at}}, expires_at = ?, output = ?,
        error = ?, cause = ?, revision = revision + 1{{more}}
    WHERE id = ? AND attempt = ? AND status NOT IN ({_FINAL}) {{unless}}"""
_RECORD_LIVE = _RECORD.format(due_at="?", more="", unless="")
_RECORD_RUNNING = _RECORD.format(due_at="?", more="", unless="AND NOT (held AND status = 'suspended')")
#: An ended row is due only for its callback, and is not held.
_RECORD_END = _RECORD.format(due_at="CASE WHEN callback_url IS NULL THEN NULL ELSE ? END", more=", held = 0", unless="")

_AMEND = "UPDATE instances SET {columns}revision = revision + 1 WHERE id = ?"
_REVISION = COLUMNS.index("revision")

#: The columns that the labels of a row are made of: if one of these changes, the labels are written again.
_LABELLED = frozenset(("created_at", "purged", "tags", "metadata"))

#: The first two conditions are those of the partial index, which SQLite uses only if the query repeats them
#: (https://www.sqlite.org/partialindex.html, section 3).
_DUE = f"""SELECT {SELECTED} FROM instances
    WHERE due_at IS NOT NULL AND purged = 0
        AND (callback_url IS NOT NULL OR status NOT IN ({_FINAL}))
        AND due_at <= ? AND (expires_at IS NULL OR expires_at > ?) {{kind}}
    ORDER BY due_at, id LIMIT ?"""
#: For ended rows that wait for their callback, for others, and for both. The + keeps SQLite from using the index of
#: the status, which has all rows that ever ended.
DUE_OF = {
    True: _DUE.format(kind=f"AND +status IN ({_FINAL})"),
    False: _DUE.format(kind=f"AND +status NOT IN ({_FINAL})"),
    None: _DUE.format(kind=""),
}

FORGET = """DELETE FROM instances WHERE rowid IN
    (SELECT rowid FROM instances WHERE expires_at IS NOT NULL AND expires_at <= ? LIMIT ?)"""


class Instances:
    """The part of :class:`verihook.model.ports.Ledger` that claims, reads, changes and lists instances."""

    def __init__(self, file: SqliteFile, changes: Changes | None = None) -> None:
        """``file`` is closed by the caller. ``changes`` hears of every row that is written after its claim."""
        self._file = file
        self._changes = changes or Changes()

    def claim(self, instance: Instance) -> Instance | None:
        """See :meth:`verihook.model.ports.Ledger.claim`. A duplicate changes no page, so it costs no fsync."""

        def add(database: sqlite3.Connection) -> Instance | None:
            if not _added(database, instance):
                existing = from_row(database.execute(GET, (instance.id,)).fetchone())
                if existing.expires_at is None or existing.expires_at * 1000 > instance.created_at:
                    return existing
                database.execute(_REMOVE, (instance.id,))
                _added(database, instance)
            _label(database, instance)
            return None

        return self._file.write(add, (FORGET, instance.created_at // 1000))

    def has_room(self, text: str) -> bool:  # noqa: ARG002  # the port's
        """Return True: the file has room for every input that an engine takes."""
        return True

    def get(self, instance_id: str, now_ms: int) -> Instance | None:
        """See :meth:`verihook.model.ports.Ledger.get`."""
        with self._file.by_key() as database:
            row = database.execute(GET, (instance_id,)).fetchone()
        instance = None if row is None else from_row(row)
        if instance is None or (instance.expires_at is not None and instance.expires_at * 1000 <= now_ms):
            return None
        return instance

    def record(self, instance_id: str, attempt: int, change: Change) -> bool:
        """See :meth:`verihook.model.ports.Ledger.record`."""
        statement = _RECORD_RUNNING if change.status == "running" else _RECORD_LIVE
        if change.status in FINAL:
            statement = _RECORD_END
        written = (
            change.status,
            change.at,
            change.due_at,
            change.expires_at,
            change.output,
            change.error,
            change.cause,
        )

        def update(database: sqlite3.Connection) -> tuple[bool, bool]:
            if database.execute(statement, (*written, instance_id, attempt)).rowcount != 1:
                return False, False
            ended = statement is _RECORD_END
            return True, ended and bool(database.execute(_HAS_CALLBACK, (instance_id,)).fetchone()[0])

        updated, due = self._file.write(update)
        if updated:
            self._tell(instance_id, due=due)
        return updated

    def amend(self, instance: Instance) -> bool:
        """See :meth:`verihook.model.ports.Ledger.amend`."""
        written = values(instance)

        def replace(database: sqlite3.Connection) -> bool:
            row = database.execute(GET, (instance.id,)).fetchone()
            if row is None or row[_REVISION] != instance.revision:
                return False
            # Only what differs: SQLite writes every index that has a column of the statement, changed or not.
            fresh = {name: new for name, old, new in zip(COLUMNS, row, written, strict=True) if new != old}
            labels_change = not _LABELLED.isdisjoint(fresh)
            if labels_change:
                # The trigger on these two columns deletes the labels.
                fresh.update((name, written[COLUMNS.index(name)]) for name in ("tags", "metadata"))
            columns = "".join(f"{name} = ?, " for name in fresh)
            database.execute(_AMEND.format(columns=columns), (*fresh.values(), instance.id))
            if labels_change:
                _label(database, instance)
            return True

        replaced = self._file.write(replace)
        if replaced:
            self._tell(instance.id, due=instance.final and instance.callback_url is not None)
        return replaced

    def _tell(self, instance_id: str, *, due: bool) -> None:
        """``due``: it has ended, and its callback may be posted."""
        self._changes.tell(instance_id)
        if due:
            self._changes.tell(CALLBACK)

    def due(self, now_ms: int, limit: int, ended: bool | None = None) -> list[Instance]:
        """See :meth:`verihook.model.ports.Ledger.due`. Expired and purged rows are never due."""
        with self._file.lists() as database:
            # SQLite takes a negative LIMIT for no limit.
            return [from_row(row) for row in database.execute(DUE_OF[ended], (now_ms, now_ms // 1000, max(limit, 0)))]

    def page(self, query: Query, limit: int, after: Position | None, now_ms: int) -> list[Instance]:
        """See :meth:`verihook.model.ports.Ledger.page`."""
        statement, parameters = listed(query, limit, after, now_ms)
        with self._file.lists() as database:
            return [from_row(row) for row in database.execute(statement, parameters)]


def _added(database: sqlite3.Connection, instance: Instance) -> bool:
    return database.execute(_ADD, values(instance)).rowcount == 1


def _label(database: sqlite3.Connection, instance: Instance) -> None:
    """Write the labels of a row; triggers have deleted those that it had before."""
    if instance.labels and not instance.purged:
        database.executemany(_LABEL, [(*label, instance.created_at, instance.id) for label in instance.labels])
