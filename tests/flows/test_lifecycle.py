"""Suspend, resume, terminate, restart, redrive and purge, over ``/v1`` on every engine that can."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.flows.waiting import FINAL, wait_until
from tests.flows.workshop import Api

pytest_plugins = ["tests.flows.workshop_fixture"]

#: Total above 100000: such an order passes the gate of order-created.
LARGE = {"orderId": "A1", "items": [{"productId": "a", "quantity": 1, "price": 200_000}]}
ORDER = {"orderId": "A1", "amount": 20}

#: A workflow of each engine that waits until a test lets it go, and what it needs.
LONG: dict[str, Any] = {"order-approval": ORDER, "order-review": ORDER, "until-file": {"path": "/no/such/file"}}
QUICK: dict[str, Any] = {"walk": {}, "order-created": {"orderId": "A1"}, "order-log": {"orderId": "A1"}}


def suspended(
    api: Api, workflow: str, content: Any, begun: Callable[[str], object], **why: str
) -> tuple[str, httpx.Response]:
    """The id of an instance that was suspended after it had begun, and the answer; a later one has come to its end.

    Its rest is a second long: a busy machine may come too late, and has another try.
    """

    def held() -> tuple[str, httpx.Response] | None:
        id = api.start(workflow, content)
        wait_until(lambda: begun(id), what=f"{id} did not begin")
        answer = api.act(id, "suspend", why)
        assert answer.status_code in (200, 409)
        # The rest of this one is over when that of a later one is.
        assert api.until(api.start(workflow, content))["status"] == "completed"
        return (id, answer) if api.get(id)["status"] not in FINAL else None

    return wait_until(held, what=f"no {workflow} was suspended before its end")


class TestSuspend:
    def test_no_new_step_of_a_durable_function_begins(self, api: Api) -> None:
        def rests(id: str) -> bool:
            return ("First", "completed") in api.steps(id) and api.get(id)["status"] != "queued"

        id, held = suspended(api, "walk", {}, rests, reason="stock count")
        assert (held.status_code, held.json()["status"]) == (200, "suspended")
        assert held.json()["error"] == {"code": None, "message": "stock count"}
        assert api.get(id)["status"] == "suspended"
        assert "Second" not in dict(api.steps(id))
        assert api.act(id, "suspend").status_code == 200
        resumed = api.act(id, "resume")
        assert (resumed.status_code, resumed.json()["status"]) == (200, "running")
        assert api.until(id)["output"] == ["first", "second"]

    def test_a_state_machine_is_held_at_its_gate(self, api: Api) -> None:
        id, held = suspended(api, "order-created", LARGE, lambda id: api.get(id)["status"] != "queued")
        assert held.json()["status"] == "suspended"
        wait_until(lambda: ("Gate", "running") in api.steps(id))
        assert api.get(id)["status"] == "suspended"
        # The gate is no event of a caller.
        assert api.mailbox(id) == []
        assert api.act(id, "resume").json()["status"] == "running"
        assert api.until(id)["output"] == {"orderId": "A1", "total": 200_000, "tax": 16_000}

    def test_an_event_for_a_suspended_one_is_kept_until_it_is_resumed(self, api: Api) -> None:
        id = api.start("order-approval", ORDER)
        api.waits(id, "approved")
        api.until(id, "running")
        assert api.act(id, "suspend").status_code == 200
        assert api.act(id, "events/approved", {"by": "kim"}).status_code == 202
        assert api.until(api.start("walk"))["status"] == "completed"
        assert api.get(id)["status"] == "suspended"
        assert "Ship" not in dict(api.steps(id))
        assert api.act(id, "resume").status_code == 200
        assert api.until(id)["output"]["outcome"] == "shipped"

    @pytest.mark.parametrize(("workflow", "content"), [("walk", {}), ("order-created", LARGE)])
    def test_one_that_has_only_just_begun(self, api: Api, workflow: str, content: Any) -> None:
        """The engine has it, and the row may not say so yet."""
        id, held = suspended(api, workflow, content, api.steps)
        assert held.status_code == 200
        assert api.get(id)["status"] in ("queued", "suspended")
        assert "Second" not in dict(api.steps(id))
        assert api.act(id, "resume").status_code == 200
        assert api.until(id)["status"] == "completed"

    def test_a_function_that_runs_cannot_be(self, api: Api, tmp_path: Path) -> None:
        ready = tmp_path / "ready"
        id = api.start("until-file", {"path": str(ready)})
        api.until(id, "running")
        reply = api.act(id, "suspend")
        assert (reply.status_code, reply.json()["code"]) == (501, "not-supported")
        assert reply.json()["detail"] == "The engine function cannot suspend a function that runs."
        assert api.get(id)["status"] == "running"
        ready.touch()
        assert api.until(id)["status"] == "completed"

    @pytest.mark.parametrize("workflow", QUICK)
    def test_one_that_has_not_begun_is_begun_by_its_resume(self, api: Api, workflow: str) -> None:
        id = api.start(workflow, QUICK[workflow], delay=3600)
        held = api.act(id, "suspend").json()
        assert held["status"] == "suspended"
        listed = api.http.get("/v1/instances", params={"workflow": workflow, "status": "suspended"}).json()
        assert id in [each["instanceId"] for each in listed["instances"]]
        # Its time comes and goes.
        api.due(id)
        assert api.until(api.start(workflow, QUICK[workflow], delay=1))["status"] == "completed"
        assert (api.get(id)["status"], api.steps(id)) == ("suspended", [])
        assert api.act(id, "resume").status_code == 200
        assert api.until(id)["status"] == "completed"

    def test_one_that_has_ended_cannot_be(self, api: Api) -> None:
        id = api.start("order-log", {})
        api.until(id)
        for operation in ("suspend", "resume", "terminate"):
            assert api.act(id, operation).status_code == 409


@pytest.mark.parametrize("workflow", LONG)
class TestTerminate:
    def test_with_a_reason_and_an_output(self, api: Api, workflow: str) -> None:
        id = api.start(workflow, LONG[workflow])
        api.until(id, "running")
        ended = api.act(id, "terminate", {"reason": "ordered twice", "output": {"refund": 20}})
        assert (ended.status_code, ended.json()["status"]) == (200, "terminated")
        again = api.get(id)
        assert (again["status"], again["output"]) == ("terminated", {"refund": 20})
        assert again["error"]["message"] == "ordered twice"
        assert api.attempts(id) == [(1, "terminated")]

    def test_before_it_began(self, api: Api, workflow: str) -> None:
        id = api.start(workflow, LONG[workflow], delay=3600)
        assert api.act(id, "terminate").json()["status"] == "terminated"
        api.due(id)
        api.until(api.start("order-log", {}, delay=1))
        assert (api.get(id)["status"], api.steps(id)) == ("terminated", [])

    def test_and_run_it_anew(self, api: Api, workflow: str) -> None:
        id = api.start(workflow, LONG[workflow])
        api.until(id, "running")
        reply = api.act(id, "restart")
        assert (reply.status_code, reply.json()["attempt"]) == (200, 2)
        api.until(id, "running")
        assert api.attempts(id) == [(1, "terminated"), (2, "running")]
        assert api.act(id, "terminate").status_code == 200
        assert api.attempts(id) == [(1, "terminated"), (2, "terminated")]


@pytest.mark.parametrize("workflow", QUICK)
def test_restart_after_the_end(api: Api, workflow: str) -> None:
    id = api.start(workflow, QUICK[workflow])
    first = api.until(id)
    assert api.act(id, "restart").json()["attempt"] == 2
    second = api.until(id)
    assert (second["output"], second["attempt"]) == (first["output"], 2)
    assert api.attempts(id) == [(1, "completed"), (2, "completed")]


class TestRedrive:
    def test_a_state_machine_goes_on_in_the_state_that_failed(self, api: Api) -> None:
        id = api.start("uncaught-review", ORDER)
        failed = api.until(id)
        assert failed["status"] in ("failed", "timed_out")
        assert failed["error"]["code"] == "States.Timeout"

        def answered() -> bool:
            """It waits two seconds for the event: a busy machine may come too late, and has another try."""
            assert api.act(id, "redrive").json()["status"] == "running"
            reply = api.act(id, "events/approved", {"approved": True})
            assert reply.status_code in (202, 409)
            return reply.status_code == 202 or api.until(id)["status"] == "completed"

        wait_until(answered, what="no redrive took the event")
        done = api.until(id)
        assert (done["status"], done["attempt"], done["error"]) == ("completed", 1, None)
        assert done["output"]["decision"] == "approved"
        assert [name for name, _ in api.steps(id)].count("Read order") == 1

    @pytest.mark.parametrize("workflow", ["second-time-durable", "second-time"])
    def test_the_others_begin_anew(self, api: Api, workflow: str) -> None:
        id = api.start(workflow, {"n": 1})
        failed = api.until(id)
        assert (failed["status"], failed["error"]["message"]) == ("failed", "not the first time")
        assert api.act(id, "redrive").json()["attempt"] == 2
        assert api.until(id)["output"] == {"n": 1}
        assert api.attempts(id) == [(1, "failed"), (2, "completed")]

    def test_only_what_failed(self, api: Api) -> None:
        id = api.start("order-log", {})
        api.until(id)
        assert api.act(id, "redrive").status_code == 409


@pytest.mark.parametrize("workflow", LONG)
def test_a_purge_leaves_nothing_to_see_and_frees_the_id(api: Api, workflow: str) -> None:
    id = api.start(workflow, LONG[workflow])
    api.until(id, "running")
    url = f"/v1/instances/{id}"
    assert api.http.delete(url).status_code == 409
    assert (api.http.delete(f"{url}?force=true").status_code, api.http.get(url).status_code) == (204, 404)
    assert id not in [it["instanceId"] for it in api.http.get("/v1/instances?limit=1000").json()["instances"]]
    assert api.http.delete(url).status_code == 404
    reply = api.http.post(f"/v1/workflows/{workflow}/instances", json={"input": LONG[workflow], "id": id})
    assert (reply.status_code, api.until(id, "running")["attempt"]) == (202, 2)
