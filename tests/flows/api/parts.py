"""The API over a real ledger; the engine is a part of this suite's own, which ends executions when a test says so."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from tests.contracts.instances import NOW
from tests.flows.deployment import SECRET, STANDARD_SECRET
from verihook import instances
from verihook.adapters.caller import HttpCaller
from verihook.adapters.clock import SystemClock
from verihook.adapters.ledgers.sqlite import SqliteDocuments, SqliteFile, SqliteLedger
from verihook.adapters.payloads.files import FilePayloads
from verihook.adapters.secrets.environment import EnvironmentSecrets
from verihook.api.access import Access
from verihook.app import create_app
from verihook.config import load_hooks
from verihook.errors import EngineUnavailable
from verihook.instances import api_keys
from verihook.model.instance import Progress, Status, Step, parse_execution_name
from verihook.model.policy import Policy
from verihook.model.ports import Pace, Services
from verihook.model.scopes import SCOPES
from verihook.model.workflow import Workflow
from verihook.verification import handshakes, keyrings
from verihook.webhooks.captures import Capture
from verihook.webhooks.observe import Observer

#: Of the sources of hooks.toml.
SECRETS = {
    "ORDERS_WEBHOOK_SECRET": SECRET,
    "GITHUB_WEBHOOK_SECRET": "github secret",
    "STRIPE_WEBHOOK_SECRET": "whsec_stripe",
    "SLACK_SIGNING_SECRET": "slack secret",
    "STANDARD_WEBHOOK_SECRET": STANDARD_SECRET,
}

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"orderId": {"type": "string"}, "quantity": {"type": "integer", "default": 1}},
    "required": ["orderId", "quantity"],
    "additionalProperties": False,
}


class ToldEngine:
    """An engine whose executions begin at once and end when :meth:`finish` says so."""

    max_input = 262_144
    keeps_names = True
    continues = True

    def __init__(self) -> None:
        self.executions: dict[str, Progress] = {}
        self.answered: list[tuple[str, str]] = []
        self.down = False
        self.starts = 0

    def start(self, definition: str, name: str, input: str, connection: str | None = None) -> Status:
        if self.down:
            raise EngineUnavailable("The engine did not answer.")
        self.starts += name not in self.executions
        self.executions.setdefault(name, Progress("running"))
        return "running"

    def run(self, definition: str, name: str, input: str) -> Progress:
        self.executions[name] = Progress("completed", input)
        return self.executions[name]

    def describe(self, definition: str, name: str, arn: str | None = None) -> Progress | None:
        if self.down:
            raise EngineUnavailable("The engine did not answer.")
        return self.executions.get(name)

    def stop(self, definition: str, name: str, cause: str) -> None:
        if name in self.executions:
            self.executions[name] = Progress("terminated", cause=cause)

    def suspend(self, definition: str, name: str) -> bool:
        return True

    def resume(self, definition: str, name: str) -> None: ...

    def owns(self, definition: str, execution: str) -> bool:
        return True

    def machine(self, definition: str) -> str | None:
        return {"order": '{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}'}.get(definition)

    def check_events(self) -> None: ...

    def answer(self, token: str, payload: str) -> bool:
        self.answered.append((token, payload))
        return True

    def redrive(self, definition: str, name: str, token: str = "") -> bool:
        return False

    def steps(self, definition: str, name: str) -> list[Step]:
        return [Step("Charge", "completed", NOW, NOW + 5, '{"a":1}', "{cut short", None, None)]

    def delete(self, definition: str, name: str) -> None:
        self.executions.pop(name, None)

    def finish(self, instance_id: str, progress: Progress, services: Services) -> None:
        """End the present attempt of an instance, and report it as an engine's events do."""
        found = [name for name in self.executions if (parse_execution_name(name) or ("", 0))[0] == instance_id]
        attempt = len(found)
        self.executions[found[-1]] = progress
        assert instances.record_progress(instance_id, attempt, progress, NOW, services)


