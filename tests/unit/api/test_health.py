"""What the deep health check finds."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.unit.bare import Counted, Heard, bare_services
from verihook.adapters.ledgers.sqlite import SqliteDocuments, SqliteFile, SqliteLedger
from verihook.api.health import Health


@pytest.mark.parametrize(("failing", "state"), [(set(), "ok"), ({"take_token"}, "unavailable")])
def test_a_ledger_that_reads_and_does_not_write_is_unavailable(tmp_path: Path, failing: set[str], state: str) -> None:
    with SqliteFile(tmp_path / "ledger.db") as file:
        documents, heard = Counted(SqliteDocuments(file)), Heard()
        documents.failing = failing
        services: Any = bare_services(ledger=SqliteLedger(file), documents=documents, telemetry=heard)
        found = asyncio.run(Health(services).look())
    assert (found["status"], found["ledger"]) == (state, state)
    assert documents.calls == ["take_token"]
    assert [where for where, _ in heard.failures] == (["health ledger"] if failing else [])


def test_what_has_ended_in_the_process_is_said_in_words(tmp_path: Path) -> None:
    with SqliteFile(tmp_path / "ledger.db") as file:
        services: Any = bare_services(ledger=SqliteLedger(file), documents=SqliteDocuments(file), telemetry=Heard())
        for faults in ({}, {"reconcile": "The rounds of reconcile have ended."}):
            health = Health(services, lambda faults=faults: faults)  # type: ignore[misc]
            found = asyncio.run(health.look())
            assert ("unavailable" if faults else "ok", "ok") == (found["status"], found["ledger"])
            assert faults == found.get("faults", {}) == asyncio.run(health.faults())
