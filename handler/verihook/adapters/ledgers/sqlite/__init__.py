"""The ledger on one machine: one SQLite file in WAL mode (https://www.sqlite.org/wal.html), SQLite 3.24 or newer."""

from __future__ import annotations

from verihook.adapters.ledgers.sqlite.documents import SqliteDocuments
from verihook.adapters.ledgers.sqlite.file import SqliteFile
from verihook.adapters.ledgers.sqlite.ledger import SqliteLedger

__all__ = ["SqliteDocuments", "SqliteFile", "SqliteLedger"]
