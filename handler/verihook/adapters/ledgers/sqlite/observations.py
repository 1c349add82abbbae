"""The hours in which something was seen of a source."""

from __future__ import annotations

import sqlite3
from dataclasses import fields
from operator import attrgetter

from verihook.adapters.ledgers.observation_item import HOUR_MS, expires_at
from verihook.adapters.ledgers.sqlite.file import SqliteFile
from verihook.model.ports import Observation

_SEEN = tuple(field.name for field in fields(Observation))
_OBSERVE = f"""INSERT INTO observations ({", ".join(_SEEN)}, hour, expires_at)
    VALUES ({", ".join("?" * len(_SEEN))}, ?, ?)
    ON CONFLICT (kind, hour, source, reason) DO UPDATE SET
        count = count + excluded.count,
        first_at = min(first_at, excluded.first_at),
        last_at = max(last_at, excluded.last_at),
        request_id = excluded.request_id,
        sample = excluded.sample"""
FORGET = """DELETE FROM observations WHERE (kind, hour, source, reason) IN
    (SELECT kind, hour, source, reason FROM observations WHERE expires_at <= ? LIMIT ?)"""
_OBSERVATIONS = f"SELECT {', '.join(_SEEN)} FROM observations WHERE kind = ? AND hour >= ? AND last_at >= ?"
OBSERVATIONS = f"{_OBSERVATIONS} ORDER BY hour DESC, source DESC, reason DESC LIMIT ?"
OBSERVATIONS_OF_A_SOURCE = f"{_OBSERVATIONS} AND source = ? ORDER BY hour DESC, reason DESC LIMIT ?"

_values = attrgetter(*_SEEN)


class Observations:
    """What :class:`verihook.model.ports.Ledger` says of observations."""

    def __init__(self, file: SqliteFile) -> None:
        """``file`` stays the caller's to close."""
        self._file = file

    def observe(self, observation: Observation) -> None:
        """See :meth:`verihook.model.ports.Ledger.observe`. Up to two expired rows go in the same transaction."""
        values = _values(observation)
        at = observation.last_at

        def add(database: sqlite3.Connection) -> None:
            database.execute(_OBSERVE, (*values, at // HOUR_MS, expires_at(at)))

        self._file.write(add, (FORGET, at // 1000))

    def observations(self, kind: str, source: str | None, limit: int, since_ms: int = 0) -> list[Observation]:
        """See :meth:`verihook.model.ports.Ledger.observations`. ``since_ms``: nothing that ended before is shown."""
        statement = OBSERVATIONS if source is None else OBSERVATIONS_OF_A_SOURCE
        of_source = () if source is None else (source,)
        with self._file.lists() as database:
            rows = database.execute(statement, (kind, since_ms // HOUR_MS, since_ms, *of_source, max(limit, 0)))
            return [Observation(*row) for row in rows]
