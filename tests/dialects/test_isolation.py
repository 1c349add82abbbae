"""What a key that is bound to workflows learns of the others by the dialects: nothing. And what they must not do."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.flows.api.parts import Client, Deployment, deployment
from verihook.model.instance import Progress
from verihook.model.policy import Policy

#: Each list, where its rows are, the name of a row's id, and where its cursor is.
LISTS = {
    "/api/v1/runs": ("data", "id", ("meta", "cursor")),
    "/api/v1/runs?status=running": ("data", "id", ("meta", "cursor")),
    "/api/v1/runs?workflowId=quick": ("data", "id", ("meta", "cursor")),
    "/api/runs": ("data", "id", ("nextCursor",)),
    "/api/workflows/quick/runs": ("data", "id", ("nextCursor",)),
}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Twelve instances by turns of three workflows; the newest are not the key's."""
    with deployment(tmp_path_factory.mktemp("isolation")) as made:
        for number in range(4):
            for workflow in ("quick", "free", "order-created"):
                made.client().put(f"/v1/workflows/{workflow}/instances/{workflow}-{number}", json={"orderId": "1"})
        yield made


@pytest.fixture
def bound(shared: Deployment) -> Client:
    """A caller that has a key for the workflow ``quick`` alone, with every scope."""
    return shared.client(shared.make_key(workflows=["quic?"]))


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Deployment]:
    """A deployment of a test's own, with a limit of three starts a minute."""
    with deployment(tmp_path, Policy(starts_per_minute=3)) as made:
        yield made


