"""Guards of starts, keys and payloads that no other fast test shows alone: mutants.toml breaks each."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi import Request as HttpRequest

from tests.adapters.dynamodb_tables import TABLE, on_moto
from tests.contracts.instances import HOUR, LARGE, NOW, an_instance
from tests.flows import signing
from tests.flows.api.parts import deployment
from tests.flows.deployment import SECRET
from tests.mutants.test_guards import Parts as Receiver
from tests.mutants.test_guards import parts as receiver
from tests.unit.bare import Counted, documents
from tests.unit.parts import Parts, parts, request
from verihook import instances
from verihook.adapters.caller import HttpCaller
from verihook.adapters.ledgers.dynamodb import DynamoDbLedger
from verihook.adapters.ledgers.item import encode, key
from verihook.adapters.ledgers.table import create_table_request
from verihook.api.access import Identity
from verihook.dialects import calling
from verihook.errors import Forbidden, InstanceNotFound, PayloadGone
from verihook.instances import api_keys, callbacks, payload
from verihook.instances.reconcile import reconcile
from verihook.model.delivery import Delivery
from verihook.model.instance import Instance, Progress, Status
from verihook.model.listing import Query
from verihook.model.policy import Policy
from verihook.model.resumption import Resumption
from verihook.model.scopes import SCOPES, ApiKey
from verihook.request import Reply

__all__ = ["documents", "parts", "receiver"]


def delivered(receiver: Receiver, source: str, **fields: object) -> Reply:
    body = signing.order(**{"id": "evt_1", **fields})
    return receiver.post(source, body, signing.x_signature(body))


def test_an_instance_of_the_api_is_claimed_before_it_is_started(parts: Parts) -> None:
    claim, started = parts.ledger.claim, []

    def watched(instance: Instance) -> Instance | None:
        started.extend(parts.engine.starts)
        found: Instance | None = claim(instance)
        return found

    parts.ledger.claim = watched
    assert instances.submit(request(id="a"), "", parts.services).created
    assert ([], ["a"]) == (started, parts.engine.starts)


def test_a_redelivery_is_told_as_one_and_starts_nothing(receiver: Receiver) -> None:
    answers = [json.loads(delivered(receiver, "orders").body) for _ in range(3)]
    assert [False, True, True] == [answer["duplicate"] for answer in answers]
    assert 1 == receiver.happened.count("start")


def test_another_body_under_a_known_id_is_noticed(receiver: Receiver) -> None:
    for total in (1, 1, 2):
        assert 200 == delivered(receiver, "orders", note=total).status
    assert [False, False, True] == [trace.changed for trace in receiver.telemetry.traces]
    statuses = [delivered(receiver, "strict", note=total).status for total in (1, 1, 2)]
    assert [200, 200, 409] == statuses


def test_a_source_has_no_start_more_than_its_limit(receiver: Receiver) -> None:
    statuses = [delivered(receiver, "limited", id=f"evt_{number}").status for number in range(4)]
    assert [200, 200, 429, 429] == statuses
    assert 2 == receiver.happened.count("claim")


def test_a_source_that_rejects_duplicates_says_so(receiver: Receiver) -> None:
    assert [200, 409, 409] == [delivered(receiver, "once").status for _ in range(3)]
    assert 1 == receiver.happened.count("start")


def test_a_redelivery_restarts_nothing_that_was_purged(receiver: Receiver) -> None:
    first = json.loads(delivered(receiver, "again").body)
    row = receiver.ledger.get(first["instanceId"], 0)
    assert row is not None
    assert receiver.ledger.amend(replace(row, status="completed", input="null", purged=True))
    again = json.loads(delivered(receiver, "again").body)
    assert (first["instanceId"], True) == (again["instanceId"], again["duplicate"])
    assert 1 == receiver.happened.count("start")


def test_a_body_above_the_limit_is_refused_before_it_is_verified(receiver: Receiver) -> None:
    body = signing.order(note="x" * 300)
    for secret in (SECRET, "guess"):
        assert 413 == receiver.post("small", body, signing.x_signature(body, secret)).status
    assert [] == receiver.happened


def test_who_knows_the_id_sees_status_and_times(receiver: Receiver) -> None:
    instance_id = json.loads(delivered(receiver, "again").body)["instanceId"]
    row = receiver.ledger.get(instance_id, 0)
    assert row is not None
    # A workflow without public_output.
    secret = replace(row, status="failed", workflow="process-order", output='"private"', error="E", cause="private")
    assert not receiver.services.workflows["process-order"].public_output
    assert receiver.ledger.amend(secret)
    assert 404 == receiver.read("/hooks/orders", instance_id).status
    for path in ("/", "/hooks/again"):
        reply = receiver.read(path, instance_id)
        assert {"instanceId", "workflow", "status", "createdAt", "updatedAt"} == set(json.loads(reply.body))


RESUMES = Resumption("w", "e", (), "start", 1)


@pytest.mark.parametrize("kind", [{"engine": "batch"}, {"delivery": Delivery(resumption=RESUMES)}])
def test_a_delivery_that_starts_or_resumes_others_shows_nothing_of_them(
    receiver: Receiver, kind: dict[str, Any]
) -> None:
    instance_id = json.loads(delivered(receiver, "again").body)["instanceId"]
    row = receiver.ledger.get(instance_id, 0)
    assert row is not None
    assert receiver.services.workflows["order-created"].public_output
    ended = replace(row, status="failed", workflow="order-created", output='"other"', error="E", cause="other")
    assert receiver.ledger.amend(ended)
    assert b"other" in receiver.read("/", instance_id).body
    assert receiver.ledger.amend(replace(ended, revision=ended.revision + 1, **kind))
    reply = receiver.read("/", instance_id)
    assert {"instanceId", "workflow", "status", "createdAt", "updatedAt"} == set(json.loads(reply.body))


@pytest.mark.parametrize(("auth", "status"), [("required", 404), ("open", 200)])
def test_an_id_that_a_caller_chose_tells_nothing_to_a_stranger(receiver: Receiver, auth: Any, status: int) -> None:
    receiver.services = replace(receiver.services, policy=Policy(auth=auth))
    receiver.ledger.claim(an_instance(id="order-7", source=None))
    assert status == receiver.read("/", "order-7").status


def test_an_index_that_trails_shows_no_tombstone() -> None:
    with on_moto() as client:
        client.create_table(**create_table_request(TABLE))
        ledger = DynamoDbLedger(client, TABLE)
        row = an_instance(source="orders")
        ledger.claim(row)
        for query in (Query(), Query(workflow=row.workflow), Query(source="orders")):
            assert [row.id] == [found.id for found in ledger.page(query, 10, None, NOW)]
        # The places are still those of before; the table is ahead.
        names = {"TableName": TABLE, "Key": key(row.id), "UpdateExpression": "SET purged = :purged"}
        client.update_item(**names, ExpressionAttributeValues={":purged": encode(True)})
        for query in (Query(), Query(workflow=row.workflow), Query(source="orders")):
            assert [] == ledger.page(query, 10, None, NOW)


@pytest.mark.parametrize("operation", ["restart", "redrive"])
def test_a_restart_counts_as_a_start(tmp_path: Path, operation: str) -> None:
    with deployment(tmp_path, Policy(starts_per_minute=2)) as deployed:
        client, statuses = deployed.client(), []
        instance_id = client.post("/v1/workflows/free/instances").json()["instanceId"]
        for _ in range(2):
            deployed.engine.finish(instance_id, Progress("failed"), deployed.services)
            statuses.append(client.post(f"/v1/instances/{instance_id}/{operation}").status_code)
    assert [200, 429] == statuses


def test_what_is_suspended_is_not_looked_at_again_and_again(parts: Parts) -> None:
    instances.submit(request(id="a"), "", parts.services)
    instances.record_progress("a", 1, Progress("running"), NOW, parts.services)
    instances.suspend("a", parts.services)
    # As when only a gate holds it: the engine itself calls it running.
    parts.engine.executions["a"] = Progress("running")
    parts.clock.at += 1_000_000
    assert [1, 0] == [reconcile(parts.services).looked for _ in range(2)]
    assert "suspended" == parts.row("a").status


def test_what_is_suspended_between_claim_and_start_does_not_run(parts: Parts) -> None:
    start = parts.engine.start

    def suspended_before(definition: str, name: str, input: str, connection: str | None = None) -> Status:
        instances.suspend("a", parts.services)
        return start(definition, name, input, connection)

    parts.engine.start = suspended_before  # type: ignore[method-assign]
    instances.submit(request(id="a"), "", parts.services)
    parts.clock.at += HOUR
    reconcile(parts.services)
    assert ("suspended", "suspended") == (parts.row("a").status, parts.engine.executions["a"].status)


@pytest.mark.parametrize("loopback", [False, True])
def test_an_address_is_called_over_https_alone(loopback: bool) -> None:
    caller = HttpCaller(loopback=loopback)
    caller.check("https://198.51.101.7/")
    with pytest.raises(ValueError, match="scheme must be https"):
        caller.check("http://198.51.101.7/")


def test_the_hash_of_a_key_is_compared_in_constant_time(documents: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    _, secret = api_keys.create("ci", ["workflows:read"], documents, NOW)
    compared: list[tuple[str, str]] = []

    def compare(first: str, second: str) -> bool:
        compared.append((first, second))
        return first == second

    monkeypatch.setattr(hmac, "compare_digest", compare)
    api_keys.find(secret, documents, NOW)
    assert [(api_keys.digest_of(secret),) * 2] == compared


def test_a_payload_that_somebody_changed_is_not_read(parts: Parts, tmp_path: Path) -> None:
    row = instances.submit(request(content={"t": "x" * LARGE}), "", parts.services).instance
    (kept,) = (path for path in (tmp_path / "payloads").rglob("*") if path.is_file())
    kept.write_text(kept.read_text().replace("x", "y"))
    with pytest.raises(PayloadGone, match="not what was kept"):
        payload.load(parts.row(row.id).input, parts.services.payloads)


def test_a_dialect_keeps_to_the_workflows_of_a_key(parts: Parts) -> None:
    """What the route's own check cannot know: the workflow stands in the body, or in the instance."""
    for number in range(3):
        instances.submit(request(id=f"private-{number}"), "", parts.services)
    caller = Identity(ApiKey("0" * 16, "bound", SCOPES, ("short",), NOW))
    for id in ("private-0", "unknown"):
        with pytest.raises(InstanceNotFound):
            asyncio.run(calling.find_instance(id, "instances:read", caller, parts.services))
    with pytest.raises(Forbidden):
        asyncio.run(calling.start(request(), HttpRequest({"type": "http", "headers": []}), caller, parts.services))
    page = asyncio.run(calling.list_page([Query(), Query(status="queued")], 1, None, caller, parts.services))
    # A cursor is made of an id.
    assert ([], None) == (page.instances, page.cursor)
    instances.submit(request("short", id="mine"), "", parts.services)
    page = asyncio.run(calling.list_page([Query()], 10, None, caller, parts.services))
    assert ["mine"] == [instance.id for instance in page.instances]


