"""Batches: whatever becomes of one start, the others have their results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.flows.api.parts import Client, Deployment, deployment
from verihook.model.instance import Status
from verihook.model.policy import Policy

BATCH = "/v1/workflows/free/instances:batch"


def statuses(client: Client, *starts: Any, key: str | None = None) -> list[int]:
    headers = {} if key is None else {"idempotency-key": key}
    answer = client.post(BATCH, json={"instances": starts}, headers=headers)
    assert 200 == answer.status_code, answer.text
    return [result["status"] for result in answer.json()["results"]]


def test_a_defect_in_one_start_is_its_own(client: Client, deployed: Deployment) -> None:
    begin = deployed.engine.start

    def start(definition: str, name: str, input: str, connection: str | None = None) -> Status:
        if name == "broken":
            raise ZeroDivisionError("a defect")
        return begin(definition, name, input, connection)

    deployed.engine.start = start  # type: ignore[method-assign]
    starts = [{"id": "a"}, {"id": "broken"}, {"id": "b"}]
    answer = client.post(BATCH, json={"instances": starts}).json()["results"]
    assert [202, 500, 202] == [result["status"] for result in answer]
    assert ("internal", None) == (answer[1]["problem"]["code"], answer[1]["instance"])
    assert "defect" not in str(answer)
    ((where, error),) = deployed.services.telemetry.failures  # type: ignore[attr-defined]
    assert ("batch free", ZeroDivisionError) == (where, type(error))


def test_what_is_no_start_is_its_own_result(client: Client) -> None:
    assert [202, 422, 422, 422, 202] == statuses(client, {}, [], "start", None, {})
    assert [202, 422, 202] == statuses(client, {}, 7, {}, key="k")


def test_a_batch_has_a_key_as_long_as_any(client: Client) -> None:
    key = "k" * 255
    assert [202, 202] == statuses(client, {}, {}, key=key)
    again = client.post(BATCH, json={"instances": [{}, {}]}, headers={"idempotency-key": key}).json()["results"]
    assert [True, True] == [result["replayed"] for result in again]


def test_starts_that_were_too_many_may_come_again(tmp_path: Path) -> None:
    with deployment(tmp_path, Policy(starts_per_minute=2)) as deployed:
        client = deployed.client()
        well = client.post(BATCH, json={"instances": [{}]})
        assert '"starts";q=2;w=60' == well.headers["ratelimit-policy"]
        assert "retry-after" not in well.headers
        answer = client.post(BATCH, json={"instances": [{}, {}]})
        assert [202, 429] == sorted(result["status"] for result in answer.json()["results"])
        assert 1 <= int(answer.headers["retry-after"]) <= 30
        assert answer.headers["ratelimit"].startswith('"starts";r=0;t=')


def test_without_a_limit_there_is_none_to_tell(client: Client) -> None:
    assert "ratelimit-policy" not in client.post(BATCH, json={"instances": [{}]}).headers
