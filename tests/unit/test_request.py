"""Replies and problems as they go out."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from verihook.errors import InputInvalid, LedgerUnavailable, MethodNotAllowed, SignatureError
from verihook.request import Request, json_reply, problem


def test_problems() -> None:
    plain = problem(SignatureError("signature-mismatch"), "r-1")
    assert (401, "application/problem+json", "no-store") == (
        plain.status,
        plain.headers["content-type"],
        plain.headers["cache-control"],
    )
    assert b"mismatch" not in plain.body
    assert "r-1" == json.loads(plain.body)["requestId"]
    assert "GET" == problem(MethodNotAllowed("no", allow="GET"), "r").headers["allow"]
    assert "5" == problem(LedgerUnavailable("down"), "r").headers["retry-after"]
    violations: list[dict[str, object]] = [{"path": [], "pointer": "", "message": "m"}]
    assert violations == json.loads(problem(InputInvalid("no", violations=violations), "r").body)["violations"]


@given(st.text(st.characters()))
def test_any_text_can_be_answered(text: str) -> None:
    assert json_reply(200, {"a": text}).body.decode()


@given(st.text(max_size=60))
def test_any_query_is_understood(query: str) -> None:
    Request("GET", "/", query, (), b"", "").parameter("a")
