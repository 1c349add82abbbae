"""The dialects over real parts: SQLite, the Step Functions interpreter, and the loop that records what ended."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from tests.boto_clients import loopback_client
from tests.unit.bare import Heard, bare_services
from verihook import dialects, instances
from verihook.adapters.clock import SystemClock
from verihook.adapters.engines.stepfunctions import StepFunctionsEngine
from verihook.adapters.ledgers.sqlite import SqliteDocuments, SqliteFile, SqliteLedger
from verihook.adapters.payloads.files import FilePayloads
from verihook.api.access import Access
from verihook.errors import EngineUnavailable, LedgerUnavailable
from verihook.local.runner import ARN_PREFIX, Interpreter
from verihook.model.connection import Connection
from verihook.model.instance import execution_name
from verihook.model.listing import Query
from verihook.model.policy import Policy
from verihook.model.ports import Services
from verihook.model.workflow import Workflow

_FRUIT = "{% $join($states.input.items.('Ordered ' & $string(amount) & ' ' & fruit), '...') & '...' %}"

#: How long an answer of the guide waits here, in seconds.
WAIT_S = 2.0

MACHINES: dict[str, Any] = {
    "echo": {"StartAt": "Echo", "States": {"Echo": {"Type": "Pass", "End": True}}},
    "endless": {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 900, "End": True}}},
    "failing": {"StartAt": "Fail", "States": {"Fail": {"Type": "Fail", "Error": "NoStock", "Cause": "sold out"}}},
    "shopping": {
        "QueryLanguage": "JSONata",
        "StartAt": "Order",
        "States": {"Order": {"Type": "Pass", "Output": _FRUIT, "End": True}},
    },
}

#: As in the document: customerId and amount are wanted, the currency has a default.
INVOICE = {
    "type": "object",
    "required": ["customerId", "amount"],
    "properties": {
        "customerId": {"type": "string", "pattern": "^cus_[a-zA-Z0-9]+$"},
        "amount": {"type": "number", "minimum": 100},
        "currency": {"type": "string", "enum": ["usd", "eur", "gbp"], "default": "usd"},
    },
}

WORKFLOWS = {
    workflow.name: workflow
    for workflow in [
        *(Workflow(name, "stepfunctions", name, connections=("conn_xyz",)) for name in MACHINES),
        Workflow("data-processing", "stepfunctions", "endless"),
        Workflow("invoice", "stepfunctions", "echo", version=3, input_schema=INVOICE, connections=("conn_xyz",)),
        Workflow("draft", "stepfunctions", "echo", status="draft"),
    ]
}


@contextmanager
def deployed(folder: Path) -> Iterator[Services]:
    """Services of an open machine; what ended is recorded while they are there."""
    with Interpreter(folder / "executions.db") as interpreter, SqliteFile(folder / "ledger.db") as file:
        interpreter.deploy({name: json.dumps(machine) for name, machine in MACHINES.items()})
        client = loopback_client("stepfunctions", interpreter.endpoint_url)
        services = bare_services(
            ledger=SqliteLedger(file),
            documents=SqliteDocuments(file),
            payloads=FilePayloads(folder / "payloads"),
            engines={"stepfunctions": StepFunctionsEngine(client, ARN_PREFIX)},
            workflows=WORKFLOWS,
            connections={"conn_xyz": Connection("conn_xyz", "https://example.com")},
            policy=Policy(auth="open", starts_per_minute=None),
            clock=SystemClock(),
        )
        stopping = threading.Event()
        recorder = threading.Thread(target=_record, args=(services, stopping))
        recorder.start()
        try:
            yield services
        finally:
            stopping.set()
            recorder.join(60)


def app_of(services: Services) -> FastAPI:
    """An app of the dialects alone, on loopback."""
    app = FastAPI(redirect_slashes=False)
    for router in dialects.routers(services, Access(services, loopback=True), WAIT_S):
        app.include_router(router)
    return app


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """A server of the app on a free port of loopback; gives its URL."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(60)


@contextmanager
def client_of(services: Services, policy: Policy | None = None) -> Iterator[httpx.Client]:
    """A client on this machine, to a server of its own; ``policy``: another than the services'."""
    app = app_of(replace(services, policy=policy or services.policy))
    with served(app) as url, httpx.Client(base_url=url, timeout=60, trust_env=False) as client:
        yield client


def faults(services: Services) -> list[tuple[str, BaseException]]:
    """What went wrong that no client has heard of."""
    assert isinstance(services.telemetry, Heard)
    return services.telemetry.failures


def _record(services: Services, stopping: threading.Event) -> None:
    """What reconcile does, without its pauses."""
    while not stopping.wait(0.02):
        now = services.clock.now_ms()
        # As reconcile does, it looks again at what did not answer in time.
        with suppress(EngineUnavailable, LedgerUnavailable):
            for query in (Query(status="queued"), Query(status="running")):
                for instance in services.ledger.page(query, 100, None, now):
                    engine, definition = instances.reading.engine_of(instance, services)
                    progress = engine.describe(definition, execution_name(instance.id, instance.attempt))
                    if progress is not None and progress.status != instance.status:
                        attempt = (instance.id, instance.attempt, progress, instance.created_at)
                        instances.record_progress(*attempt, services, instance.workflow)
