"""Replies and problems as they go out."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verihook.errors import InputInvalid, LedgerUnavailable, MethodNotAllowed, SignatureError
from verihook.records import replace
from verihook.request import Request, from_lambda, json_reply, json_writer, problem


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


CONTENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters()), inner, max_size=4),
    max_leaves=12,
)


@given(CONTENTS, st.booleans())
def test_json_is_written_as_the_library_writes_it(content: object, ascii_only: bool) -> None:
    expected = json.dumps(content, separators=(",", ":"), ensure_ascii=ascii_only)
    assert expected == json_writer(ascii_only=ascii_only, default=str)(content)


def test_what_json_has_not_is_written_as_the_default_says() -> None:
    write = json_writer(ascii_only=True, default=repr)
    assert '{"a":"b\'\\u00e9\'"}' == write({"a": _Odd()})
    with pytest.raises(TypeError, match="not JSON serializable"):
        json_reply(200, _Odd())


class _Odd:
    def __repr__(self) -> str:
        return "b'é'"


@given(st.text(max_size=60))
def test_any_query_is_understood(query: str) -> None:
    Request("GET", "/", query, (), b"", "").parameter("a")


#: Few names, so that most of them are repeated in some list of headers.
HEADERS = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(["", "1", "2"])), max_size=6)


@given(HEADERS, st.permutations(["lone", "values", "header"]))
def test_headers_are_found_by_name_as_by_looking_at_each(headers: list[tuple[str, str]], asked: list[str]) -> None:
    request = Request("POST", "/", "", tuple(headers), b"", "")
    for name in "abcde":
        values = [value for key, value in headers if key == name]
        expected = {
            "lone": values[0] if len(values) == 1 else None,
            "values": values,
            "header": values[0] if values else None,
        }
        assert [expected[each] for each in asked] == [getattr(request, each)(name) for each in asked]


@given(HEADERS, HEADERS)
def test_a_copy_with_other_headers_is_looked_through_again(
    headers: list[tuple[str, str]], others: list[tuple[str, str]]
) -> None:
    request = Request("POST", "/", "", tuple(headers), b"", "")
    request.header("a")
    changed = replace(request, headers=tuple(others))
    assert [value for key, value in others if key == "a"] == changed.values("a")
    assert Request("POST", "/", "", tuple(headers), b"", "") == request


@given(
    st.dictionaries(st.sampled_from(["a", "A", "b", "B", "cookie", "Cookie"]), st.text(max_size=2)),
    st.none() | st.lists(st.sampled_from(["x=1", "y=2"]), max_size=2),
)
def test_payload_2_with_names_in_any_case_and_cookies(headers: dict[str, str], cookies: list[str] | None) -> None:
    context = {"http": {"method": "POST"}, "requestId": "r"}
    event = {"version": "2.0", "rawPath": "/", "headers": headers, "requestContext": context}
    request = from_lambda(event if cookies is None else {**event, "cookies": cookies})
    expected = [(name.lower(), value) for name, value in headers.items()]
    expected += [("cookie", "; ".join(cookies))] if cookies else []
    assert tuple(expected) == request.headers
    for wanted in ("a", "b", "cookie"):
        assert [value for name, value in expected if name == wanted] == request.values(wanted)
