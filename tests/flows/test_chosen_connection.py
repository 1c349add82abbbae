"""A connection that a start chooses reaches the workflow, on three engines, however it was started."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.flows.asking import asking, write_workflows
from tests.flows.commands import verihook
from tests.flows.faces import Server, run_key, serving
from tests.flows.waiting import wait_until
from tests.flows.workshop import Api
from verihook.client import ApiError, AsyncClient, Client

SECRET = "sk_never_to_be_seen"

HOOKS = """
[connections.conn_xyz]
url = "https://live.example/v1"
secret = "env:LIVE_KEY"

[connections.conn-sandbox]
url = "https://sandbox.example/v1"
"""

ENGINES = {"called": "function", "waiting": "durable", "asking": "stepfunctions"}

CALLED = """
from verihook.authoring import connection, connection_of


def run(event, context):
    chosen = connection_of(context)
    assert chosen == context.connection
    return {"name": chosen, "url": chosen and connection(chosen).url, "input": event}
"""

WAITING = """
from aws_durable_execution_sdk_python import durable_execution
from aws_durable_execution_sdk_python.config import Duration
from verihook.authoring import connection, connection_of, read_input


@durable_execution
def handler(event, context):
    context.wait(Duration.from_seconds(1), name="Rest")
    chosen = connection_of(context)

    def call(_):
        to = connection(chosen)
        assert to.headers == ({} if "sandbox" in chosen else {"authorization": "Bearer sk_never_to_be_seen"})
        return to.url

    url = chosen and context.step(call, name="Call")
    return {"name": chosen, "url": url, "input": read_input(event)}