def test_a_retry_of_loopfour_counts_as_a_start(tmp_path: Path) -> None:
    with deployment(tmp_path, Policy(starts_per_minute=1)) as deployed:
        client = deployed.client()
        run = client.post("/v1/workflows/free/instances").json()["instanceId"]
        deployed.engine.finish(run, Progress("failed"), deployed.services)
        assert 429 == client.post(f"/api/v1/runs/{run}/retry").status_code


def test_a_key_makes_none_that_outlives_it(tmp_path: Path) -> None:
    with deployment(tmp_path) as deployed:
        now = deployed.services.clock.now_ms()
        _, secret = api_keys.create("short", ["keys:manage"], deployed.services.documents, now, expires_at=now + HOUR)
        client = deployed.client(secret)
        wanted = {"name": "next", "scopes": ["keys:manage"]}
        ends: list[dict[str, str]] = [{}, {"expires": "2h"}, {"expires": "9m"}]
        assert [403, 403, 201] == [client.post("/v1/keys", json=wanted | end).status_code for end in ends]


def test_a_wait_that_is_told_again_stands_once(parts: Parts) -> None:
    instances.submit(request(id="a"), "", parts.services)
    for _ in range(2):
        instances.await_event("a", 1, "approved", "the-token", parts.services)
    entries = instances.mailbox("a", parts.services)
    assert ["waiting"] == [entry.state for entry in entries]
    # With the token one could answer in the engine's place: it is not to be seen.
    assert "the-token" not in repr(entries)


def test_receivers_of_callbacks_are_not_told_the_instance_key() -> None:
    key = b"k" * 32
    assert base64.b64decode(callbacks.callback_secret(key).removeprefix("whsec_")) != key
