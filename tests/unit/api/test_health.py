"""What the deep health check finds."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import Any

import pytest

from tests.contracts.instances import NOW
from tests.unit.bare import Counted, Heard, bare_services
from verihook import __version__
from verihook.adapters.ledgers.sqlite import SqliteDocuments, SqliteFile, SqliteLedger
from verihook.api.health import Health
from verihook.config import load_hooks
from verihook.model.instance import iso
from verihook.model.measures import Series
from verihook.records import replace

SOURCE = """
[workflows.billed]
engine = "function"
definition = "echo"

[sources.billing]
sender = "stripe"
workflow = "billed"
secrets = ["env:NEW", {ref = "env:OLD", until = 2100-01-01T00:00:00Z}]
"""


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


def test_what_runs_here_and_how_its_repairs_stand(tmp_path: Path) -> None:
    hooks = tmp_path / "hooks.toml"
    hooks.write_text(SOURCE)
    loaded = load_hooks(hooks)
    series = [
        Series("verihook_reconcile_last_success_timestamp", "", "", NOW / 1000),
        Series("verihook_queued_oldest_seconds", "", "", 12.0),
    ]
    with SqliteFile(tmp_path / "ledger.db") as file:
        parts: Any = {"ledger": SqliteLedger(file), "documents": SqliteDocuments(file), "telemetry": Heard()}
        services: Any = bare_services(**parts, sources=loaded.sources, configuration=loaded.digest)
        found = asyncio.run(Health(services).look())
        assert {"billing": "2100-01-01T00:00:00.000Z"} == found["secretsEnd"]
        assert hashlib.sha256(SOURCE.encode()).hexdigest() == found["configuration"]
        assert __version__ == found["version"]
        assert "reconciledAt" not in found
        measured = asyncio.run(Health(replace(services, series=lambda: series)).look())
    assert (iso(NOW), 12.0) == (measured["reconciledAt"], measured["oldestQueuedSeconds"])
