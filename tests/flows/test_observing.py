"""Looking at a server by the client, by both of its kinds, and by the commands over it, against a server process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.flows.commands import verihook
from tests.flows.conftest import LocalFace
from tests.flows.waiting import wait_until
from verihook.client import AsyncClient, Client
from verihook.senders import sender_ids

Ask = Callable[..., Any]


@pytest.fixture(params=["blocking", "awaited"])
def ask(request: pytest.FixtureRequest, local_face: LocalFace) -> Iterator[Ask]:
    """Calls a method of the client by its name."""

    async def awaited(method: str, arguments: tuple[Any, ...]) -> Any:
        async with AsyncClient.from_run(local_face.data) as client:
            return await getattr(client, method)(*arguments)

    with Client.from_run(local_face.data) as client:
        if request.param == "blocking":
            yield lambda method, *arguments: getattr(client, method)(*arguments)
        else:
            yield lambda method, *arguments: asyncio.run(awaited(method, arguments))


def shown(face: LocalFace, *command: str) -> str:
    done = verihook(*command, "--data", str(face.data))
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture
def waiting(local_face: LocalFace) -> Iterator[str]:
    """The id of an instance that waits for an approval, with an event in its mailbox that it does not wait for."""
    with Client.from_run(local_face.data) as client:
        begun = client.start("order-approval", {"orderId": "1", "amount": 5})
        wait_until(lambda: [each.state for each in client.events(begun.id)] == ["waiting"], what="it did not wait")
        client.raise_event(begun.id, "noted", {"n": 1}, event_id="e-1")
        yield begun.id
        client.terminate(begun.id)


def test_events(ask: Ask, local_face: LocalFace, waiting: str) -> None:
    found = {each.name: (each.state, each.id) for each in ask("events", waiting)}
    assert found == {"approved": ("waiting", None), "noted": ("buffered", "e-1")}
    rows = {line.split()[0]: line.split()[1] for line in shown(local_face, "events", "list", waiting).splitlines()[1:]}
    assert rows == {"approved": "waiting", "noted": "buffered"}


def test_attempts_of_one_that_was_restarted(local_face: LocalFace, waiting: str) -> None:
    shown(local_face, "instances", "restart", waiting)
    told = json.loads(shown(local_face, "instances", "attempts", waiting, "--json"))["attempts"]
    assert [(1, "terminated"), (2, told[1]["status"])] == [(each["number"], each["status"]) for each in told]
    assert len(shown(local_face, "instances", "attempts", waiting).splitlines()) == 3


def test_sources_and_senders(ask: Ask, local_face: LocalFace) -> None:
    known = local_face.ask("/v1/sources").json["sources"]
    assert {each["name"]: each for each in known} == {each.name: each.raw for each in ask("sources")}
    assert [each["name"] for each in known] == [
        line.split()[0] for line in shown(local_face, "sources", "list").splitlines()[1:]
    ]
    assert sorted(sender_ids()) == [each.id for each in ask("senders")]


def test_rejections(ask: Ask, local_face: LocalFace) -> None:
    assert 401 == local_face.send("POST", "/hooks/orders", [("X-Signature", "sha256=00")], b"{}").status

    def seen() -> bool:
        found = ask("rejections", "orders")
        return any(each.source == "orders" and each.count and each.first_at <= each.last_at for each in found)

    wait_until(seen, what="the rejection was not counted")
    assert ask("rejections", "no-such-source") == ()


def test_health(ask: Ask, local_face: LocalFace) -> None:
    found = ask("health")
    assert (found.ok, found.ledger) == (True, "ok")
    assert {"durable", "function", "stepfunctions"} == set(found.engines)
    assert [line.split()[:2] for line in shown(local_face, "health").splitlines()[1:3]] == [
        ["server", "ok"],
        ["ledger", "ok"],
    ]