class Client:
    """Calls the app, one request after the other. An exception that the app lets through is raised."""

    def __init__(self, app: FastAPI, headers: dict[str, str]) -> None:
        self.app, self.headers = app, headers

    def request(self, method: str, url: str, **options: Any) -> httpx.Response:
        async def call() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=self.headers) as client:
                return await client.request(method, url, **options)

        return asyncio.run(call())

    def get(self, url: str, **options: Any) -> httpx.Response:
        return self.request("GET", url, **options)

    def post(self, url: str, **options: Any) -> httpx.Response:
        return self.request("POST", url, **options)

    def put(self, url: str, **options: Any) -> httpx.Response:
        return self.request("PUT", url, **options)

    def delete(self, url: str, **options: Any) -> httpx.Response:
        return self.request("DELETE", url, **options)


class Deployment:
    """Services, an app over them, and keys to it."""

    def __init__(self, services: Services, engine: ToldEngine, *, local: bool = True) -> None:
        self.services, self.engine = services, engine
        self.access = Access(services)
        self.app = create_app(services, self.access, local=local)
        self.key = self.make_key()

    def make_key(self, *scopes: str, **options: Any) -> str:
        """The secret of a new key; with every scope if none is named."""
        now = self.services.clock.now_ms()
        return api_keys.create("test", scopes or SCOPES, self.services.documents, now, **options)[1]

    def client(self, key: str | None = None) -> Client:
        """A client with a key; with one that may do everything if none is given, without one for ""."""
        key = self.key if key is None else key
        return Client(self.app, {"authorization": f"Bearer {key}"} if key else {})

    def asynchronous(self) -> httpx.AsyncClient:
        """The same for many calls at once."""
        headers = {"authorization": f"Bearer {self.key}"}
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://test", headers=headers)


@contextmanager
def deployment(folder: Path, policy: Policy | None = None, *, local: bool = True) -> Iterator[Deployment]:
    """A deployment of this suite in ``folder``."""
    hooks = load_hooks(Path(__file__).parents[3] / "handler" / "hooks.toml")
    engine = ToldEngine()
    with SqliteFile(folder / "ledger.db") as file:
        ledger = SqliteLedger(file)
        telemetry = Silent()
        secrets = EnvironmentSecrets(SECRETS, folder)
        services = Services(
            sources=hooks.sources,
            default_source=hooks.default_source,
            workflows={
                **hooks.workflows,
                "order": Workflow("order", "stepfunctions", "order", input_schema=SCHEMA),
                "free": Workflow("free", "stepfunctions", "free"),
                "quick": Workflow("quick", "stepfunctions", "quick", express=True),
                "paused": Workflow("paused", "stepfunctions", "paused", status="paused"),
            },
            verify={name: ring.verify for name, ring in keyrings(hooks, secrets, telemetry.failure).items()},
            handshakes=handshakes(hooks, secrets),
            ledger=ledger,
            documents=SqliteDocuments(file),
            engines={"stepfunctions": engine},
            payloads=FilePayloads(folder / "payloads"),
            caller=HttpCaller(),
            clock=SystemClock(),
            telemetry=telemetry,
            observer=Observer(ledger, telemetry, Capture(SqliteDocuments(file), hooks.sources)),
            instance_key=b"k" * 32,
            pace=Pace(100, 200),
            policy=policy or Policy(starts_per_minute=None),
            secrets=secrets,
        )
        yield Deployment(services, engine, local=local)


class Silent:
    """Telemetry that keeps what went wrong."""

    def __init__(self) -> None:
        self.failures: list[tuple[str, BaseException]] = []

    def delivery(self, trace: Any) -> None: ...

    def measured(self, measures: Any) -> None:
        """Nothing."""

    def failure(self, where: str, error: BaseException) -> None:
        self.failures.append((where, error))


def assert_memory_stays(forge: Callable[[int], None]) -> None:
    """Nine thousand more forged requests take no memory that the first thousand have not taken."""
    forge(1000)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    forge(9000)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 200_000
