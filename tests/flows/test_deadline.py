"""An answer comes while the sender still waits, also if a service of AWS accepts connections and never answers."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from tests.flows.conftest import BOTO3, AwsFace
from tests.flows.faces import LambdaFace
from tests.flows.signing import new_id, order, slack, x_signature
from tests.flows.waiting import wait_until, within
from tests.project.template import FUNCTIONS
from verihook import bootstrap, main
from verihook.model import deadline
from verihook.senders import load_sender

#: What a machine may take beside the calls, in seconds.
ROOM_S = 1.0

#: Source -> what its sender waits for an answer, in seconds, less the second on the way; at most three.
PATIENCE_S = {"impatient": 2.0, "orders": 3.0}


@contextmanager
def black_hole() -> Iterator[str]:
    """The URL of a server that accepts every connection, and never reads or answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture(params=["receive", "api", "receive by boto3"])
def entry(aws_face: AwsFace, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> LambdaFace:
    """Both public entry points take deliveries."""
    name, _, client = request.param.partition(" by ")
    if client:
        for variable, value in BOTO3.items():
            monkeypatch.setenv(variable, value)
    entry = LambdaFace(getattr(main, name))
    # What the first of a process imports, and the first call of an emulator, is not measured.
    for source in PATIENCE_S:
        assert wait_until(partial(accepted, entry, source))
    return entry


@contextmanager
def silent(entry: LambdaFace, monkeypatch: pytest.MonkeyPatch, *services: str) -> Iterator[None]:
    """A black hole stands in the place of these services."""
    with black_hole() as url, monkeypatch.context() as patch:
        for service in services:
            patch.setenv(f"AWS_ENDPOINT_URL_{service}", url)
        made = bootstrap.on_aws()
        patch.setattr(main, "services", lambda: made)
        # The app is made again, by the first request.
        main._app.cache_clear()
        entry.send("GET", "/", [])
        yield
    main._app.cache_clear()


def accepted(entry: LambdaFace, source: str) -> bool:
    return deliver(entry, source, new_id())[0] == 200


def deliver(entry: LambdaFace, source: str, event: str) -> tuple[int, Any, dict[str, str]]:
    """Status, content and headers."""
    body = order(id=event, event_id=event, amount=20)
    headers = slack(body) if source == "impatient" else x_signature(body)
    answer = entry.send("POST", f"/hooks/{source}", headers, body)
    return answer.status, answer.json, answer.headers


@pytest.mark.parametrize("source", PATIENCE_S)
def test_a_slow_start_is_accepted_and_queued(entry: LambdaFace, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    event = ""

    def accept() -> None:
        nonlocal event
        status, content, _ = deliver(entry, source, event := new_id())
        assert (200, "queued", False) == (status, content["status"], content["duplicate"])

    with silent(entry, monkeypatch, "SFN", "LAMBDA"):
        within(1 + ROOM_S, accept)
    # The row is durable: reconcile starts it, and a redelivery meets it.
    status, content, _ = deliver(entry, source, event)
    assert (200, True) == (status, content["duplicate"])


def test_a_durable_function_is_waited_for_no_longer(entry: LambdaFace, monkeypatch: pytest.MonkeyPatch) -> None:
    def accept() -> None:
        status, content, _ = deliver(entry, "approved", new_id())
        assert (200, "queued") == (status, content["status"])

    with silent(entry, monkeypatch, "LAMBDA"):
        within(1 + ROOM_S, accept)


@pytest.mark.parametrize("services", [("DYNAMODB",), ("DYNAMODB", "SFN", "LAMBDA")])
@pytest.mark.parametrize("source", PATIENCE_S)
def test_a_slow_claim_is_asked_for_again(
    entry: LambdaFace, monkeypatch: pytest.MonkeyPatch, source: str, services: tuple[str, ...]
) -> None:
    def refuse() -> None:
        status, content, headers = deliver(entry, source, new_id())
        assert (503, "ledger-unavailable") == (status, content["code"])
        assert int(headers["retry-after"]) > 0

    with silent(entry, monkeypatch, *services):
        within(PATIENCE_S[source] * 2 / 3 + ROOM_S, refuse)


def test_a_status_is_not_waited_for_either(entry: LambdaFace, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        answer = entry.send("GET", "/?instanceId=an_id", [])
        assert (503, "ledger-unavailable") == (answer.status, answer.json["code"])

    with silent(entry, monkeypatch, "DYNAMODB"):
        within(deadline.LONGEST_MS / 1000 + ROOM_S, refuse)


def test_the_shortest_patience_is_half_of_it() -> None:
    """Sentry waits for a second alone."""
    assert 500 == deadline.patience_ms(load_sender("sentry").timeout_s)


@pytest.mark.parametrize("name", ["Receiver", "Api"])
def test_the_function_lives_longer_than_its_answer_may_take(name: str) -> None:
    """Lambda would end it without a word; a cold start counts as well."""
    assert FUNCTIONS[name]["Timeout"] * 1000 >= deadline.LONGEST_EXPRESS_MS + deadline.ON_THE_WAY_MS
