"""A key that is bound to a workflow, and deliveries of it that bring events to another one, too."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.flows.api.parts import Client, Deployment
from verihook.model.delivery import Delivery
from verihook.model.instance import BATCH, RESUME, Instance
from verihook.model.resumption import Resume, Resumption

SCOPES = ("deliveries:read", "deliveries:replay", "instances:read", "instances:manage", "workflows:execute")
ID = "d" * 40


@pytest.fixture(params=["split", "resumes"])
def brought(request: pytest.FixtureRequest, deployed: Deployment) -> str:
    """The id of a delivery of ``free`` that has events for ``order``."""
    sources, splits = deployed.services.sources, request.param == "split"
    assert isinstance(sources, dict)
    source = replace(sources["github"], workflow="free", types=())
    resume = Resume("order", {})
    sources["github"] = replace(source, by_name=("order",), resume=resume) if splits else replace(source, resume=resume)
    resumption = None if splits else Resumption("order", "go", (), "hold", 0, ("order-7",), 1)
    deployed.services.ledger.claim(
        Instance(
            ID,
            "free",
            '{"events": []}',
            status="completed",
            output='{"results": []}',
            created_at=deployed.services.clock.now_ms(),
            updated_at=deployed.services.clock.now_ms(),
            version=1,
            source="github",
            engine=BATCH if splits else RESUME,
            delivery=Delivery(resumption=resumption),
        )
    )
    return ID


def test_a_key_of_one_of_the_workflows_neither_sees_nor_changes_it(deployed: Deployment, brought: str) -> None:
    bound = deployed.client(deployed.make_key(*SCOPES, workflows=["free"]))
    for path in (f"/v1/deliveries/{brought}", f"/v1/instances/{brought}", f"/v1/instances/{brought}/attempts"):
        assert 404 == bound.get(path).status_code, path
    for path in (f"/v1/deliveries/{brought}/replay", f"/v1/instances/{brought}/restart"):
        assert 404 == bound.post(path, json={}).status_code, path
    assert 404 == bound.delete(f"/v1/instances/{brought}").status_code
    assert [] == bound.get("/v1/instances?workflow=free").json()["instances"]
    assert [] == bound.get(f"/v1/lookup?q={brought}").json()["found"]
    row = deployed.services.ledger.get(brought, deployed.services.clock.now_ms())
    assert row is not None
    assert ("completed", 1) == (row.status, row.attempt)


@pytest.mark.parametrize("path", ["/api/v1/runs", "/api/v1/runs?status=completed", "/api/runs", "/workflows/history"])
def test_nor_does_a_list_of_a_dialect_name_it(deployed: Deployment, client: Client, brought: str, path: str) -> None:
    bound = deployed.client(deployed.make_key(*SCOPES, workflows=["free"]))
    assert (True, False) == (brought in client.get(path).text, brought in bound.get(path).text)
    both = deployed.client(deployed.make_key(*SCOPES, workflows=["free", "order"]))
    assert brought in both.get(path).text


def test_nor_does_what_is_left_of_it_tell(deployed: Deployment, client: Client, brought: str) -> None:
    """The tombstone does not say whose its event was, so it is for those who see all of its source."""
    assert isinstance(deployed.services.engines, dict)
    deployed.services.engines[BATCH] = deployed.engine
    assert 204 == client.delete(f"/v1/instances/{brought}").status_code
    bound = deployed.client(deployed.make_key(*SCOPES, workflows=["free"]))
    assert [] == bound.get(f"/v1/lookup?q={brought}").json()["found"]
    (found,) = client.get(f"/v1/lookup?q={brought}").json()["found"]
    assert found["deletedAt"] is not None


def test_nor_by_a_job(deployed: Deployment, brought: str) -> None:
    bound = deployed.client(deployed.make_key(*SCOPES, workflows=["free"]))
    wanted = {"action": "restart", "filter": {"workflow": "free"}}
    refused = bound.post("/v1/jobs", json=wanted)
    assert (403, True) == (refused.status_code, "filter.source" in refused.json()["detail"]), brought
    wanted["filter"] = {"workflow": "free", "source": "orders"}
    assert 202 == bound.post("/v1/jobs", json=wanted).status_code


def test_a_key_of_all_of_them_and_one_of_none_do(deployed: Deployment, client: Client, brought: str) -> None:
    for caller in (client, deployed.client(deployed.make_key(*SCOPES, workflows=["free", "order"]))):
        assert 200 == caller.get(f"/v1/deliveries/{brought}").status_code
        listed = caller.get("/v1/instances?workflow=free").json()["instances"]
        assert [brought] == [each["instanceId"] for each in listed]
        assert 200 == caller.get(f"/v1/instances/{brought}/attempts").status_code
