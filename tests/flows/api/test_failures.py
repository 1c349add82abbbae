"""``GET /v1/failures``, and the definition of a workflow."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.flows.api.parts import Client, Deployment
from verihook import instances
from verihook.instances import failures, given_up
from verihook.model.instance import Progress

PATH = "/v1/failures"


def fail(deployed: Deployment, workflow: str, id: str, error: str, status: str = "failed") -> None:
    body = {"id": id, "input": {"orderId": "1"}}
    assert 202 == deployed.client().post(f"/v1/workflows/{workflow}/instances", json=body).status_code
    deployed.engine.finish(id, Progress(status, error=error, cause=f"of {id}"), deployed.services)  # type: ignore[arg-type]


@pytest.fixture
def failed(deployed: Deployment) -> None:
    for workflow, id, error in (("free", "a", "E1"), ("free", "b", "E2"), ("free", "c", "E1"), ("order", "d", "E1")):
        fail(deployed, workflow, id, error)
    fail(deployed, "free", "e", "", "timed_out")
    deployed.client().post("/v1/workflows/free/instances", json={"id": "runs"})


def groups(client: Client, query: str = "") -> dict[tuple[str, str], tuple[int, str]]:
    found = client.get(PATH + query).json()["failures"]
    return {(it["workflow"], it["error"]): (it["count"], it["last"]["instanceId"]) for it in found}


def test_groups_of_one_workflow_and_one_error(client: Client, failed: None) -> None:
    expected = {
        ("free", "timed_out"): (1, "e"),
        ("order", "E1"): (1, "d"),
        ("free", "E1"): (2, "c"),
        ("free", "E2"): (1, "b"),
    }
    assert expected == groups(client)
    assert [*expected] == [*groups(client)]
    assert client.get(PATH).json()["complete"] is True
    assert {("order", "E1"): (1, "d")} == groups(client, "?workflow=order")
    assert {} == groups(client, "?since=2999-01-01T00:00:00Z")


def test_the_count_stops_and_says_so(client: Client, failed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failures, "MOST_READ", 2)
    found = client.get(f"{PATH}?workflow=free").json()
    assert (False, 3) == (found["complete"], sum(it["count"] for it in found["failures"]))


def test_a_bound_key_names_one_of_its_workflows(deployed: Deployment, failed: None) -> None:
    own = deployed.client(deployed.make_key("instances:read", workflows=["order"]))
    assert {("order", "E1"): (1, "d")} == groups(own, "?workflow=order")
    for query in ("", "?workflow=free"):
        assert 403 == own.get(PATH + query).status_code


DISMISS = f"{PATH}/dismiss"


def later(deployed: Deployment) -> None:
    """What comes next has another millisecond than what was before."""
    clock = deployed.services.clock
    now = clock.now_ms()
    while clock.now_ms() == now:
        pass


def test_what_was_dismissed_is_left_out_until_it_fails_again(
    client: Client, deployed: Deployment, failed: None
) -> None:
    body = {"workflow": "free", "error": "E1", "note": "sold out; refunded"}
    made = client.post(DISMISS, json=body)
    assert (200, "sold out; refunded") == (made.status_code, made.json()["dismissed"]["note"])
    assert ("free", "E1") not in groups(client)
    # The same error elsewhere, and another one here, are other failures.
    assert {("order", "E1"), ("free", "E2")} <= groups(client).keys()
    assert (2, "c") == groups(client, "?dismissed=true")[("free", "E1")]
    kept = client.get(f"{PATH}?dismissed=true").json()["failures"]
    assert made.json()["dismissed"] in [each["dismissed"] for each in kept]
    later(deployed)
    fail(deployed, "free", "again", "E1")
    assert (3, "again") == groups(client)[("free", "E1")]


def test_a_timed_out_group_and_one_without_an_error_are_dismissed_by_their_own_name(
    client: Client, deployed: Deployment, failed: None
) -> None:
    fail(deployed, "free", "f", "")
    for error in ("timed_out", None):
        assert ("free", error) in groups(client)
        assert 200 == client.post(DISMISS, json={"workflow": "free", "error": error}).status_code
        assert ("free", error) not in groups(client)


@pytest.mark.parametrize(
    ("body", "status"),
    [({}, 400), ({"workflow": "free", "instanceId": "a"}, 400), ({"workflow": "free", "note": "n" * 1001}, 422)],
)
def test_what_is_to_be_dismissed_is_said_exactly(client: Client, body: dict[str, str], status: int) -> None:
    assert status == client.post(DISMISS, json=body).status_code


def test_a_key_dismisses_what_it_covers(deployed: Deployment, failed: None) -> None:
    own = deployed.client(deployed.make_key("instances:read", "instances:manage", workflows=["order"]))
    assert 403 == own.post(DISMISS, json={"workflow": "free", "error": "E1"}).status_code
    assert 404 == own.post(DISMISS, json={"instanceId": "a"}).status_code
    assert 200 == own.post(DISMISS, json={"workflow": "order", "error": "E1"}).status_code
    dismissed = own.get(f"{PATH}?workflow=order&dismissed=true").json()["failures"][0]["dismissed"]
    assert "key" == dismissed["by"]["entry"]
    assert dismissed["by"]["keyId"]


def give_up(deployed: Deployment, id: str) -> None:
    """The receiver has answered none of the tries."""
    body = {"id": id, "input": {}, "callbackUrl": "https://receiver.example/ended"}
    assert 202 == deployed.client().post("/v1/workflows/free/instances", json=body).status_code
    deployed.engine.finish(id, Progress("completed", "1"), deployed.services)
    given_up.note(replace(instances.get(id, deployed.services), callback_tries=10), deployed.services)


def test_a_callback_that_was_given_up_is_sent_again_or_dismissed(client: Client, deployed: Deployment) -> None:
    give_up(deployed, "a")
    later(deployed)
    give_up(deployed, "b")
    listed = client.get(PATH).json()["callbacks"]
    assert [("b", "free", 10), ("a", "free", 10)] == [(it["instanceId"], it["workflow"], it["tries"]) for it in listed]
    before = instances.get("a", deployed.services)
    assert 202 == client.post("/v1/instances/a/callback").status_code
    after = instances.get("a", deployed.services)
    # The same end, so that the receiver gets the same id.
    assert (0, before.updated_at) == (after.callback_tries, after.updated_at)
    assert after.due_at is not None
    assert before.updated_at <= after.due_at <= deployed.services.clock.now_ms()
    assert ["b"] == [it["instanceId"] for it in client.get(PATH).json()["callbacks"]]
    assert 200 == client.post(DISMISS, json={"instanceId": "b", "note": "it has moved"}).status_code
    assert [] == client.get(PATH).json()["callbacks"]
    (kept,) = client.get(f"{PATH}?dismissed=true").json()["callbacks"]
    assert "it has moved" == kept["dismissed"]["note"]
    assert 404 == client.post(DISMISS, json={"instanceId": "a"}).status_code


def test_a_callback_that_there_is_none_of_is_a_conflict(client: Client, deployed: Deployment, failed: None) -> None:
    for id, why in (("runs", "its callback is sent when it has ended"), ("a", "has no callbackUrl")):
        answer = client.post(f"/v1/instances/{id}/callback")
        assert 409 == answer.status_code
        assert why in answer.json()["detail"]


def test_a_list_that_has_not_changed_is_not_sent_again(client: Client, failed: None) -> None:
    first = client.get(PATH)
    again = client.get(PATH, headers={"if-none-match": first.headers["etag"]})
    assert (304, b"", first.headers["etag"]) == (again.status_code, again.content, again.headers["etag"])
    assert "no-store" == again.headers["cache-control"]
    other = client.get(f"{PATH}?workflow=order", headers={"if-none-match": first.headers["etag"]})
    assert 200 == other.status_code


def test_the_definition_of_a_workflow(client: Client) -> None:
    order = client.get("/v1/workflows/order/definition").json()
    assert ({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}, None) == (order["machine"], order["why"])
    assert order["inputSchema"]["required"] == ["orderId", "quantity"]
    free = client.get("/v1/workflows/free/definition").json()
    assert (None, "The state machine 'free' is not deployed.") == (free["machine"], free["why"])
    assert 404 == client.get("/v1/workflows/none/definition").status_code
