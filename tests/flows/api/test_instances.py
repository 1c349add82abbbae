"""Looking at instances, and what is done to them."""

from __future__ import annotations

import pytest

from tests.flows.api.parts import Client, Deployment
from verihook import instances
from verihook.instances.mailboxes import GATE
from verihook.model.instance import Progress

FREE = "/v1/workflows/free/instances"


def start(client: Client, workflow: str = "free", **body: object) -> str:
    answer = client.post(f"/v1/workflows/{workflow}/instances", json=body)
    assert 202 == answer.status_code, answer.text
    return str(answer.json()["instanceId"])


def test_pages_of_a_list(client: Client) -> None:
    made = [start(client, id=f"i{number}") for number in range(5)]
    seen, cursor = [], ""
    while True:
        page = client.get(f"/v1/instances?limit=2{cursor}").json()
        seen += [it["instanceId"] for it in page["instances"]]
        if page["cursor"] is None:
            break
        cursor = f"&cursor={page['cursor']}"
    assert (sorted(made), 5) == (sorted(seen), len(seen))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("workflow=free", {"a", "b"}),
        ("tag=vip", {"a"}),
        ("metadata.customer=42", {"b"}),
        ("metadata.customer=43", set()),
        ("workflow=free&status=completed", {"a"}),
        ("source=github", set()),
        ("tag=vip&workflow=free", {"a"}),
        ("tag=vip&workflow=quick", set()),
        ("metadata.customer=42&status=queued", {"b"}),
        ("metadata.customer=42&tag=vip", set()),
        ("since=2000-01-01T00:00:00%2B01:00&until=2999-01-01T00:00:00Z", {"a", "b", "c"}),
        ("until=2000-01-01T00:00:00Z", set()),
    ],
)
def test_filters(client: Client, deployed: Deployment, query: str, expected: set[str]) -> None:
    start(client, id="a", tags=["vip"])
    start(client, id="b", metadata={"customer": "42"})
    start(client, "quick", id="c")
    deployed.engine.finish("a", Progress("completed", "1"), deployed.services)
    answer = client.get(f"/v1/instances?{query}")
    assert 200 == answer.status_code, answer.text
    assert expected == {it["instanceId"] for it in answer.json()["instances"]}


def test_filters_that_no_index_answers_together_say_how_far_they_looked(client: Client) -> None:
    start(client, id="a", tags=["vip"])
    start(client, id="b")
    for query, last in (("tag=vip&workflow=quick", "a"), ("tag=vip", None), ("workflow=free", None)):
        looked_to = client.get(f"/v1/instances?{query}").json()["lookedTo"]
        assert looked_to == (last and client.get(f"/v1/instances/{last}").json()["createdAt"]), query


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("tag=a&tag=b", 400, "given twice"),
        ("colour=red", 400, "Unknown query parameter 'colour'"),
        ("metadata.=x", 400, "Unknown query parameter"),
        ("since=yesterday", 400, "since: write a time"),
        ("cursor=xyz", 400, "cursor"),
        ("limit=0", 422, "not valid"),
        ("status=done", 422, "not valid"),
        (f"workflow={'x' * 257}", 400, "workflow: must be 1 to 256 printable characters"),
        (f"source={'x' * 3000}", 400, "source: must be 1 to 256 printable characters"),
        ("tag=", 400, "tag: must be 1 to 256 printable characters"),
        ("tag=%00", 400, "tag: must be 1 to 256 printable characters"),
        (f"metadata.customer={'x' * 257}", 400, "metadata.customer: must be 1 to 256 printable characters"),
        (f"metadata.{'x' * 257}=a", 400, "metadata.KEY: must be 1 to 256 printable characters"),
        ("&".join(f"metadata.{number}=a" for number in range(21)), 400, "metadata.KEY: must be at most 20"),
    ],
)
def test_filters_that_are_refused_in_words(client: Client, query: str, status: int, words: str) -> None:
    answer = client.get(f"/v1/instances?{query}")
    assert status == answer.status_code
    assert words in answer.json()["detail"]


def test_the_result(client: Client, deployed: Deployment) -> None:
    instance_id = start(client)
    pending = client.get(f"/v1/instances/{instance_id}/result?wait=0")
    assert (202, "1") == (pending.status_code, pending.headers["retry-after"])
    deployed.engine.finish(instance_id, Progress("failed", None, "Boom", "it broke"), deployed.services)
    ended = client.get(f"/v1/instances/{instance_id}/result?wait=30")
    assert (200, "failed") == (ended.status_code, ended.json()["status"])
    assert {"code": "Boom", "message": "it broke"} == ended.json()["error"]


