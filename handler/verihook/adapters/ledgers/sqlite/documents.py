"""Documents, and buckets of tokens for rate limits, in the ledger's file."""

from __future__ import annotations

import sqlite3

from verihook.adapters.ledgers.sqlite.lines import SqliteLines
from verihook.model.ports import Document, Token

_SELECT = "SELECT name, text, version, expires_at FROM documents"
_NOT_EXPIRED = "(expires_at IS NULL OR expires_at > ?)"
READ = f"{_SELECT} WHERE partition = ? AND name = ? AND {_NOT_EXPIRED}"
ALL = f"{_SELECT} WHERE partition = ? AND name > ? AND {_NOT_EXPIRED} ORDER BY name LIMIT ?"

_ADD = """INSERT INTO documents (text, expires_at, version, partition, name) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (partition, name) DO UPDATE SET
        text = excluded.text, expires_at = excluded.expires_at, version = excluded.version
    WHERE documents.expires_at <= ?"""
_REPLACE = f"""UPDATE documents SET text = ?, expires_at = ?, version = ?
    WHERE partition = ? AND name = ? AND version = ? - 1 AND {_NOT_EXPIRED}"""
_REMOVE = "DELETE FROM documents WHERE partition = ? AND name = ?"
FORGET = """DELETE FROM documents WHERE rowid IN
    (SELECT rowid FROM documents WHERE expires_at IS NOT NULL AND expires_at <= ? LIMIT ?)"""

#: ``full_at``: when the bucket is full again. Each token that is taken moves it by one interval.
_TAKE = """INSERT INTO buckets (name, full_at) VALUES (:name, :now + :interval)
    ON CONFLICT (name) DO UPDATE SET full_at = max(full_at, :now) + :interval
    WHERE max(full_at, :now) + :interval <= :now + :capacity * :interval"""
FULL_AT = "SELECT full_at FROM buckets WHERE name = ?"
FORGET_BUCKETS = "DELETE FROM buckets WHERE name IN (SELECT name FROM buckets WHERE full_at <= ? LIMIT ?)"


class SqliteDocuments(SqliteLines):
    """Implements :class:`verihook.model.ports.Documents`.

    A write that adds a document also deletes up to two expired ones; one that takes a token, up to two full buckets.
    """

    def read(self, partition: str, name: str, now_ms: int) -> Document | None:
        """See :meth:`verihook.model.ports.Documents.read`."""
        with self._file.by_key() as database:
            row = database.execute(READ, (partition, name, now_ms // 1000)).fetchone()
        return None if row is None else Document(*row)

    def write(self, partition: str, document: Document, now_ms: int) -> bool:
        """See :meth:`verihook.model.ports.Documents.write`."""
        now_s = now_ms // 1000
        first = document.version == 1
        written = (document.text, document.expires_at, document.version, partition, document.name)
        statement, values = (_ADD, (*written, now_s)) if first else (_REPLACE, (*written, document.version, now_s))
        return self._file.write(
            lambda database: database.execute(statement, values).rowcount == 1, (FORGET, now_s) if first else None
        )

    def add(self, partition: str, document: Document, now_ms: int) -> Document | None:
        """See :meth:`verihook.model.ports.Documents.add`. A document that exists costs no fsync."""
        now_s = now_ms // 1000
        values = (document.text, document.expires_at, document.version, partition, document.name, now_s)

        def add(database: sqlite3.Connection) -> Document | None:
            if database.execute(_ADD, values).rowcount == 1:
                return None
            return Document(*database.execute(READ, (partition, document.name, now_s)).fetchone())

        return self._file.write(add, (FORGET, now_s))

    def remove(self, partition: str, name: str) -> None:
        """See :meth:`verihook.model.ports.Documents.remove`."""
        self._file.write(lambda database: database.execute(_REMOVE, (partition, name)))

    def all(self, partition: str, limit: int, now_ms: int, after: str = "") -> list[Document]:
        """See :meth:`verihook.model.ports.Documents.all`."""
        with self._file.lists() as database:
            rows = database.execute(ALL, (partition, after, now_ms // 1000, max(limit, 0)))
            return [Document(*row) for row in rows]

    def take_token(self, bucket: str, capacity: int, interval_ms: int, now_ms: int) -> Token:
        """See :meth:`verihook.model.ports.Documents.take_token`. A refusal changes no page, so it costs no fsync."""
        values = {"name": bucket, "now": now_ms, "interval": interval_ms, "capacity": capacity}

        def one(database: sqlite3.Connection) -> Token:
            taken = database.execute(_TAKE, values).rowcount == 1
            (full_at,) = database.execute(FULL_AT, (bucket,)).fetchone()
            missing_ms = int(full_at) - now_ms
            if taken:
                return Token(0, (capacity * interval_ms - missing_ms) // interval_ms)
            # The next token is there when at most ``capacity - 1`` are missing.
            return Token(missing_ms - (capacity - 1) * interval_ms)

        return self._file.write(one, (FORGET_BUCKETS, now_ms))
