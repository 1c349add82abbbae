"""What `workflows:execute` alone does not allow, and what a wait tells."""

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

FREE = "/v1/workflows/free/instances"


@pytest.fixture
def starter(deployed: Deployment) -> Client:
    """May start, and nothing else."""
    return deployed.client(deployed.make_key("workflows:execute"))


def test_who_may_only_start_restarts_nothing(client: Client, starter: Client, deployed: Deployment) -> None:
    client.put(f"{FREE}/theirs", json=1)
    body = {"id": "theirs", "onConflict": "restart"}
    batch = starter.post(f"{FREE}:batch", json={"instances": [body, {"id": "other"}]}).json()["results"]
    assert [403, 202] == [result["status"] for result in batch]
    for answer in (starter.post(FREE, json=body), starter.put(f"{FREE}/theirs?onConflict=restart", json=1)):
        assert (403, "forbidden") == (answer.status_code, answer.json()["code"])
        assert "instances:manage" in answer.json()["detail"]
    assert 1 == instances.get("theirs", deployed.services).attempt
    both = deployed.client(deployed.make_key("workflows:execute", "instances:manage", workflows=["free"]))
    assert 202 == both.post(FREE, json=body).status_code
    assert 2 == instances.get("theirs", deployed.services).attempt


def test_who_may_only_start_reads_no_output_of_another_start(
    client: Client, starter: Client, deployed: Deployment
) -> None:
    secret = {"input": "a", "id": "theirs", "onConflict": "return"}
    client.post(FREE, json=secret)
    deployed.engine.finish("theirs", Progress("completed", '"their output"'), deployed.services)
    wait = {"prefer": "wait=5"}
    for answer in (
        starter.post(FREE, json=secret, headers=wait),
        # The second time, too, when the idempotency key is known.
        starter.post(FREE, json=secret, headers={**wait, "idempotency-key": "k"}),
        starter.post(FREE, json=secret, headers={**wait, "idempotency-key": "k"}),
        starter.put(f"{FREE}/theirs", json="a", headers=wait),
    ):
        assert 202 == answer.status_code
        assert "their output" not in answer.text
        assert "preference-applied" not in answer.headers
    reader = deployed.client(deployed.make_key("workflows:execute", "instances:read"))
    assert "their output" == reader.post(FREE, json=secret, headers=wait).json()["output"]


def test_who_may_only_start_waits_for_its_own(starter: Client) -> None:
    quick = "/v1/workflows/quick/instances"
    headers = {"prefer": "wait=5", "idempotency-key": "k"}
    for _ in range(2):
        answer = starter.post(quick, json={"input": [1]}, headers=headers)
        assert (200, [1]) == (answer.status_code, answer.json()["output"])


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_one_that_is_deleted_while_it_is_waited_for_was_accepted(deployed: Deployment, method: str) -> None:
    async def started() -> tuple[int, Any]:
        async with deployed.asynchronous() as client:
            path, body = (FREE, {"id": "gone"}) if method == "POST" else (f"{FREE}/gone", {})
            call = asyncio.create_task(client.request(method, path, json=body, headers={"prefer": "wait=60"}))
            deadline = time.monotonic() + 60
            while "gone" not in deployed.engine.executions and time.monotonic() < deadline:
                await asyncio.sleep(0.01)
            await asyncio.to_thread(instances.purge, "gone", deployed.services, True)
            answer = await call
            return answer.status_code, answer.json()

    status, told = asyncio.run(started())
    assert "gone" == told["instanceId"]
    # 200 if the caller has seen the end that the removal brings, before it was removed.
    assert status == 202 or (200, "terminated") == (status, told["status"])


def test_when_to_look_at_what_begins_later(client: Client) -> None:
    later = client.post(FREE, json={"id": "later", "delay": "1h"})
    assert 3500 < int(later.headers["retry-after"]) <= 3600
    result = client.get("/v1/instances/later/result")
    assert (202, True) == (result.status_code, 3500 < int(result.headers["retry-after"]) <= 3600)
    assert "1" == client.post(FREE).headers["retry-after"]


def test_a_guess_at_anothers_input_costs_a_start_and_tells_no_more(tmp_path: Path) -> None:
    with deployment(tmp_path, Policy(starts_per_minute=3)) as deployed:
        deployed.client().put(f"{FREE}/theirs", json=7)
        deployed.engine.finish("theirs", Progress("completed", '"their output"'), deployed.services)
        starter = deployed.client(deployed.make_key("workflows:execute"))
        guesses = [starter.put(f"{FREE}/theirs", json=guess) for guess in (5, 6, 7, 8)]
    assert [409, 409, 202, 429] == [answer.status_code for answer in guesses]
    for answer in guesses:
        assert not any(told in answer.text for told in ("completed", "their output"))
