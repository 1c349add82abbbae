"""The Ledger port on SQLite, put together from its parts."""

from __future__ import annotations

from verihook.adapters.ledgers.sqlite.instances import Instances
from verihook.adapters.ledgers.sqlite.observations import Observations


class SqliteLedger(Instances, Observations):
    """Implements :class:`verihook.model.ports.Ledger` on a :class:`~verihook.adapters.ledgers.sqlite.file.SqliteFile`.

    Threads and processes may share the file. DynamoDB deletes expired rows by itself; here a write that adds a row also
    deletes up to two expired ones, so that the file stops growing once as many rows expire as are added.
    """
