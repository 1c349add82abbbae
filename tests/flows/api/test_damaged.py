"""What we had kept and cannot read: our fault, never the caller's."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import httpx
import pytest

from tests.flows.api.parts import Client, Deployment
from tests.unit.bare import Heard
from verihook.errors import RecordDamaged


def status(client: Client, method: str, url: str, **options: object) -> int:
    """As a server answers: the framework raises what it has answered with 500 once more."""

    async def call() -> int:
        transport = httpx.ASGITransport(client.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=client.headers) as caller:
            return (await caller.request(method, url, **options)).status_code  # type: ignore[arg-type]

    return asyncio.run(call())


#: No JSON, and JSON of another shape; an input may be any JSON.
DAMAGES = ["{", "[]", "{}", '"x"', '{"fingerprint": 1, "more": 2}']
CASES = [(what, text) for what in ("idempotency key", "API key", "mailbox") for text in DAMAGES]


@pytest.mark.parametrize(("what", "text"), [*CASES, ("input", "{"), ("tags", "{"), ("metadata", "[1]")])
def test_a_damaged_row_is_answered_500_and_reported(
    client: Client, deployed: Deployment, tmp_path: Path, what: str, text: str
) -> None:
    headers = {"idempotency-key": "k"}
    made = client.post("/v1/workflows/free/instances", json={"input": 1}, headers=headers).json()
    instance = f"/v1/instances/{made['instanceId']}"
    if what == "mailbox":
        assert status(client, "POST", f"{instance}/events/approved", json={}) < 300
    (file,) = tmp_path.rglob("*.db")
    change, called = {
        "idempotency key": (
            "UPDATE documents SET text = ? WHERE partition LIKE 'idempotency%'",
            ("POST", "/v1/workflows/free/instances", {"json": {"input": 1}, "headers": headers}),
        ),
        "API key": ("UPDATE documents SET text = ? WHERE partition LIKE 'key%'", ("GET", "/v1/keys", {})),
        "mailbox": (
            "UPDATE documents SET text = ? WHERE partition LIKE 'instance#%'",
            ("GET", f"{instance}/events", {}),
        ),
        "input": ("UPDATE instances SET input = ?", ("GET", instance, {})),
        "tags": ("UPDATE instances SET tags = ?", ("GET", instance, {})),
        "metadata": ("UPDATE instances SET metadata = ?", ("GET", instance, {})),
    }[what]
    with sqlite3.connect(file) as database:
        assert database.execute(change, (text,)).rowcount
    database.close()
    heard = Heard()
    object.__setattr__(deployed.services, "telemetry", heard)
    method, url, options = called
    assert status(client, method, url, **options) == 500
    ((_, error),) = heard.failures
    assert isinstance(error, RecordDamaged)
    assert "cannot be read, it is damaged" in str(error)
