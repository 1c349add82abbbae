"""What we had kept and cannot read: our fault, never the caller's."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import httpx
import pytest

from tests.flows.api.parts import Client, Deployment
from tests.flows.api.test_deliveries import PUSH, deliver, keeping
from tests.flows.signing import github
from tests.unit.bare import Heard
from verihook.errors import RecordDamaged


def status(client: Client, method: str, url: str, **options: object) -> int:
    """As a server answers: the framework raises what it has answered with 500 once more."""

    async def call() -> int:
        transport = httpx.ASGITransport(client.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=client.headers) as caller:
            return (await caller.request(method, url, **options)).status_code  # type: ignore[arg-type]

    return asyncio.run(call())


@pytest.mark.parametrize("text", ["{", "[]", '"x"', '[["a", 1]]'])
@pytest.mark.parametrize("what", ["job", "capture window", "captured request", "facts", "sample", "body"])
def test_what_is_kept_of_deliveries_and_jobs_is_ours_too(
    client: Client, deployed: Deployment, tmp_path: Path, what: str, text: str
) -> None:
    keeping(deployed, keep="full")
    form = b"payload=%7B%7D"
    signed = [("Content-Type", "application/x-www-form-urlencoded"), *github(form, "d-1")[1:]]
    delivery = deliver(deployed, "github", form, signed)["instanceId"]
    job = client.post("/v1/jobs", json={"action": "redrive", "filter": {"workflow": "free"}}).json()["job"]["id"]
    client.post("/v1/sources/github/captures")
    for _ in range(2):
        deliver(deployed, "github", PUSH, [])
        deployed.services.observer.flush()
    changes = {
        "job": "UPDATE documents SET text = ? WHERE partition = 'jobs#all'",
        "capture window": "UPDATE documents SET text = ? WHERE partition = 'captures#github'",
        "captured request": "UPDATE documents SET text = ? WHERE partition LIKE 'captures#github#%'",
        "facts": "UPDATE instances SET delivery = ?",
        "sample": "UPDATE observations SET sample = ?",
        "body": "UPDATE instances SET delivery = json_set(delivery, '$.b[2]', ?)",
    }
    asked = {
        "job": [("GET", "/v1/jobs"), ("GET", f"/v1/jobs/{job}"), ("POST", f"/v1/jobs/{job}/stop")],
        "facts": [("GET", f"/v1/instances/{delivery}"), ("GET", "/v1/deliveries"), ("GET", "/v1/lookup?q=d-1")],
        "sample": [("GET", "/v1/deliveries?outcome=rejected")],
        "body": [("GET", f"/v1/deliveries/{delivery}/body")],
    }.get(what, [("GET", "/v1/deliveries?outcome=captured"), ("GET", "/v1/deliveries/captured:github:1:00")])
    (file,) = tmp_path.rglob("*.db")
    with sqlite3.connect(file) as database:
        assert database.execute(changes[what], (text,)).rowcount
    database.close()
    for method, url in asked:
        heard = Heard()
        object.__setattr__(deployed.services, "telemetry", heard)
        assert status(client, method, url) == 500, url
        ((_, error),) = heard.failures
        assert isinstance(error, RecordDamaged)


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