def at(content: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        content = content[name]
    return content


def pages(client: Client, path: str, limit: int) -> Iterator[tuple[list[str], str | None]]:
    """The ids and the cursor of each page, until there is no cursor."""
    rows, name, where = LISTS[path]
    cursor: str | None = None
    for _ in range(20):
        query = f"limit={limit}" + ("" if cursor is None else f"&cursor={cursor}")
        content = client.get(f"{path}{'&' if '?' in path else '?'}{query}").json()
        cursor = at(content, where)
        yield [row[name] for row in content[rows]], cursor
        if cursor is None:
            return
    raise AssertionError("the pages do not end")


@pytest.mark.parametrize("limit", [1, 3])
@pytest.mark.parametrize("path", LISTS)
def test_no_list_and_no_cursor_tells_of_anothers_instance(bound: Client, path: str, limit: int) -> None:
    seen: list[str] = []
    for ids, cursor in pages(bound, path, limit):
        assert len(ids) == limit or cursor is None
        seen += ids
        if cursor is not None:
            told = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
            assert told.partition(":")[2] == ids[-1]
    # quick is express: nothing of it is running.
    assert seen == ([] if "running" in path else [f"quick-{number}" for number in (3, 2, 1, 0)])


def test_a_list_of_another_workflow_is_refused(bound: Client) -> None:
    for path in ("/api/v1/runs?workflowId=free", "/api/workflows/free/runs", "/api/v1/runs?workflowId=nobody"):
        assert bound.get(path).status_code == 403, path


def test_a_key_for_nothing_that_there_is_sees_nothing(shared: Deployment) -> None:
    client = shared.client(shared.make_key(workflows=["other-*"]))
    assert client.get("/workflows/history").json() == []
    assert client.get("/api/v1/runs").json() == {
        "success": True,
        "data": [],
        "meta": {"cursor": None, "hasMore": False},
    }


def test_mooses_history_is_whole_for_a_bound_key(bound: Client) -> None:
    for query, most in (("limit=3", 3), ("limit=10", 4), ("status=completed&limit=2", 2)):
        names = [row["name"] for row in bound.get(f"/workflows/history?{query}").json()]
        assert names == ["quick-3", "quick-2", "quick-1", "quick-0"][:most]


@pytest.mark.parametrize("prefix", ["", "/admin"])
def test_a_limit_of_nothing_is_refused_in_mooses_words(shared: Deployment, prefix: str) -> None:
    reply = shared.client().get(f"{prefix}/workflows/history?limit=0")
    assert (reply.status_code, reply.json()["error"]) == (400, "Failed to retrieve workflow list")
    assert "limit" in reply.json()["details"]


def test_a_start_under_anothers_id_learns_nothing_of_it(bound: Client) -> None:
    reply = bound.post("/v1.0/workflows/dapr/quick/start?instanceID=free-0", json={})
    assert (reply.status_code, reply.json()["errorCode"]) == (500, "ERR_START_WORKFLOW")
    for word in ("running", "queued", "active"):
        assert word not in reply.json()["message"]


def test_a_retry_counts_as_a_start(alone: Deployment) -> None:
    client = alone.client()
    id = client.post("/api/v1/workflows/free/run", json={}).json()["data"]["runId"]
    replies = []
    for _ in range(3):
        alone.engine.finish(id, Progress("failed", error="E"), alone.services)
        replies.append(client.post(f"/api/v1/runs/{id}/retry"))
    assert [reply.status_code for reply in replies] == [200, 200, 429]
    assert replies[0].headers["x-ratelimit-limit"] == "3"
    assert replies[2].json()["error"]["code"] == "RATE_LIMITED"
    assert {"retry-after", "x-ratelimit-reset"} <= set(replies[2].headers)
    # What manages instances need not start others.
    manager = alone.client(alone.make_key("instances:manage"))
    assert manager.post(f"/api/v1/runs/{id}/retry").status_code == 200


def test_a_replay_has_its_answer_and_what_cannot_start_costs_nothing(alone: Deployment) -> None:
    client = alone.client()
    for path in ("/api/v1/workflows/nobody/run", "/workflows/paused/trigger", "/v1.0/workflows/dapr/nobody/start"):
        for _ in range(3):
            assert client.post(path, json={}).status_code in (400, 404, 500)
    run = {"input": {"n": 1}, "idempotencyKey": "one"}
    replies = [client.post("/api/v1/workflows/free/run", json=run) for _ in range(5)]
    assert [reply.status_code for reply in replies] == [200] * 5
    assert len({reply.json()["data"]["runId"] for reply in replies}) == 1
    assert client.post("/api/v1/workflows/free/run", json={**run, "idempotencyKey": "two"}).status_code == 429


def test_the_guides_sync_start_that_is_deleted_while_it_waits_was_accepted(shared: Deployment) -> None:
    async def both() -> tuple[httpx.Response, httpx.Response]:
        async with shared.asynchronous() as client:
            waiting = asyncio.create_task(client.post("/workflows/free", json={}))
            async with asyncio.timeout(60):
                while not (rows := (await client.get("/api/runs?limit=1")).json()["data"]) or rows[0]["id"] in before:
                    await asyncio.sleep(0.01)
            gone = await client.delete(f"/v1/instances/{rows[0]['id']}?force=true")
            return gone, await waiting

    before = {row["id"] for row in shared.client().get("/api/runs?limit=100").json()["data"]}
    gone, started = asyncio.run(both())
    assert gone.status_code == 204
    assert (started.status_code, started.json()["result"]) == (202, None)


def test_a_step_whose_text_is_cut_short_is_told_as_it_is(shared: Deployment) -> None:
    reply = shared.client().get("/api/v1/runs/free-0")
    assert reply.status_code == 200
    assert reply.json()["data"]["steps"] == [{"id": "Charge", "status": "completed", "output": "{cut short"}]


def test_an_output_that_is_no_json_is_a_text(shared: Deployment) -> None:
    client = shared.client()
    client.put("/v1/workflows/free/instances/worded", json=1)
    shared.engine.finish("worded", Progress("completed", "no {json"), shared.services)
    assert client.get("/api/v1/runs/worded").json()["data"]["output"] == "no {json"
    assert client.get("/workflows/worded/result").json()["result"] == "no {json"


@pytest.mark.parametrize("local", [True, False])
def test_the_guide_waits_as_long_as_the_deployment_does(
    shared: Deployment, local: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, mine in (("LONGEST_S", local), ("LONGEST_IN_AWS_S", not local)):
        monkeypatch.setattr(f"verihook.app.{name}", 0 if mine else 3600)
    client = Deployment(shared.services, shared.engine, local=local).client()
    started = client.post("/workflows/free", json={})
    assert (started.status_code, started.json()["result"]) == (202, None)
    assert client.get(started.headers["location"]).status_code == 202


def test_the_root_says_nothing_of_engines_that_it_does_not_ask(shared: Deployment) -> None:
    client = shared.client("")
    shared.engine.down = True
    try:
        assert client.get("/").json() == {"service": "verihook", "status": "running"}
    finally:
        shared.engine.down = False


@pytest.mark.parametrize("status", [500, 409])
def test_daprs_own_words_for_an_id_that_is_in_use(tmp_path: Path, status: Any) -> None:
    with deployment(tmp_path, Policy(starts_per_minute=None, dapr_conflict=status)) as made:
        client = made.client()
        assert client.post("/v1.0/workflows/dapr/free/start?instanceID=re-1", json={}).status_code == 202
        taken = client.post("/v1.0/workflows/dapr/free/start?instanceID=re-1", json={})
        words = "error starting workflow 'free': an active workflow with ID 're-1' already exists"
        assert (taken.status_code, taken.json()) == (status, {"errorCode": "ERR_START_WORKFLOW", "message": words})
        made.engine.finish("re-1", Progress("completed", "1"), made.services)
        client.post("/v1.0/workflows/dapr/re-1/purge")
        purged = client.post("/v1.0/workflows/dapr/quick/start?instanceID=re-1", json={})
        assert (purged.status_code, purged.json()["errorCode"]) == (status, "ERR_START_WORKFLOW")
        assert "is taken" in purged.json()["message"]


def test_violations_are_joined_without_empty_places(shared: Deployment) -> None:
    said = (
        "The input does not satisfy the schema of 'order': 'orderId' is a required property; /quantity: 'x' is not of"
    )
    dapr = shared.client().post("/v1.0/workflows/dapr/order/start", json={"quantity": "x"}).json()["message"]
    assert dapr.startswith(f"failed deserializing HTTP body: {said}")
    moose = shared.client().post("/workflows/order/trigger", json={"quantity": "x"}).json()["details"]
    assert moose.startswith(said)


@pytest.mark.parametrize("kind", ["dapr", "free"])
def test_ruling_3_what_has_ended_takes_every_control_with_202(shared: Deployment, kind: str) -> None:
    client = shared.client()
    id = f"ended-{kind}"
    client.put(f"/v1/workflows/free/instances/{id}", json=1)
    base = f"/v1.0/workflows/{kind}/{id}"
    running = client.post(f"{base}/purge")
    assert running.status_code == (500 if kind == "dapr" else 409)
    shared.engine.finish(id, Progress("completed", "7"), shared.services)
    for verb in ("pause", "suspend", "resume", "terminate"):
        reply = client.post(f"{base}/{verb}")
        assert (reply.status_code, reply.content) == (202, b""), verb
    state = client.get(base).json()
    assert (state["runtimeStatus"], state["properties"]["dapr.workflow.output"]) == ("COMPLETED", "7")
    # No wait would ever take it.
    event = client.post(f"{base}/raiseEvent{'/go' if kind == 'dapr' else '?eventName=go'}", json=1)
    assert event.status_code == running.status_code
    if kind == "free":
        # The draft promises to keep a body, which cannot be done any more.
        assert client.post(f"{base}/terminate", json={"a": 1}).status_code == 409
    else:
        assert client.post(f"{base}/terminate", json={"a": 1}).status_code == 202
    assert client.post(f"{base}/purge").status_code == 202


def test_ruling_4_the_built_grammar_keeps_an_object_as_output_where_it_is_told_to(tmp_path: Path) -> None:
    with deployment(tmp_path, Policy(starts_per_minute=None, dapr_terminate_output=True)) as made:
        client = made.client()

        def output(id: str, **body: Any) -> tuple[int, Any]:
            client.post(f"/v1.0/workflows/dapr/free/start?instanceID={id}", json={})
            status = client.post(f"/v1.0/workflows/dapr/{id}/terminate", **body).status_code
            state = client.get(f"/v1.0/workflows/dapr/{id}").json()
            return status, state["properties"].get("dapr.workflow.output")

        assert output("a", json={"why": ["ü"]}) == (
            202,
            json.dumps({"why": ["ü"]}, ensure_ascii=False).replace(" ", ""),
        )
        assert output("b") == (202, None)
        assert output("c", json=[1]) == (400, None)
        again = client.post("/v1.0/workflows/dapr/a/terminate", json={"why": "again"})
        assert (again.status_code, again.json()["errorCode"]) == (500, "ERR_TERMINATE_WORKFLOW")


def test_ruling_1_the_components_are_those_of_the_deployment(tmp_path: Path) -> None:
    with deployment(tmp_path, Policy(starts_per_minute=None, dapr_components=("engine", "flows.v2"))) as made:
        client = made.client()
        for number, component in enumerate(("engine", "flows.v2")):
            id = f"i{number}"
            assert client.post(f"/v1.0/workflows/{component}/free/start?instanceID={id}", json={}).status_code == 202
            assert client.get(f"/v1.0/workflows/{component}/{id}").json()["instanceID"] == id
            assert client.post(f"/v1.0/workflows/{component}/free/start", json={}).json().keys() == {"instanceID"}
        # `dapr` is none of these: the draft's grammar, in which it is a workflow that there is not.
        assert client.get("/v1.0/workflows/dapr/i0").status_code == 404
        told = client.get("/v1.0/metadata").json()["components"]
        assert [each["name"] for each in told] == ["engine", "flows.v2"]


@pytest.mark.parametrize(
    ("path", "began", "taken"),
    [("/v1.0/workflows/dapr/free/start?instanceID=kept", 202, 500), ("/workflows/free/trigger", 200, 400)],
)
def test_what_has_ended_is_replaced_by_who_may_manage_instances(
    alone: Deployment, path: str, began: int, taken: int
) -> None:
    # A signed webhook may have begun it: its event, its input and its output would be lost.
    starter = alone.client(alone.make_key("workflows:execute", "instances:read"))
    assert starter.post(path, json={"first": True}).status_code == began
    (row,) = alone.client().get("/v1/instances").json()["instances"]
    alone.engine.finish(row["instanceId"], Progress("completed", '"kept"'), alone.services)
    assert starter.post(path, json={"first": True}).status_code == taken
    now = alone.client().get(f"/v1/instances/{row['instanceId']}").json()
    assert (now["status"], now["output"]) == ("completed", "kept")
    manager = alone.client(alone.make_key("workflows:execute", "instances:manage"))
    assert manager.post(path, json={"first": True}).status_code == began
