"""Lines, in which members wait for their turn, in the ledger's file: a row for each member."""

from __future__ import annotations

import sqlite3

from verihook.adapters.ledgers.sqlite.file import SqliteFile
from verihook.model.ports import MOST_IN_LINE, Place

NUMBER = "SELECT number FROM lines WHERE line = ? AND member = ?"
AHEAD = "SELECT count(*) FROM lines WHERE line = ? AND number < ?"
BEHIND = "SELECT member FROM lines WHERE line = ? AND number < ? ORDER BY number DESC LIMIT 1"
FRONT = "SELECT member FROM lines WHERE line = ? ORDER BY number LIMIT ?"
COUNT = "SELECT count(*) FROM lines WHERE line = ?"
_ADD = """INSERT INTO lines (line, number, member)
    SELECT :line, coalesce(max(number), 0) + 1, :member FROM lines WHERE line = :line"""
_REMOVE = "DELETE FROM lines WHERE line = ? AND member = ?"


class SqliteLines:
    """The part of :class:`verihook.model.ports.Documents` that keeps lines."""

    def __init__(self, file: SqliteFile) -> None:
        """``file`` is closed by the caller."""
        self._file = file

    def line_up(self, line: str, member: str, most: int) -> Place | None:
        """See :meth:`verihook.model.ports.Documents.line_up`. A member of the line changes no page: no fsync."""

        def join(database: sqlite3.Connection) -> Place | None:
            if database.execute(NUMBER, (line, member)).fetchone() is None:
                if database.execute(COUNT, (line,)).fetchone()[0] >= MOST_IN_LINE:
                    return None
                database.execute(_ADD, {"line": line, "member": member})
            return _place(database, line, member, most)

        return self._file.write(join)

    def place(self, line: str, member: str, most: int) -> Place | None:
        """See :meth:`verihook.model.ports.Documents.place`."""
        # What changes the line between two statements would be seen by the second alone.
        return self._file.write(lambda database: _place(database, line, member, most))

    def step_out(self, line: str, member: str, most: int) -> str:
        """See :meth:`verihook.model.ports.Documents.step_out`."""

        def leave(database: sqlite3.Connection) -> str:
            place = _place(database, line, member, most)
            database.execute(_REMOVE, (line, member))
            if place is None or place.ahead >= most:
                return ""
            front = _front(database, line, most)
            return front[-1] if len(front) == most else ""

        return self._file.write(leave)


def _place(database: sqlite3.Connection, line: str, member: str, most: int) -> Place | None:
    found = database.execute(NUMBER, (line, member)).fetchone()
    if found is None:
        return None
    (ahead,) = database.execute(AHEAD, (line, *found)).fetchone()
    behind = database.execute(BEHIND, (line, *found)).fetchone() or ("",)
    return Place(ahead, behind[0], _front(database, line, most))


def _front(database: sqlite3.Connection, line: str, most: int) -> tuple[str, ...]:
    return tuple(member for (member,) in database.execute(FRONT, (line, most)))
