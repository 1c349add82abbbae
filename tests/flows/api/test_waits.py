"""``GET /v1/waits``: what people have to decide, of the workflows that a key covers."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.flows.api.parts import Client, Deployment
from verihook import instances
from verihook.instances.open_waits import Notice

SHOWN = {"orderId": "1042", "amount": 20}


@pytest.fixture
def waiting(deployed: Deployment, client: Client) -> list[str]:
    """Instances that wait, the oldest first: of ``free`` and of ``order`` in turn."""
    made = []
    for number in range(4):
        workflow, id = ("free", "order")[number % 2], f"wait-{number}"
        content = {"input": {"orderId": "1"}, "id": id, "metadata": {"customer": str(number)}}
        assert 202 == client.post(f"/v1/workflows/{workflow}/instances", json=content).status_code
        notice = Notice(3600, SHOWN)
        instances.await_event(id, 1, "approved", f"t{number}", deployed.services, notice=notice)
        made.append(id)
    return made


def listed(client: Client, query: str = "") -> list[dict[str, Any]]:
    answer = client.get(f"/v1/waits{query}")
    assert 200 == answer.status_code, answer.text
    waits: list[dict[str, Any]] = answer.json()["waits"]
    return waits


def test_all_of_them_the_oldest_first(client: Client, waiting: list[str]) -> None:
    found = listed(client)
    assert waiting == [each["instanceId"] for each in found]
    first = found[0]
    assert ("free", "approved", SHOWN, {"customer": "0"}) == (
        first["workflow"],
        first["name"],
        first["shows"],
        first["metadata"],
    )
    assert first["since"] < first["until"]


def test_page_by_page(client: Client, waiting: list[str]) -> None:
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = client.get(f"/v1/waits?limit=1&cursor={cursor.replace('#', '%23')}").json()
        seen += [each["instanceId"] for each in page["waits"]]
        cursor = page["cursor"]
    assert waiting == seen


def test_who_is_answered_waits_no_more(client: Client, waiting: list[str]) -> None:
    assert 202 == client.post(f"/v1/instances/{waiting[0]}/events/approved", json={"by": "kim"}).status_code
    assert waiting[1:] == [each["instanceId"] for each in listed(client)]


def test_a_bound_key_sees_its_own_alone(deployed: Deployment, waiting: list[str]) -> None:
    own = deployed.client(deployed.make_key("instances:read", workflows=["order"]))
    assert waiting[1::2] == [each["instanceId"] for each in listed(own)]
    page = own.get("/v1/waits?limit=1").json()
    told = page["cursor"] + base64.b64decode(page["cursor"] + "===", altchars=b"-_").decode("latin-1")
    assert not [id for id in waiting[::2] if id in told]
    assert waiting[::2] == [each["instanceId"] for each in listed(deployed.client(), "?workflow=free")]
    assert 403 == own.get("/v1/waits?workflow=free").status_code


def test_what_is_refused(client: Client) -> None:
    assert 400 == client.get("/v1/waits?cursor=%00").status_code
    assert 422 == client.get("/v1/waits?limit=101").status_code
    assert [] == listed(client, "?workflow=none")