"""

ASKING = asking(
    "connection",
    {"name": "{% $given ? $given.name : null %}", "url": "{% $given ? $given.url : null %}"},
)

URLS = {"conn_xyz": "https://live.example/v1", "conn-sandbox": "https://sandbox.example/v1"}


def write(folder: Path) -> Path:
    hooks = write_workflows(folder, CALLED, WAITING, ASKING)
    lines = [HOOKS]
    for name, engine in {**ENGINES, "plain": "function"}.items():
        definition = "called" if name == "plain" else name
        lines.append(f'[workflows.{name}]\nengine = "{engine}"\ndefinition = "{definition}"')
        if name != "plain":
            lines.append('connections = ["conn_xyz", "conn-sandbox"]')
    hooks.write_text("\n".join(lines) + "\n")
    return hooks


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("chosen")
    with serving(folder / "data", {"LIVE_KEY": SECRET}, "--hooks", str(write(folder))) as running:
        yield running


@pytest.fixture(scope="module")
def api(server: Server) -> Iterator[Api]:
    api = Api(server.url, server.data, run_key(server.data))
    with api.http:
        yield api


def told(api: Api, id: str) -> Any:
    found = api.until(id)
    assert found["status"] == "completed", found
    return found["output"]


@pytest.mark.parametrize("workflow", ENGINES)
def test_the_workflow_has_the_one_that_the_start_chose_and_a_restart_keeps_it(api: Api, workflow: str) -> None:
    for chosen, url in URLS.items():
        id = api.start(workflow, {"n": 1}, connection=chosen)
        assert told(api, id) == {"name": chosen, "url": url, "input": {"n": 1}}
        assert api.get(id)["connection"] == chosen
        assert SECRET not in api.http.get(f"/v1/instances/{id}/steps").text
        assert api.act(id, "restart").status_code == 200
        again = api.until(id)
        assert (again["attempt"], again["output"]["name"]) == (2, chosen)
    assert told(api, api.start(workflow, {"n": 1})) == {"name": None, "url": None, "input": {"n": 1}}


@pytest.mark.parametrize("workflow", ENGINES)
def test_an_input_chooses_none(api: Api, workflow: str) -> None:
    for content in (
        {"connection": "conn_xyz", "verihookConnection": "conn_xyz"},
        {"verihookInstance": {"id": "forged", "attempt": 1, "connection": "conn_xyz"}, "verihookInput": 1},
    ):
        assert told(api, api.start(workflow, content, id=None)) == {"name": None, "url": None, "input": content}
    forged = {"verihookInstance": {"id": "forged", "attempt": 1, "connection": "conn_xyz"}, "verihookInput": 1}
    assert told(api, api.start(workflow, forged, connection="conn-sandbox"))["name"] == "conn-sandbox"


def test_by_batch_command_and_client(api: Api, server: Server) -> None:
    starts = [{"input": 1, "connection": name} for name in URLS]
    batch = api.http.post("/v1/workflows/called/instances:batch", json={"instances": starts}).json()["results"]
    assert [told(api, each["instance"]["instanceId"])["name"] for each in batch] == list(URLS)
    ran = verihook(
        *("workflows", "run", "called", "--connection", "conn-sandbox", "--wait", "--data", str(server.data))
    )
    assert json.loads(ran.stdout)["name"] == "conn-sandbox"
    with Client.from_run(server.data) as client:
        assert client.workflow("called").connections == tuple(URLS)
        assert client.start_and_wait("called", 1, connection="conn_xyz").output["name"] == "conn_xyz"

    async def awaited() -> Any:
        async with AsyncClient.from_run(server.data) as client:
            return (await client.start_and_wait("called", 1, connection="conn_xyz")).output

    assert asyncio.run(awaited())["name"] == "conn_xyz"


@pytest.mark.parametrize("workflow", ENGINES)
def test_by_the_dialects_that_have_it(api: Api, workflow: str) -> None:
    """As LoopFour's and AwaitStep's documents write it, with the very ids that stand there."""
    run = {"input": {"n": 1}, "connectionId": "conn_xyz"}
    loopfour = api.http.post(f"/api/v1/workflows/{workflow}/run", json=run)
    assert (200, "conn_xyz") == (loopfour.status_code, told(api, loopfour.json()["data"]["runId"])["name"])
    trigger = {"params": {"n": 1}, "connectionId": "conn_xyz"}
    awaitstep = api.http.post(f"/api/workflows/{workflow}/trigger", json=trigger)
    assert (201, "conn_xyz") == (awaitstep.status_code, told(api, awaitstep.json()["instanceId"])["name"])


def test_one_that_the_workflow_does_not_take_is_refused_in_words(api: Api, server: Server) -> None:
    for workflow, words in (("plain", "takes none"), ("called", "takes one of conn_xyz, conn-sandbox (got 'other')")):
        asked = {"connection": "conn_xyz" if workflow == "plain" else "other"}
        native = api.http.post(f"/v1/workflows/{workflow}/instances", json=asked)
        assert (400, True) == (native.status_code, words in native.json()["detail"]), native.text
        name = asked["connection"]
        loopfour = api.http.post(f"/api/v1/workflows/{workflow}/run", json={"connectionId": name})
        error = loopfour.json()["error"]
        assert (400, "VALIDATION_ERROR", ["connectionId"]) == (
            loopfour.status_code, error["code"], error["details"][0]["path"]
        )  # fmt: skip
        awaitstep = api.http.post(f"/api/workflows/{workflow}/trigger", json={"connectionId": name})
        assert (404, "Connection not found") == (awaitstep.status_code, awaitstep.json()["error"])
        with Client.from_run(server.data) as client, pytest.raises(ApiError, match="takes"):
            client.start(workflow, 1, connection=name)


def test_a_secret_is_in_no_file_of_the_run(server: Server) -> None:
    kept = [path for path in server.data.rglob("*") if path.is_file() and path.name != "run.json"]
    assert kept
    assert [] == [path.name for path in [*kept, server.output] if SECRET.encode() in path.read_bytes()]


def test_a_choice_outlives_a_kill(tmp_path: Path) -> None:
    """The durable workflow rests a second: the process dies in it, and the next one replays from the envelope."""
    hooks = write(tmp_path)
    server = Server(tmp_path / "data", {"LIVE_KEY": SECRET}, "--hooks", str(hooks))
    server.ready()
    with (api := Api(server.url, server.data, run_key(server.data))).http:
        ids = [api.start(workflow, 1, connection="conn_xyz") for workflow in ENGINES]
        wait_until(lambda: api.get(ids[1])["status"] == "running")
    server.kill()
    with (
        serving(tmp_path / "data", {"LIVE_KEY": SECRET}, "--hooks", str(hooks)) as again,
        (api := Api(again.url, again.data, run_key(again.data))).http,
    ):
        assert [told(api, id)["name"] for id in ids] == ["conn_xyz"] * len(ids)
