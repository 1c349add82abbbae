"""`sam local start-api`: the HTTP API of the template before receiver and API, spoken to over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.flows.signing import order, x_signature
from tests.sam.command import Sam


@pytest.fixture(scope="module")
def http(sam: Sam) -> Iterator[httpx.Client]:
    with sam.started("start-api") as url, httpx.Client(base_url=url, timeout=60) as client:
        yield client


def test_a_delivery_and_its_status(http: httpx.Client) -> None:
    body = order(id="evt_start_api")
    taken = http.post("/hooks/orders", content=body, headers=x_signature(body))
    assert (200, False) == (taken.status_code, taken.json()["duplicate"]), taken.text
    instance_id = taken.json()["instanceId"]

    again = http.post("/hooks/orders", content=body, headers=x_signature(body))
    assert (200, True, instance_id) == (again.status_code, again.json()["duplicate"], again.json()["instanceId"])

    told = http.get(taken.headers["location"])
    assert (200, instance_id) == (told.status_code, told.json()["instanceId"])
    assert told.headers["etag"]


def test_what_nobody_signed_is_refused(http: httpx.Client) -> None:
    forged = http.post("/hooks/orders", content=order(id="evt_forged"), headers=x_signature(b"{}"))
    assert (401, "signature") == (forged.status_code, forged.json()["code"])
    assert "application/problem+json" == forged.headers["content-type"]


def test_the_default_source_is_at_the_root(http: httpx.Client) -> None:
    body = order(id="evt_root")
    assert 200 == http.post("/", content=body, headers=x_signature(body)).status_code


def test_the_api_is_behind_the_same_address_and_wants_a_key(http: httpx.Client, authorization: dict[str, str]) -> None:
    closed = http.get("/v1/instances")
    assert (401, "unauthenticated") == (closed.status_code, closed.json()["code"])
    listed = http.get("/v1/instances", headers=authorization)
    assert 200 == listed.status_code, listed.text
    assert "orders" in {each["source"] for each in listed.json()["instances"]}
    assert "openapi" in http.get("/v1/openapi.json").json()
