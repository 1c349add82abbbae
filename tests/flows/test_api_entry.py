"""``main.api``: the same receiver through FastAPI and Mangum."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.flows.conftest import AwsFace
from tests.flows.faces import Answer, LambdaFace
from tests.flows.signing import order, x_signature
from verihook import main
from verihook.app import create_app
from verihook.instances import api_keys


def face() -> LambdaFace:
    main._app.cache_clear()
    return LambdaFace(main.api)


def a_key() -> str:
    """The secret of a new key that may do little."""
    services = main.services()
    return api_keys.create("probe", ["sources:read"], services.documents, services.clock.now_ms())[1]


def content(answer: Answer) -> Any:
    return json.loads(answer.body)


def test_health_and_documentation(aws_face: AwsFace) -> None:
    api = face()
    health = api.send("GET", "/health", [("x-api-key", a_key())])
    engines = dict.fromkeys(("durable", "function", "stepfunctions"), "ok")
    whole = {"status": "ok", "ledger": "ok", "engines": engines, "withoutSecret": []}
    assert (200, whole) == (health.status, {part: content(health)[part] for part in whole})
    assert "reconciledAt" not in content(health), "another function repairs"
    assert 200 == api.send("GET", "/docs", []).status


def test_no_life_cycle_is_run_beside_the_calls(aws_face: AwsFace, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def noted(*given: Any, **named: Any) -> Any:
        app = create_app(*given, **named)

        async def call(scope: Any, receive: Any, send: Any) -> None:
            seen.append(scope["type"])
            await app(scope, receive, send)

        return call

    monkeypatch.setattr("verihook.app.create_app", noted)
    api = face()
    assert [200, 200] == [api.send("GET", "/docs", []).status for _ in range(2)]
    assert ["http", "http"] == seen
    main._app.cache_clear()


def test_a_strangers_look_at_health_costs_no_call(calls: list[str]) -> None:
    api = face()
    answers = [api.send("GET", "/health", []) for _ in range(3)]
    assert [(200, {"status": "ok"})] * 3 == [(it.status, content(it)) for it in answers]
    assert [] == calls
    # The same look with a key asks the parts, once in five seconds.
    key = a_key()
    calls.clear()
    for _ in range(3):
        assert "engines" in content(api.send("GET", "/health", [("authorization", f"Bearer {key}")]))
    assert 1 == calls.count("DescribeExecution")
    assert 1 == calls.count("ListDurableExecutionsByFunction")


def test_no_key_of_ours_learns_nothing_of_the_parts(calls: list[str]) -> None:
    answer = face().send("GET", "/health", [("x-api-key", "vhk_nothing")])
    assert (401, "unauthenticated") == (answer.status, content(answer)["code"])
    assert "DescribeExecution" not in calls


def test_a_delivery_meets_the_row_of_the_receiver(aws_face: AwsFace) -> None:
    body = order()
    first = aws_face.send("POST", "/hooks/orders", x_signature(body), body)
    again = face().send("POST", "/hooks/orders", x_signature(body), body)
    assert [(200, False), (200, True)] == [(it.status, content(it)["duplicate"]) for it in (first, again)]
    assert content(first)["instanceId"] == content(again)["instanceId"]


def test_the_exact_bytes_and_the_refusals(aws_face: AwsFace) -> None:
    body = b'{"id": "\xff"}'
    assert 400 == face().send("POST", "/", x_signature(body), body).status
    assert 401 == face().send("POST", "/", x_signature(b"other"), order()).status
    assert 404 == face().send("POST", "/hooks/unknown", [], b"").status
    assert 405 == face().send("DELETE", "/hooks/orders", [], b"").status
