"""``main.api``: the same receiver through FastAPI and Mangum."""

from __future__ import annotations

import json
from typing import Any

from tests.flows.conftest import AwsFace
from tests.flows.faces import Answer, LambdaFace
from tests.flows.signing import order, x_signature
from verihook import main


def face() -> LambdaFace:
    main._mangum.cache_clear()
    return LambdaFace(main.api)


def content(answer: Answer) -> Any:
    return json.loads(answer.body)


def test_health_and_documentation(aws_face: AwsFace) -> None:
    api = face()
    health = api.send("GET", "/health", [])
    engines = dict.fromkeys(("durable", "function", "stepfunctions"), "ok")
    assert (200, {"status": "ok", "ledger": "ok", "engines": engines}) == (health.status, content(health))
    assert 200 == api.send("GET", "/docs", []).status


def test_a_delivery_meets_the_row_of_the_receiver(aws_face: AwsFace) -> None:
    body = order()
    first = aws_face.send("POST", "/hooks/orders", x_signature(body), body)
    again = face().send("POST", "/hooks/orders", x_signature(body), body)
    assert [(202, False), (202, True)] == [(it.status, content(it)["duplicate"]) for it in (first, again)]
    assert content(first)["instanceId"] == content(again)["instanceId"]


def test_the_exact_bytes_and_the_refusals(aws_face: AwsFace) -> None:
    body = b'{"id": "\xff"}'
    assert 400 == face().send("POST", "/", x_signature(body), body).status
    assert 401 == face().send("POST", "/", x_signature(b"other"), order()).status
    assert 404 == face().send("POST", "/hooks/unknown", [], b"").status
    assert 405 == face().send("DELETE", "/hooks/orders", [], b"").status
