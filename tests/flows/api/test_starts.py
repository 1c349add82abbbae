"""Starting instances over HTTP."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from tests.flows.api.parts import Client, Deployment, deployment
from verihook import instances
from verihook.model.instance import Progress
from verihook.model.policy import Policy

ORDERS = "/v1/workflows/order/instances"


def test_a_start_is_accepted_and_can_be_found(client: Client) -> None:
    answer = client.post(ORDERS, json={"input": {"orderId": "1"}, "tags": ["vip"], "metadata": {"customer": "42"}})
    assert (202, "1") == (answer.status_code, answer.headers["retry-after"])
    content = answer.json()
    assert {"workflow": "order", "version": 1, "status": "queued", "startAt": None}.items() <= content.items()
    assert f"/v1/instances/{content['instanceId']}" == answer.headers["location"]
    found = client.get(answer.headers["location"]).json()
    assert {"orderId": "1", "quantity": 1} == found["input"]
    assert (["vip"], {"customer": "42"}) == (found["tags"], found["metadata"])


def test_an_empty_body_is_no_input(client: Client) -> None:
    answer = client.post("/v1/workflows/free/instances")
    assert None is client.get(answer.headers["location"]).json()["input"]


def test_every_violation_of_the_schema(client: Client, deployed: Deployment) -> None:
    answer = client.post(ORDERS, json={"input": {"orderId": 1, "quantity": "x"}})
    assert (422, "input-invalid") == (answer.status_code, answer.json()["code"])
    assert {"/orderId", "/quantity"} == {violation["pointer"] for violation in answer.json()["violations"]}
    assert 0 == deployed.engine.starts


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "request-invalid"),
        (b'{"input": NaN}', 400, "request-invalid"),
        (b'{"input": {"a": 1, "a": 2}}', 400, "request-invalid"),
        (b'{"input": ' + b"[" * 100_000, 400, "request-invalid"),
        (b'{"input": "\xff"}', 400, "request-invalid"),
        (b"[]", 422, "input-invalid"),
        (b'{"unknown": 1}', 422, "input-invalid"),
        (b'{"id": 7}', 422, "input-invalid"),
        (b'{"id": "a b"}', 400, "request-invalid"),
        (b'{"delay": "soon"}', 400, "request-invalid"),
        (b'{"delay": 1, "startAt": "2030-01-01T00:00:00Z"}', 400, "request-invalid"),
        (b'{"startAt": "2030-01-01T00:00:00"}', 400, "request-invalid"),
        (b'{"connection": "nowhere"}', 400, "request-invalid"),
        (b'{"callbackUrl": "http://169.254.169.254/"}', 400, "request-invalid"),
        (b'{"version": 9}', 404, "workflow-not-found"),
        (b'{"input": "' + b"x" * 6_000_000 + b'"}', 413, "body-too-large"),
    ],
)
def test_what_is_no_start(client: Client, deployed: Deployment, body: bytes, status: int, code: str) -> None:
    answer = client.post("/v1/workflows/free/instances", content=body, headers={"content-type": "application/json"})
    assert (status, code) == (answer.status_code, answer.json()["code"])
    assert "application/problem+json" == answer.headers["content-type"]
    assert 0 == deployed.engine.starts


def test_a_form_is_refused(client: Client) -> None:
    assert 415 == client.post(ORDERS, data={"a": "b"}).status_code
    headers = {"content-encoding": "gzip"}
    assert 415 == client.post(ORDERS, content=b"{}", headers=headers).status_code


def test_unknown_and_paused_workflows_and_parameters(client: Client) -> None:
    assert "workflow-not-found" == client.post("/v1/workflows/none/instances", json={}).json()["code"]
    assert "not-active" == client.post("/v1/workflows/paused/instances", json={}).json()["code"]
    assert "Unknown query parameter 'wait'" in client.post(f"{ORDERS}?wait=1", json={}).json()["detail"]


def test_a_replay_is_the_same_answer(client: Client, deployed: Deployment) -> None:
    body = {"input": {"orderId": "1"}}
    first = client.post(ORDERS, json=body, headers={"idempotency-key": "k1"})
    deployed.engine.finish(first.json()["instanceId"], Progress("completed", '"done"'), deployed.services)
    again = client.post(ORDERS, json={**body, "idempotencyKey": "k1"}, headers={"idempotency-key": '"k1"'})
    assert (202, first.content) == (again.status_code, again.content)
    assert (None, "true") == (first.headers.get("idempotent-replayed"), again.headers["idempotent-replayed"])
    other = client.post(ORDERS, json={"input": {"orderId": "2"}, "idempotencyKey": "k1"})
    assert (422, "idempotency-mismatch") == (other.status_code, other.json()["code"])
    differing = client.post(ORDERS, json={**body, "idempotencyKey": "k1"}, headers={"idempotency-key": "k2"})
    assert 400 == differing.status_code


def test_a_replay_says_how_the_instance_stands_and_a_failed_ones_key_may_begin_anew(
    client: Client, deployed: Deployment
) -> None:
    headers = {"idempotency-key": "k1"}
    first = client.post(ORDERS, json={"input": {"orderId": "1"}}, headers=headers)
    assert "instance-status" not in first.headers
    deployed.engine.finish(first.json()["instanceId"], Progress("failed", error="NoStock"), deployed.services)
    again = client.post(ORDERS, json={"input": {"orderId": "1"}}, headers=headers)
    assert (first.content, "failed") == (again.content, again.headers["instance-status"])
    many = client.post(f"{ORDERS}:batch", json={"instances": [{"input": {"orderId": "1"}, "idempotencyKey": "k1"}]})
    assert ["failed"] == [each["instanceStatus"] for each in many.json()["results"]]
    anew = client.post(ORDERS, json={"input": {"orderId": "1"}, "clearOnFailure": True}, headers=headers)
    assert (202, None) == (anew.status_code, anew.headers.get("idempotent-replayed"))
    assert anew.json()["instanceId"] != first.json()["instanceId"]
    replay = client.post(ORDERS, json={"input": {"orderId": "1"}}, headers=headers)
    assert (anew.content, "queued") == (replay.content, replay.headers["instance-status"])


def test_how_anothers_instance_stands_is_told_to_those_who_may_read_it(client: Client, deployed: Deployment) -> None:
    client.put("/v1/workflows/free/instances/theirs", json=1)
    starter = deployed.client(deployed.make_key("workflows:execute"))
    told = starter.put("/v1/workflows/free/instances/theirs", json=1)
    assert ("true", None) == (told.headers["idempotent-replayed"], told.headers.get("instance-status"))
    assert "queued" == client.put("/v1/workflows/free/instances/theirs", json=1).headers["instance-status"]


def test_idempotency_keys_are_each_callers_own(client: Client, deployed: Deployment) -> None:
    other = deployed.client(deployed.make_key("workflows:execute"))
    headers = {"idempotency-key": "shared"}
    made = {it.post("/v1/workflows/free/instances", headers=headers).json()["instanceId"] for it in (client, other)}
    assert 2 == len(made)


def test_a_hundred_at_once_with_one_key(deployed: Deployment) -> None:
    async def all_at_once() -> list[tuple[int, bytes]]:
        async with deployed.asynchronous() as client:
            body, headers = {"input": {"orderId": "1"}}, {"idempotency-key": "one"}
            calls = [client.post(ORDERS, json=body, headers=headers) for _ in range(100)]
            return [(answer.status_code, answer.content) for answer in await asyncio.gather(*calls)]

    answers = asyncio.run(all_at_once())
    assert (100, 1) == (len(answers), len(set(answers)))
    assert 202 == answers[0][0]
    assert 1 == deployed.engine.starts


def test_a_wait_that_sees_the_end(deployed: Deployment) -> None:
    async def started() -> tuple[int, dict[str, object], str]:
        async with deployed.asynchronous() as client:
            call = asyncio.create_task(
                client.post(
                    "/v1/workflows/free/instances",
                    json={"id": "w1"},
                    headers={"prefer": "respond-async, wait=60"},
                )
            )
            deadline = time.monotonic() + 60
            while "w1" not in deployed.engine.executions and time.monotonic() < deadline:
                await asyncio.sleep(0.01)
            await asyncio.to_thread(deployed.engine.finish, "w1", Progress("completed", '{"a":1}'), deployed.services)
            answer = await call
            return answer.status_code, answer.json(), answer.headers["preference-applied"]

    expected = {"instanceId": "w1", "workflow": "free", "status": "completed", "output": {"a": 1}, "error": None}
    assert (200, expected, "respond-async, wait=60") == asyncio.run(started())


def test_a_wait_that_ends_before(client: Client) -> None:
    begun = time.monotonic()
    answer = client.post("/v1/workflows/free/instances", headers={"prefer": "wait=1"})
    assert (202, "wait=1") == (answer.status_code, answer.headers["preference-applied"])
    assert 1 <= time.monotonic() - begun < 60


def test_a_wait_ends_when_the_caller_hangs_up(deployed: Deployment) -> None:
    """And nothing else does: the instance goes on."""

    async def hung_up() -> float:
        messages = iter([{"type": "http.request", "body": b'{"id": "w1"}', "more_body": False}])
        begun = time.monotonic()

        async def receive() -> dict[str, object]:
            return next(messages, {"type": "http.disconnect"})

        async def send(message: object) -> None: ...

        named = {"authorization": f"Bearer {deployed.key}", "prefer": "wait=20", "host": "127.0.0.1"}
        headers = [(name.encode(), value.encode()) for name, value in named.items()]
        path = "/v1/workflows/free/instances"
        scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": headers}
        await asyncio.wait_for(deployed.app(scope, receive, send), 30)
        return time.monotonic() - begun

    assert asyncio.run(hung_up()) < 10
    assert ("w1", "running") == (instances.get("w1", deployed.services).id, deployed.engine.executions["w1"].status)


def test_what_runs_express_has_ended_at_once(client: Client) -> None:
    answer = client.post("/v1/workflows/quick/instances", json={"input": [1]}, headers={"prefer": "wait=5"})
    assert (200, [1]) == (answer.status_code, answer.json()["output"])
    assert 202 == client.post("/v1/workflows/quick/instances", json={"input": [1]}).status_code


def test_an_id_that_is_taken(client: Client, deployed: Deployment) -> None:
    body = {"id": "o1", "input": {"orderId": "1"}}
    first = client.post(ORDERS, json=body)
    taken = client.post(ORDERS, json=body)
    assert (409, "o1") == (taken.status_code, taken.json()["instanceId"])
    assert first.content == client.post(ORDERS, json={**body, "onConflict": "return"}).content
    assert 202 == client.post(ORDERS, json={**body, "onConflict": "restart"}).status_code
    assert 2 == instances.get("o1", deployed.services).attempt
    for policy in ("return", "restart"):
        other = client.post("/v1/workflows/free/instances", json={"id": "o1", "onConflict": policy})
        assert (409, "o1") == (other.status_code, other.json()["instanceId"])
    assert 2 == instances.get("o1", deployed.services).attempt


def test_a_put_may_be_repeated(client: Client) -> None:
    first = client.put(f"{ORDERS}/p1", json={"orderId": "1"})
    again = client.put(f"{ORDERS}/p1", json={"orderId": "1", "quantity": 1})
    assert [(202, None), (202, "true")] == [
        (it.status_code, it.headers.get("idempotent-replayed")) for it in (first, again)
    ]
    assert first.content == again.content
    assert 409 == client.put(f"{ORDERS}/p1", json={"orderId": "2"}).status_code
    assert 409 == client.put(f"{ORDERS}/p1?onConflict=fail", json={"orderId": "1"}).status_code
    assert 400 == client.put(f"{ORDERS}/p.1", json={"orderId": "1"}).status_code


def test_a_batch_has_a_result_for_each(client: Client, deployed: Deployment) -> None:
    good: Any = {"input": {"orderId": "1"}}
    bad: Any = {"input": {}}
    body = {"instances": [good, bad, {"surprise": 1}, good]}
    answer = client.post(f"{ORDERS}:batch", json=body, headers={"idempotency-key": "b"})
    results = answer.json()["results"]
    assert (200, [202, 422, 422, 202]) == (answer.status_code, [it["status"] for it in results])
    assert ["input-invalid"] * 2 == [results[number]["problem"]["code"] for number in (1, 2)]
    again = client.post(f"{ORDERS}:batch", json=body, headers={"idempotency-key": "b"}).json()["results"]
    assert [True, False, False, True] == [it["replayed"] for it in again]
    assert [it["instance"] for it in results] == [it["instance"] for it in again]
    assert 2 == deployed.engine.starts


@pytest.mark.parametrize("count", [0, 101])
def test_a_batch_has_bounds(client: Client, count: int) -> None:
    assert 422 == client.post(f"{ORDERS}:batch", json={"instances": [{}] * count}).status_code


def test_a_start_that_is_put_off(client: Client, deployed: Deployment) -> None:
    later = client.post("/v1/workflows/free/instances", json={"delay": "2h"}).json()
    at = client.post("/v1/workflows/free/instances", json={"startAt": "2026-12-31T12:00:00+01:00"}).json()
    assert None is not later["startAt"]
    assert "2026-12-31T11:00:00.000Z" == at["startAt"]
    assert 0 == deployed.engine.starts


def test_an_engine_that_is_down_loses_nothing(client: Client, deployed: Deployment) -> None:
    deployed.engine.down = True
    answer = client.post("/v1/workflows/free/instances")
    assert 202 == answer.status_code
    assert "queued" == client.get(answer.headers["location"]).json()["status"]


def test_the_rate_limit_of_a_key(tmp_path: Path) -> None:
    with deployment(tmp_path, Policy(starts_per_minute=2)) as deployed:
        client = deployed.client()
        answers = [client.post("/v1/workflows/free/instances") for _ in range(3)]
        assert [202, 202, 429] == [it.status_code for it in answers]
        assert '"starts";q=2;w=60' == answers[0].headers["ratelimit-policy"]
        assert 1 <= int(answers[2].headers["retry-after"]) <= 60
        assert "rate-limited" == answers[2].json()["code"]
        batch = client.post("/v1/workflows/free/instances:batch", json={"instances": [{}]}).json()
        assert 429 == batch["results"][0]["status"]
        assert 202 == deployed.client(deployed.make_key()).post("/v1/workflows/free/instances").status_code
