"""The two rooms of the ledger's file that the Ledger port speaks of."""

from __future__ import annotations

from verihook.adapters.ledgers.sqlite.instances import Instances
from verihook.adapters.ledgers.sqlite.observations import Observations


class SqliteLedger(Instances, Observations):
    """Implements :class:`verihook.model.ports.Ledger` on a :class:`~verihook.adapters.ledgers.sqlite.file.SqliteFile`.

    Threads and processes may share the file. DynamoDB deletes expired rows by itself; here a write that adds a row
    takes up to two expired ones away, so that the file stops growing once as many rows expire as come.
    """
