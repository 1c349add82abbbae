"""The tables, as steps from one schema to the next. ``user_version`` of a file is the number of its last step."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from verihook.errors import ConfigurationError

_FIRST = (
    """CREATE TABLE instances (
        id TEXT PRIMARY KEY NOT NULL,
        workflow TEXT NOT NULL,
        input TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        status TEXT NOT NULL,
        version INTEGER NOT NULL,
        attempt INTEGER NOT NULL,
        source TEXT,
        event_id TEXT,
        event_type TEXT,
        due_at INTEGER,
        expires_at INTEGER,
        output TEXT,
        error TEXT,
        cause TEXT
    )""",
    """CREATE INDEX instances_due ON instances (due_at, id)
        WHERE due_at IS NOT NULL AND status NOT IN ('completed', 'failed', 'terminated', 'timed_out')""",
    "CREATE INDEX instances_expiring ON instances (expires_at) WHERE expires_at IS NOT NULL",
)

_SECOND = (
    """CREATE TABLE observations (
        kind TEXT NOT NULL,
        hour INTEGER NOT NULL,
        source TEXT NOT NULL,
        reason TEXT NOT NULL,
        count INTEGER NOT NULL,
        first_at INTEGER NOT NULL,
        last_at INTEGER NOT NULL,
        request_id TEXT NOT NULL,
        expires_at INTEGER NOT NULL,
        PRIMARY KEY (kind, hour, source, reason)
    ) WITHOUT ROWID""",
    "CREATE INDEX observations_of_a_source ON observations (kind, source, hour, reason)",
    "CREATE INDEX observations_expiring ON observations (expires_at)",
)

_KEPT = """id, workflow, input, created_at, updated_at, status, version, attempt, source, event_id, event_type, due_at,
    expires_at, output, error, cause"""

#: An ended row is due while its callback waits, and lists have indexes; a purged row is in none of them and has no
#: labels. The long texts are the last columns, so that a list does not read their pages.
_THIRD = (
    """CREATE TABLE instances_3 (
        id TEXT PRIMARY KEY NOT NULL,
        workflow TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        status TEXT NOT NULL,
        version INTEGER NOT NULL,
        attempt INTEGER NOT NULL,
        source TEXT,
        event_id TEXT,
        event_type TEXT,
        due_at INTEGER,
        expires_at INTEGER,
        engine TEXT NOT NULL DEFAULT 'stepfunctions',
        revision INTEGER NOT NULL DEFAULT 1,
        held INTEGER NOT NULL DEFAULT 0,
        purged INTEGER NOT NULL DEFAULT 0,
        start_at INTEGER,
        tries INTEGER NOT NULL DEFAULT 0,
        tags TEXT NOT NULL DEFAULT '[]',
        metadata TEXT NOT NULL DEFAULT '{}',
        connection TEXT,
        callback_url TEXT,
        callback_tries INTEGER NOT NULL DEFAULT 0,
        error TEXT,
        cause TEXT,
        output TEXT,
        input TEXT NOT NULL
    )""",
    f"INSERT INTO instances_3 ({_KEPT}) SELECT {_KEPT} FROM instances",
    "DROP TABLE instances",
    "ALTER TABLE instances_3 RENAME TO instances",
    """CREATE INDEX instances_due ON instances (due_at, id)
        WHERE due_at IS NOT NULL AND purged = 0
        AND (callback_url IS NOT NULL OR status NOT IN ('completed', 'failed', 'terminated', 'timed_out'))""",
    "CREATE INDEX instances_expiring ON instances (expires_at) WHERE expires_at IS NOT NULL",
    "CREATE INDEX instances_created ON instances (created_at, id) WHERE purged = 0",
    "CREATE INDEX instances_of_a_workflow ON instances (workflow, created_at, id) WHERE purged = 0",
    "CREATE INDEX instances_in_a_status ON instances (status, created_at, id) WHERE purged = 0",
    """CREATE INDEX instances_of_a_workflow_in_a_status ON instances (workflow, status, created_at, id)
        WHERE purged = 0""",
    """CREATE INDEX instances_of_a_source ON instances (source, created_at, id)
        WHERE purged = 0 AND source IS NOT NULL""",
    """CREATE TABLE labels (
        name TEXT NOT NULL,
        value TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        id TEXT NOT NULL,
        PRIMARY KEY (name, value, created_at, id)
    ) WITHOUT ROWID""",
    "CREATE INDEX labels_of_an_instance ON labels (id)",
    """CREATE TRIGGER labels_go_with_their_instance AFTER DELETE ON instances
        WHEN OLD.tags <> '[]' OR OLD.metadata <> '{}'
        BEGIN DELETE FROM labels WHERE id = OLD.id; END""",
    """CREATE TRIGGER labels_make_way AFTER UPDATE OF tags, metadata ON instances
        WHEN OLD.tags <> '[]' OR OLD.metadata <> '{}'
        BEGIN DELETE FROM labels WHERE id = OLD.id; END""",
    """CREATE TABLE documents (
        partition TEXT NOT NULL,
        name TEXT NOT NULL,
        version INTEGER NOT NULL,
        expires_at INTEGER,
        text TEXT NOT NULL,
        PRIMARY KEY (partition, name)
    )""",
    "CREATE INDEX documents_expiring ON documents (expires_at) WHERE expires_at IS NOT NULL",
    """CREATE TABLE buckets (
        name TEXT PRIMARY KEY NOT NULL,
        full_at INTEGER NOT NULL
    ) WITHOUT ROWID""",
    "CREATE INDEX buckets_full ON buckets (full_at)",
)

#: The lease of a worker.
_FOURTH = (
    "ALTER TABLE instances ADD COLUMN begun_at INTEGER",
    "ALTER TABLE instances ADD COLUMN leased_until INTEGER",
)

#: What the sender signed.
_FIFTH = ("ALTER TABLE instances ADD COLUMN signed TEXT",)

#: What is kept of the delivery.
_SIXTH = ("ALTER TABLE instances ADD COLUMN delivery TEXT",)

#: What is kept of the last delivery of an hour that was not accepted.
_SEVENTH = ("ALTER TABLE observations ADD COLUMN sample TEXT NOT NULL DEFAULT ''",)

#: Lines, in which members wait for their turn: those of a line in the order of their numbers.
_EIGHTH = (
    "ALTER TABLE instances ADD COLUMN line TEXT",
    """CREATE TABLE lines (
        line TEXT NOT NULL,
        number INTEGER NOT NULL,
        member TEXT NOT NULL,
        PRIMARY KEY (line, number)
    ) WITHOUT ROWID""",
    "CREATE UNIQUE INDEX members_of_lines ON lines (line, member)",
)

#: The statements from each schema to the next. A file can have any of them, so a step never changes.
STEPS = (_FIRST, _SECOND, _THIRD, _FOURTH, _FIFTH, _SIXTH, _SEVENTH, _EIGHTH)
VERSION = len(STEPS)


def create(connection: sqlite3.Connection, path: str | Path) -> None:
    """Run the steps that the file has not had yet. Several processes may open the same file at once.

    Raises ConfigurationError if a newer Verihook made the file.
    """
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        version = version_of(connection)
        if version > VERSION:
            check(connection, path)
        for number, statements in enumerate(STEPS[version:], version + 1):
            for statement in (*statements, f"PRAGMA user_version = {number}"):
                connection.execute(statement)


def check(connection: sqlite3.Connection, path: str | Path) -> None:
    """Raise ConfigurationError if the file is not of this Verihook's schema."""
    version = version_of(connection)
    if version != VERSION:
        mend = "upgrade Verihook, or name another folder" if version > VERSION else "start the server on it once"
        raise ConfigurationError(
            str(path), "", f"its schema is version {version}, and this Verihook needs {VERSION}: {mend}"
        )


def version_of(connection: sqlite3.Connection) -> int:
    """Return the number of the file's last step."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)
