"""What counts as a start, and what does not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.flows.api.parts import Client, Deployment, deployment
from verihook.model.policy import Policy

FREE = "/v1/workflows/free/instances"


@pytest.fixture
def scarce(tmp_path: Path) -> Iterator[Deployment]:
    """A deployment with one start a minute."""
    with deployment(tmp_path, Policy(starts_per_minute=1)) as made:
        yield made


@pytest.fixture
def client(scarce: Deployment) -> Client:
    return scarce.client()


def test_whoever_asks_again_is_answered_again(client: Client, scarce: Deployment) -> None:
    headers = {"idempotency-key": "k"}
    first = client.post(FREE, headers=headers)
    assert 202 == first.status_code
    assert 429 == client.post(FREE, headers={"idempotency-key": "another"}).status_code
    # It may begin again: then it is a start like any other.
    assert 429 == client.post(FREE, json={"clearOnFailure": True}, headers=headers).status_code
    for _ in range(10):
        again = client.post(FREE, headers=headers)
        assert (202, "true", first.content) == (again.status_code, again.headers["idempotent-replayed"], again.content)
        assert again.headers["ratelimit"].startswith('"starts";r=0;t=')
    assert 422 == client.post(FREE, json={"input": "another"}, headers=headers).status_code
    other = scarce.client(scarce.make_key())
    assert [202, 429] == [other.post(FREE, headers={"idempotency-key": key}).status_code for key in ("new", "k")]
    assert 2 == scarce.engine.starts


def test_a_batch_that_is_sent_again_is_answered_again(client: Client) -> None:
    body: Any = {"instances": [{}, {}]}
    headers = {"idempotency-key": "b"}
    first = [result["status"] for result in client.post(f"{FREE}:batch", json=body, headers=headers).json()["results"]]
    again = [result["status"] for result in client.post(f"{FREE}:batch", json=body, headers=headers).json()["results"]]
    assert [202, 429] == sorted(first)
    assert first == again


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/workflows/none/instances", {}, 404),
        ("/v1/workflows/paused/instances", {}, 400),
        (FREE, {"surprise": 1}, 422),
        (FREE, {"delay": "soon"}, 400),
        (FREE, {"tags": ["x" * 257]}, 400),
        (FREE, {"version": 7}, 404),
        (FREE, {"connection": "none"}, 400),
        (FREE, {"callbackUrl": "ftp://example.com"}, 400),
        ("/v1/workflows/order/instances", {"input": {"quantity": 1}}, 422),
    ],
)
def test_what_can_never_start_takes_nothing(client: Client, path: str, body: dict[str, object], status: int) -> None:
    assert status == client.post(path, json=body).status_code
    assert status == client.post(path, json=body).status_code
    assert 202 == client.post(FREE).status_code
