"""What a key that is bound to workflows learns of others: that they are is in no list, count or cursor."""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from tests.flows.api.parts import Client, Deployment, deployment
from tests.flows.api.test_deliveries import PUSH, deliver, keeping
from tests.flows.signing import github
from verihook.api.operations import ROUTES
from verihook.instances import jobs
from verihook.model.expression import Expression
from verihook.model.listing import Query
from verihook.model.resumption import Resume
from verihook.model.workflow import Workflow

#: What names nothing in its path: lists, and what is looked up. Senders and the API's description are for every key.
LISTS = sorted(
    {row for row in ROUTES if row.startswith("GET /v1/") and "{" not in row}
    - {"GET /v1/senders", "GET /v1/openapi.json"}
)
QUERIES = ("limit=1", "limit=3", "source=github&limit=1", "type=push&limit=1", "workflow=own&limit=1", "q=d-1")

#: More pages than there are of anything.
ENDLESS = 50


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The source ``github`` starts ``free`` and ``own``, of which the key covers the second."""
    with deployment(tmp_path_factory.mktemp("bound")) as made:
        keeping(made, by_name=("own",))
        workflows = {**made.services.workflows, "own": Workflow("own", "stepfunctions", "own")}
        github = made.services.sources["github"]
        ends = replace(github, secrets=tuple(replace(each, until_s=4_000_000_000) for each in github.secrets))
        sources = {**made.services.sources, "github": ends}
        services = replace(made.services, workflows=workflows, sources=sources, without_secret=lambda: ["github"])
        yield Deployment(services, made.engine)


def made(deployed: Deployment, row: str) -> dict[str, str]:
    """What stands in the path of this row besides an instance, made for it: a delivery to ``free``, or a job on it."""
    if "{deliveryId}" in row:
        taken = deliver(deployed, "github", PUSH, github(PUSH, secrets.token_hex(8)))
        return {"deliveryId": taken["instanceId"]}
    if "{jobId}" not in row:
        return {}
    for job in jobs.open_jobs(deployed.services):
        jobs.stop_job(job.id, deployed.services)
    begun = deployed.client().post("/v1/jobs", json={"action": "redrive", "filter": {"workflow": "free"}})
    return {"jobId": begun.json()["job"]["id"]}


@pytest.fixture(scope="module")
def hidden(deployed: Deployment) -> set[str]:
    """Ids of what has to do with ``free``: instances, deliveries, events that no list of another may have, a job."""
    for number in range(4):
        assert "instanceId" in deliver(deployed, "github", PUSH, github(PUSH, f"d-{number}"))
    deliver(deployed, "github", PUSH, [])
    deliver(deployed, "orders", PUSH, [])
    deployed.services.observer.flush()
    job = {"action": "redrive", "filter": {"workflow": "free"}}
    ids = {deployed.client().post("/v1/jobs", json=job).json()["job"]["id"] for _ in range(3)}
    return ids | {each.id for each in deployed.services.ledger.page(Query(workflow="free"), 1000, None, 0)}


def pages(client: Client, path: str) -> Iterator[str]:
    """The text of each page, and what can be read of its cursor."""
    cursor: str | None = ""
    while cursor is not None:
        answer = client.get(path + (f"&cursor={cursor}" if cursor else ""))
        found = answer.json().get("cursor") if answer.text.startswith("{") else None
        yield answer.text + base64.b64decode((found or "") + "===", altchars=b"-_").decode("latin-1")
        cursor = found


@pytest.mark.parametrize("row", [*LISTS, "GET /metrics", "GET /health"])
def test_no_list_count_or_cursor_names_what_it_does_not_cover(deployed: Deployment, hidden: set[str], row: str) -> None:
    client = deployed.client(deployed.make_key(workflows=["own"]))
    for query in QUERIES:
        path = f"{row.removeprefix('GET ')}?{query}"
        texts = list(islice(pages(client, path), ENDLESS))
        assert len(texts) < ENDLESS, path
        for text in texts:
            assert [] == [id for id in hidden if id in text], path
            assert '"free"' not in text, (path, text)
            # Its own instances say where they are from.
            assert "github" not in re.sub(r'"(source":"|requestId":"r-)github"', "", text), (path, text)


def test_it_finds_its_own(deployed: Deployment, hidden: set[str]) -> None:
    client = deployed.client(deployed.make_key(workflows=["own"]))
    own = {each.id for each in deployed.services.ledger.page(Query(workflow="own"), 100, None, 0)}
    listed = "".join(pages(client, "/v1/deliveries?limit=1"))
    assert len(own) == 4
    assert all(f'"id":"{each}"' in listed for each in own)
    assert len(client.get("/v1/lookup?q=d-1").json()["found"]) == 1


def test_of_a_source_that_starts_nothing_of_its_not_even_the_number_is_told(
    deployed: Deployment, hidden: set[str]
) -> None:
    client = deployed.client(deployed.make_key(workflows=["order"]))
    for query in ("limit=1", "source=github&limit=1"):
        assert {"deliveries": [], "cursor": None} == client.get(f"/v1/deliveries?{query}").json()


def test_what_a_delivery_resumes_of_another_workflow_is_not_shown(tmp_path: Path) -> None:
    """A source of its own workflow resumes instances of another's: their ids and labels stand in what is kept."""
    with deployment(tmp_path) as made:
        resume = Resume("free", {"metadata.branch": Expression("resume.match.branch", "ref")}, "pushed", "ignore")
        keeping(made, workflow="order", resume=resume)
        sure, bound = made.client(), made.client(made.make_key(workflows=["order"]))
        started = {"id": "waits-for-it", "metadata": {"branch": "refs/heads/main"}}
        sure.post("/v1/workflows/free/instances", json=started)
        resumed = deliver(made, "github", PUSH, github(PUSH, "d-1"))["resumed"]
        deliver(made, "github", b'{"ref": "elsewhere"}', github(b'{"ref": "elsewhere"}', "d-2"))
        made.services.observer.flush()
        assert ["waits-for-it"] == resumed
        for path in ("/v1/deliveries", "/v1/lookup?q=d-1", "/v1/sources"):
            assert "waits-for-it" in (whole := sure.get(path).text) or "sources" in whole
            assert not [word for word in ("waits-for-it", "free", "elsewhere") if word in bound.get(path).text], path


def test_what_a_bound_key_sees(deployed: Deployment) -> None:
    client = deployed.client(deployed.make_key(workflows=["order*"]))
    covered = {name for name in deployed.services.workflows if name.startswith("order")}
    assert {"order", "order-created"} <= covered < set(deployed.services.workflows)
    assert covered == {it["name"] for it in client.get("/v1/workflows").json()["workflows"]}
    assert ["orders"] == [it["name"] for it in client.get("/v1/sources").json()["sources"]]
    assert 403 == client.get("/v1/instances").status_code
    assert 403 == client.get("/v1/instances?workflow=free").status_code
    assert 403 == client.get("/v1/instances?tag=vip").status_code
    assert [] == client.get("/v1/instances?workflow=order").json()["instances"]