def test_steps_attempts_and_mailbox(client: Client) -> None:
    instance_id = start(client)
    (step,) = client.get(f"/v1/instances/{instance_id}/steps").json()["steps"]
    assert ("Charge", {"a": 1}, "{cut short") == (step["name"], step["input"], step["output"])
    assert 200 == client.post(f"/v1/instances/{instance_id}/restart").status_code
    attempts = client.get(f"/v1/instances/{instance_id}/attempts").json()["attempts"]
    assert [1, 2] == [it["number"] for it in attempts]


def test_events_are_raised_once(client: Client, deployed: Deployment) -> None:
    instance_id = start(client)
    events = f"/v1/instances/{instance_id}/events"
    for _ in range(2):
        assert 202 == client.post(f"{events}/paid", json={"sum": 1}, headers={"event-id": "e1"}).status_code
    assert 202 == client.post(f"{events}/paid?eventId=e2").status_code
    assert 400 == client.post(f"{events}/paid?eventId=e2", headers={"event-id": "e3"}).status_code
    assert 400 == client.post(f"{events}/a%20b").status_code
    found = client.get(events).json()["events"]
    assert [("paid", "e1", "buffered"), ("paid", "e2", "buffered")] == [
        (it["name"], it["id"], it["state"]) for it in found
    ]
    instances.await_event(instance_id, 1, "paid", "token", deployed.services)
    assert [("token", '{"sum":1}')] == deployed.engine.answered


def test_suspend_and_resume(client: Client, deployed: Deployment) -> None:
    instance_id = start(client)
    assert 200 == client.post(f"/v1/instances/{instance_id}/suspend", json={"reason": "audit"}).status_code
    instances.pass_gate(instance_id, 1, "gate", deployed.services)
    assert 200 == client.post(f"/v1/instances/{instance_id}/resume").status_code
    assert GATE not in [it["name"] for it in client.get(f"/v1/instances/{instance_id}/events").json()["events"]]


def test_terminate_gives_an_output_and_is_final(client: Client) -> None:
    instance_id = start(client)
    path = f"/v1/instances/{instance_id}"
    ended = client.post(f"{path}/terminate", json={"reason": "twice", "output": {"refunded": True}})
    assert (200, "terminated") == (ended.status_code, ended.json()["status"])
    assert {"refunded": True} == client.get(path).json()["output"]
    again = client.post(f"{path}/terminate")
    assert (409, instance_id) == (again.status_code, again.json()["instanceId"])
    assert 409 == client.post(f"{path}/events/paid").status_code


def test_redrive_takes_up_what_failed(client: Client, deployed: Deployment) -> None:
    instance_id = start(client)
    assert 409 == client.post(f"/v1/instances/{instance_id}/redrive").status_code
    deployed.engine.finish(instance_id, Progress("failed", None, "Boom", None), deployed.services)
    assert 200 == client.post(f"/v1/instances/{instance_id}/redrive").status_code
    assert 2 == client.get(f"/v1/instances/{instance_id}").json()["attempt"]


def test_delete(client: Client) -> None:
    path = f"/v1/instances/{start(client)}"
    assert 409 == client.delete(path).status_code
    assert 422 == client.delete(f"{path}?force=maybe").status_code
    gone = client.delete(f"{path}?force=true")
    assert (204, b"") == (gone.status_code, gone.content)
    assert 404 == client.get(path).status_code
    assert 404 == client.delete(path).status_code


def test_a_body_that_nobody_reads_is_refused(client: Client) -> None:
    instance_id = start(client)
    assert 400 == client.post(f"/v1/instances/{instance_id}/resume", json={"reason": "x"}).status_code
    assert 422 == client.post(f"/v1/instances/{instance_id}/suspend", json={"why": "x"}).status_code


@pytest.mark.parametrize("instance_id", ["unknown", "a%20b", "-x", "%F0%9F%92%A9", "x" * 65])
def test_unknown_and_malformed_ids_are_the_same(client: Client, instance_id: str) -> None:
    answers = [client.get(f"/v1/instances/{it}") for it in (instance_id, "nobody")]
    assert [404, 404] == [it.status_code for it in answers]
    assert 1 == len({it.json()["detail"] for it in answers})
