"""The client, and the commands over it, against a server process."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.flows.commands import PROGRAM, heeding_ctrl_c, verihook
from tests.flows.conftest import LocalFace
from tests.flows.deployment import ROOT
from tests.flows.faces import run_key
from tests.flows.unsteady import unsteady
from tests.flows.waiting import wait_until
from verihook.client import (
    AsyncClient,
    Client,
    Conflict,
    InstanceFailed,
    InvalidInput,
    NotFound,
    Retries,
    Unauthorized,
    WaitTimeout,
)

SWIFT = Retries(4, first_s=0.01)


@pytest.fixture
def client(local_face: LocalFace) -> Iterator[Client]:
    with Client.from_run(local_face.data) as client:
        yield client


def far_client(url: str, face: LocalFace) -> Client:
    """A client of the same server by another way."""
    return Client(url, run_key(face.data), retries=SWIFT)


def fresh() -> str:
    return f"c-{uuid.uuid4().hex[:12]}"


def until(client: Client, instance_id: str, status: str) -> None:
    wait_until(lambda: client.get(instance_id).status == status, what=f"it was not {status}")


def test_a_life(client: Client) -> None:
    tag = fresh()
    ended = client.start_and_wait("slow", {"seconds": 0, "sum": 42}, id=tag, tags=[tag], metadata={"for": tag})
    assert (tag, "completed", {"seconds": 0, "sum": 42}) == (ended.id, ended.status, ended.output)
    found = client.get(tag)
    assert ({"seconds": 0, "sum": 42}, (tag,), {"for": tag}) == (found.input, found.tags, found.metadata)
    assert found.created_at <= found.updated_at
    assert ["Wait", "Done"] == [step.name for step in client.steps(tag)]
    assert [(1, "completed")] == [(each.number, each.status) for each in client.attempts(tag)]
    assert [tag] == [each.id for each in client.list(metadata={"for": tag})]
    with pytest.raises(Conflict) as caught:
        client.start("slow", {"seconds": 1}, id=tag)
    assert tag == caught.value.instance_id
    assert "slow" in {each.name for each in client.workflows()}
    assert client.workflow("order-created").input_schema["type"] == "object"
    client.purge(tag)
    with pytest.raises(NotFound):
        client.get(tag)


def test_ends_that_are_none_and_bad_ones(client: Client) -> None:
    with pytest.raises(InstanceFailed, match="SecondsPath"):
        client.start_and_wait("slow", {"seconds": "many"})
    with pytest.raises(WaitTimeout) as caught:
        client.start_and_wait("slow", {"seconds": 60}, timeout=0.5)
    with pytest.raises(Conflict):
        client.purge(caught.value.instance_id)
    assert "terminated" == client.terminate(caught.value.instance_id, "test", output={"why": "test"}).status
    ended = client.wait(caught.value.instance_id)
    assert ("terminated", {"why": "test"}) == (ended.status, ended.output)
    with pytest.raises(InvalidInput) as invalid:
        client.start("order-created", {"items": 3})
    assert "/items" == invalid.value.violations[0]["pointer"]


def test_held_and_let_go(client: Client) -> None:
    begun = client.start("order-approval", {"orderId": "1", "amount": 5})
    until(client, begun.id, "running")
    client.suspend(begun.id, "stock count")
    until(client, begun.id, "suspended")
    client.resume(begun.id)
    until(client, begun.id, "running")
    client.raise_event(begun.id, "approved", {"by": "kim"})
    ended = client.wait(begun.id, timeout=60)
    assert ("completed", "shipped", "kim") == (ended.status, ended.output["outcome"], ended.output["by"])


def test_a_list_of_many_pages(client: Client) -> None:
    tag = fresh()
    items = client.batch("order-log", [{"input": {"n": number}, "tags": [tag]} for number in range(7)])
    ids = [item.started.id for item in items if item.started]
    assert 7 == len(ids)
    assert sorted(ids) == sorted(each.id for each in client.list(tag=tag, limit=3))
    page = client.page(tag=tag, limit=3)
    assert (3, True) == (len(page.instances), page.cursor is not None)


def test_what_the_network_loses_is_started_once(client: Client, local_face: LocalFace) -> None:
    tag = fresh()
    with unsteady(f"http://{local_face.host}") as way, far_client(way.url, local_face) as far:
        way.mishaps = ["busy", "lost", "lost"]
        started = far.start("slow", {"seconds": 0}, tags=[tag])
        assert (4, 1) == (len(way.asked), len({asked["idempotency-key"] for asked in way.asked}))
        assert started.replayed
        assert [started.id] == [each.id for each in client.list(tag=tag)]


def test_what_the_network_loses_is_raised_once(client: Client, local_face: LocalFace) -> None:
    begun = client.start("order-approval", {"orderId": "1", "amount": 5})
    with unsteady(f"http://{local_face.host}") as way, far_client(way.url, local_face) as far:
        way.mishaps = ["lost", "busy"]
        far.raise_event(begun.id, "noted", {"n": 1})
        ids = {parse_qs(urlsplit(path).query)["eventId"][0] for path in way.paths}
        assert (3, 1) == (len(way.paths), len(ids))
    mailbox = local_face.ask(f"/v1/instances/{begun.id}/events").json["events"]
    assert [("noted", ids.pop())] == [(each["name"], each["id"]) for each in mailbox if each["name"] == "noted"]
    client.terminate(begun.id)


def test_a_hundred_starts_at_once_with_one_key(local_face: LocalFace) -> None:
    tag = fresh()

    async def start_all() -> set[str]:
        async with AsyncClient.from_run(local_face.data) as client:
            starts = (client.start("slow", {"seconds": 0}, idempotency_key=tag, tags=[tag]) for _ in range(100))
            ids = {started.id for started in await asyncio.gather(*starts)}
            assert ids == {each.id async for each in client.list(tag=tag)}
            assert "completed" == (await client.wait(next(iter(ids)))).status
            return ids

    assert 1 == len(asyncio.run(start_all()))


@pytest.mark.parametrize("number", range(4))
def test_the_examples_of_the_documentation(
    local_face: LocalFace, capsys: pytest.CaptureFixture[str], number: int
) -> None:
    """With the URL and the key alone changed."""
    examples = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "client.md").read_text(), re.DOTALL)
    assert 4 == len(examples)
    program = examples[number].replace("https://hooks.example.com", f"http://{local_face.host}")
    program = program.replace("vhk_...", run_key(local_face.data))
    names: dict[str, Any] = {}
    exec(compile(program, "docs/client.md", "exec"), names)
    shown = capsys.readouterr().out
    if number == 0:
        assert "'orderId': '1042'" in shown
    elif number == 1:
        assert 2 == len({each.id for each in names["started"]})
    elif number == 2:
        assert shown.startswith("shipped\n")
        assert names["begun"].id in shown
    else:
        assert "['/items']\n" == shown


def run(face: LocalFace, *arguments: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
    return verihook(*arguments, "--data", str(face.data), given=given)


def test_the_commands(local_face: LocalFace) -> None:
    name = fresh()
    done = run(local_face, "workflows", "run", "slow", "--id", name, "--input", "-", "--wait", given='{"seconds": 0}')
    assert (0, {"seconds": 0}) == (done.returncode, json.loads(done.stdout))
    assert name in run(local_face, "instances", "list", "--workflow", "slow", "--limit", "1000").stdout
    watched = run(local_face, "instances", "watch", name)
    assert (0, f"instance {name} completed") == (watched.returncode, watched.stdout.splitlines()[-1].split("  ")[1])
    assert 1 == run(local_face, "workflows", "run", "slow", "--input", '{"seconds": "x"}', "--wait").returncode
    assert 2 == run(local_face, "workflows", "run", "slow", "--input", "{").returncode
    assert 3 == run(local_face, "instances", "get", "nobody").returncode
    assert 4 == run(local_face, "workflows", "run", "slow", "--id", name).returncode
    assert 0 == run(local_face, "instances", "purge", name).returncode
    begun = json.loads(run(local_face, "workflows", "run", "slow", "--input", '{"seconds": 60}', "--json").stdout)
    busy = run(local_face, "instances", "purge", begun["instanceId"])
    assert (4, "") == (busy.returncode, busy.stdout)
    assert "terminate it first" in busy.stderr
    assert 0 == run(local_face, "instances", "purge", begun["instanceId"], "--force").returncode


def test_an_approval_by_command(local_face: LocalFace) -> None:
    order = '{"orderId": "1", "amount": 5}'
    begun = json.loads(run(local_face, "workflows", "run", "order-approval", "--input", order, "--json").stdout)
    raised = run(local_face, "events", "raise", begun["instanceId"], "approved", "--payload", '{"approved": false}')
    assert (0, "") == (raised.returncode, raised.stderr)
    watched = run(local_face, "instances", "watch", begun["instanceId"], "--timeout", "60", "--interval", "0.2")
    assert (0, "") == (watched.returncode, watched.stderr)


def test_keys_by_command(local_face: LocalFace) -> None:
    made = run(local_face, "keys", "create", "--name", "reader", "--scope", "instances:read")
    secret = made.stdout.strip()
    assert 0 == run(local_face, "instances", "list", "--key", secret).returncode
    assert 5 == run(local_face, "workflows", "run", "slow", "--key", secret).returncode
    wrong = run(local_face, "instances", "list", "--key", f"{secret[:-1]}{'a' if secret[-1] != 'a' else 'b'}")
    assert (5, 1) == (wrong.returncode, len(wrong.stderr.splitlines()))
    assert secret[4:20] not in wrong.stderr
    with Client.from_run(local_face.data, "vhk_no") as client, pytest.raises(Unauthorized):
        client.workflows()


def test_a_reader_that_has_seen_enough(local_face: LocalFace) -> None:
    run(local_face, "workflows", "run", "order-log")
    program = '"$0" instances list --json --limit 1000 --data "$1" | head -c 1; exit ${PIPESTATUS[0]}'
    command = ["bash", "-c", program, str(PROGRAM), str(local_face.data)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (0, "{", "") == (done.returncode, done.stdout, done.stderr)


def test_ctrl_c_ends_the_waiting_and_not_the_instance(local_face: LocalFace, client: Client) -> None:
    name = fresh()
    command = [str(PROGRAM), "workflows", "run", "slow", "--id", name, "--input", '{"seconds": 60}', "--wait"]
    command = heeding_ctrl_c(*command, "--data", str(local_face.data))
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert f"verihook: instance {name}\n" == process.stderr.readline()
        process.send_signal(signal.SIGINT)
        assert (130, "") == (process.wait(60), process.stderr.read())
    assert not client.get(name).final
    client.terminate(name)
