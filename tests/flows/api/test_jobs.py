"""Jobs over the API: counted, begun, driven, stopped, and seen by the keys that may."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.flows.api.parts import Client, Deployment
from tests.flows.api.test_deliveries import PUSH, deliver, keeping
from tests.flows.signing import github
from tests.flows.waiting import wait_until
from verihook.api import admission
from verihook.api.access import Identity
from verihook.instances import jobs
from verihook.instances.job_rounds import JobRounds
from verihook.model.instance import BATCH, Instance, Progress
from verihook.model.job import Action
from verihook.model.listing import Search
from verihook.model.policy import Policy
from verihook.model.scopes import SCOPES


def failed(client: Client, deployed: Deployment, workflow: str, *ids: str) -> None:
    for id in ids:
        answer = client.post(f"/v1/workflows/{workflow}/instances", json={"id": id, "tags": ["vip"]})
        assert 202 == answer.status_code, answer.text
        deployed.engine.finish(id, Progress("failed", error="Boom"), deployed.services)


def start(client: Client, action: str = "redrive", **more: Any) -> Any:
    return client.post("/v1/jobs", json={"action": action, **more})


@pytest.fixture(autouse=True)
def no_others(deployed: Deployment) -> None:
    """The jobs of the tests before are not under way any more."""
    for job in jobs.open_jobs(deployed.services):
        jobs.stop_job(job.id, deployed.services)


def test_it_is_counted_begun_and_done(client: Client, deployed: Deployment) -> None:
    failed(client, deployed, "free", "j1", "j2")
    wanted = {"workflow": "free", "status": "failed", "tag": "vip"}
    counted = start(client, filter=wanted, dryRun=True)
    assert (200, None, 2) == (counted.status_code, counted.json()["job"], counted.json()["count"]["matched"])
    assert {"j1", "j2"} == set(counted.json()["count"]["examples"])
    assert 1 == client.get("/v1/instances/j1").json()["attempt"]
    begun = start(client, filter=wanted, rate=5)
    assert (202, 5) == (begun.status_code, begun.json()["job"]["rate"])
    where = f"/v1/jobs/{begun.json()['job']['id']}"
    runner = JobRounds()
    while client.get(where).json()["status"] != "completed":
        runner.run(deployed.services)
    ended = client.get(where).json()
    assert (2, 0, 0, []) == (ended["done"], ended["skipped"], ended["failed"], ended["failures"])
    assert [2, 2] == [client.get(f"/v1/instances/{id}").json()["attempt"] for id in ("j1", "j2")]
    assert ended == client.get("/v1/jobs").json()["jobs"][0]


def test_it_is_stopped(client: Client, deployed: Deployment) -> None:
    failed(client, deployed, "free", "k1")
    job = start(client, filter={"workflow": "free"}).json()["job"]
    stopped = client.post(f"/v1/jobs/{job['id']}/stop")
    assert (200, "stopped") == (stopped.status_code, stopped.json()["status"])
    assert stopped.json() == client.post(f"/v1/jobs/{job['id']}/stop").json()
    JobRounds().run(deployed.services)
    assert 1 == client.get("/v1/instances/k1").json()["attempt"]


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"action": "redrive", "filter": {}}, 400, "filter: must have one of workflow"),
        ({"action": "explode", "filter": {"workflow": "free"}}, 422, "not valid"),
        ({"action": "redrive"}, 422, "not valid"),
        ({"action": "redrive", "filter": {"workflow": "free"}, "rate": 501}, 422, "not valid"),
        ({"action": "redrive", "filter": {"colour": "red"}}, 422, "not valid"),
        ({"action": "redrive", "filter": {"since": "yesterday"}}, 400, "filter.since: write a time"),
    ],
)
def test_what_is_refused(client: Client, body: dict[str, Any], status: int, words: str) -> None:
    answer = client.post("/v1/jobs", json=body)
    assert status == answer.status_code, answer.text
    assert words in answer.json()["detail"]


@pytest.mark.parametrize("text", ["\\ud800", "\\u0000", "x" * 257, ""])
@pytest.mark.parametrize(
    "wanted",
    ['"workflow": "%s"', '"source": "%s"', '"tag": "%s"', '"metadata": {"%s": "a"}', '"metadata": {"a": "%s"}'],
)
def test_a_text_that_nothing_can_have_is_refused_in_words(client: Client, wanted: str, text: str) -> None:
    content = f'{{"action": "suspend", "filter": {{{wanted % text}}}, "dryRun": true}}'
    answer = client.post("/v1/jobs", content=content, headers={"content-type": "application/json"})
    assert (400, True) == (answer.status_code, "256 printable characters" in answer.json()["detail"])


def test_a_page_begins_after_another(client: Client) -> None:
    ids = [start(client, filter={"workflow": "free"}).json()["job"]["id"] for _ in range(3)]
    first = client.get("/v1/jobs?limit=2").json()
    second = client.get(f"/v1/jobs?limit=1&cursor={first['cursor']}").json()
    assert set(ids) == {job["id"] for job in (*first["jobs"], *second["jobs"])}


def test_a_bound_key_acts_on_its_own_alone(deployed: Deployment) -> None:
    owner, bound = deployed.client(), deployed.client(deployed.make_key(*SCOPES, workflows=["order*"]))
    for wanted in ({"status": "failed"}, {"workflow": "free"}, {"tag": "vip"}):
        assert 403 == start(bound, filter=wanted).status_code
        assert 403 == start(bound, filter=wanted, dryRun=True).status_code
    others = [
        start(owner, filter=wanted).json()["job"]["id"] for wanted in ({"status": "failed"}, {"workflow": "free"})
    ]
    own = start(bound, filter={"workflow": "order"}).json()["job"]["id"]
    for id in others:
        assert 404 == bound.get(f"/v1/jobs/{id}").status_code
        assert 404 == bound.post(f"/v1/jobs/{id}/stop").status_code
    assert "running" == owner.get(f"/v1/jobs/{others[0]}").json()["status"]
    assert {own} == {job["id"] for job in bound.get("/v1/jobs?limit=100").json()["jobs"]}
    assert 200 == bound.get(f"/v1/jobs/{own}").status_code


def test_a_job_restarts_no_faster_than_its_caller_may_start(deployed: Deployment) -> None:
    services = replace(deployed.services, policy=Policy(starts_per_minute=500))
    actions: tuple[Action, ...] = ("redrive", "restart", "suspend")
    wanted = Search(workflow="free")
    begun = [admission.start_job(each, wanted, 400, Identity(), services, dry_run=False)[1] for each in actions]
    assert [8, 8, 400] == [job.rate for job in begun if job is not None]


def test_deliveries_are_replayed_by_a_job(deployed: Deployment, client: Client) -> None:
    keeping(deployed)
    ids = [deliver(deployed, "github", PUSH, github(PUSH, f"d-{each}"))["instanceId"] for each in range(3)]
    client.post("/v1/workflows/free/instances", json={"input": {}})
    wanted = {"action": "replay", "asNew": True, "filter": {"workflow": "free"}}
    counted = client.post("/v1/jobs", json={**wanted, "dryRun": True}).json()
    assert (3, None) == (counted["count"]["matched"], counted["job"])
    job = client.post("/v1/jobs", json=wanted).json()["job"]
    assert ("replay", True) == (job["action"], job["asNew"])
    assert 3 == driven(deployed, job["id"])["done"]
    listed = client.get("/v1/deliveries?source=github").json()["deliveries"]
    new = [client.get(f"/v1/deliveries/{each['id']}").json() for each in listed if each["id"] not in ids]
    assert sorted(ids) == sorted(each["replayOf"] for each in new)
    # What was made by a replay is no delivery: another job leaves it alone.
    counted = client.post("/v1/jobs", json={**wanted, "dryRun": True}).json()["count"]
    assert (3, 7) == (counted["matched"], counted["looked"])
    again = client.post("/v1/jobs", json={**wanted, "asNew": False, "filter": {"source": "github"}}).json()["job"]
    assert 3 == driven(deployed, again["id"])["done"]
    assert [2] * 3 == [client.get(f"/v1/instances/{id}").json()["attempt"] for id in ids]
    assert 400 == client.post("/v1/jobs", json={**wanted, "action": "restart"}).status_code
    lacking = deployed.client(deployed.make_key("instances:manage"))
    assert 403 == lacking.post("/v1/jobs", json=wanted).status_code


def driven(deployed: Deployment, job: str) -> Any:
    """The job after its rounds."""
    found: Any = None

    def ended() -> bool:
        nonlocal found
        JobRounds(alone=True).run(deployed.services)
        found = deployed.client().get(f"/v1/jobs/{job}").json()
        return bool(found["endedAt"])

    wait_until(ended, what="the job did not end")
    return found


@pytest.mark.parametrize("as_new", [True, False])
def test_a_delivery_of_several_events_is_replayed_by_its_events(
    deployed: Deployment, client: Client, as_new: bool
) -> None:
    """As new, each of its instances is; else it is split once more, which starts nothing twice."""
    now = deployed.services.clock.now_ms()
    for id, engine in (("b" * 40, BATCH), ("c" * 40, "stepfunctions")):
        row = Instance(id, "free", "{}", now, now, status="completed", source="github", engine=engine)
        assert deployed.services.ledger.claim(row) is None
    wanted = {"action": "replay", "asNew": as_new, "filter": {"source": "github"}}
    job = client.post("/v1/jobs", json=wanted).json()
    assert (1 if as_new else 2) == job["count"]["matched"]
    ended = driven(deployed, job["job"]["id"])
    assert (0, 1 if as_new else 2) == (ended["failed"], ended["done"])
