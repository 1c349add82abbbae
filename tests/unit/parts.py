"""Services for tests of the core: SQLite, files, an engine that is moved by hand, and a clock that stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.unit.bare import Heard, StandingClock, bare_services
from tests.unit.engine_by_hand import EngineByHand
from verihook.adapters.ledgers.sqlite import SqliteDocuments, SqliteFile, SqliteLedger
from verihook.adapters.payloads.files import FilePayloads
from verihook.instances import StartRequest
from verihook.model.connection import Connection
from verihook.model.ports import Services
from verihook.model.workflow import Workflow


class NoCaller:
    """Takes every https URL and calls none."""

    def check(self, url: str) -> None:
        if not url.startswith("https://"):
            raise ValueError("must be an https URL")

    def post(self, url: str, body: bytes, headers: Any) -> int:
        raise AssertionError("nobody is to be called")


@dataclass
class Parts:
    """The services and what they are made of."""

    services: Services
    engine: EngineByHand
    clock: StandingClock
    heard: Heard
    ids: dict[str, int] = field(default_factory=dict)

    @property
    def ledger(self) -> Any:
        return self.services.ledger

    def row(self, instance_id: str) -> Any:
        found = self.services.ledger.get(instance_id, self.clock.now_ms())
        assert found is not None
        return found


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    engine, clock, heard = EngineByHand(), StandingClock(), Heard()
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    with SqliteFile(tmp_path / "ledger.db") as file:
        services = bare_services(
            workflows={
                "w": Workflow("w", "hand", "w", version=3, connections=("erp",)),
                "strict": Workflow("strict", "hand", "strict", input_schema=schema),
                "draft": Workflow("draft", "hand", "w", status="draft"),
                "express": Workflow("express", "hand", "w", express=True),
                "short": Workflow("short", "hand", "w", retention_days=1),
            },
            ledger=SqliteLedger(file),
            documents=SqliteDocuments(file),
            engines={"hand": engine},
            payloads=FilePayloads(tmp_path / "payloads"),
            caller=NoCaller(),
            clock=clock,
            telemetry=heard,
            connections={"erp": Connection("erp", "https://erp.example")},
        )
        yield Parts(services, engine, clock, heard)


def request(workflow: str = "w", **fields: Any) -> StartRequest:
    return StartRequest(workflow, **({"content": {"n": 1}} | fields))
