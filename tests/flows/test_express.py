"""Express machines: the answer is there when the start returns."""

from __future__ import annotations

import json

from tests.flows.signing import new_id, x_signature
from tests.flows.workshop import Api

pytest_plugins = ["tests.flows.workshop_fixture"]

WAITING = {"prefer": "wait=10"}


def test_a_start_that_waits_is_answered_with_the_result(api: Api) -> None:
    reply = api.http.post("/v1/workflows/tax/instances", json={"input": {"total": 50}}, headers=WAITING)
    assert reply.status_code == 200
    assert reply.json()["output"] == {"tax": 4}
    assert reply.json()["status"] == "completed"
    id = reply.json()["instanceId"]
    assert (reply.headers["location"], reply.headers["preference-applied"]) == (f"/v1/instances/{id}", "wait=10")
    kept = api.get(id)
    assert (kept["input"], kept["output"], kept["attempt"]) == ({"total": 50}, {"tax": 4}, 1)


def test_a_start_that_does_not_wait_has_ended_all_the_same(api: Api) -> None:
    assert api.get(api.start("tax", {"total": 100}))["output"] == {"tax": 8}


def test_a_machine_that_fails(api: Api) -> None:
    reply = api.http.post("/v1/workflows/no-tax/instances", json={"input": {}}, headers=WAITING)
    assert (reply.status_code, reply.json()["status"], reply.json()["output"]) == (200, "failed", None)
    assert reply.json()["error"] == {"code": "NoTax", "message": "not here"}


def test_a_webhook_is_answered_completed(api: Api) -> None:
    body = json.dumps({"id": new_id(), "type": "order.created", "total": 25}).encode()
    first = api.face.send("POST", "/hooks/taxes", x_signature(body), body)
    assert (first.status, first.json["status"], first.json["duplicate"]) == (200, "completed", False)
    id = first.json["instanceId"]
    assert api.face.send("GET", f"/?instanceId={id}", []).json["output"] == {"tax": 2}
    again = api.face.send("POST", "/hooks/taxes", x_signature(body), body)
    assert again.json == {"instanceId": id, "status": "completed", "duplicate": True}
    assert api.attempts(id) == [(1, "completed")]


def test_one_idempotency_key_runs_it_once(api: Api) -> None:
    headers = {**WAITING, "idempotency-key": new_id()}
    first, second = (
        api.http.post("/v1/workflows/tax/instances", json={"input": {"total": 1}}, headers=headers) for _ in range(2)
    )
    assert first.json() == second.json()
    assert second.headers["idempotent-replayed"] == "true"


def test_what_it_cannot_do(api: Api) -> None:
    id = api.start("tax", {"total": 1})
    assert api.act(id, "terminate").status_code == 409
    assert api.steps(id) == []
    assert api.act(id, "restart").json()["attempt"] == 2
    assert (api.get(id)["status"], api.attempts(id)) == ("completed", [(1, "completed"), (2, "completed")])
