"""What goes to an entry and what comes back; the answer is the operator's, and nothing of it is believed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verihook.model.entry import EntryEvent, EntryRequest, Ignore, Reply, Start
from verihook.model.entry_wire import MAX_ANSWER, Failure, answer_of, call_of, failure_of, read_call, read_decision


def request(body: bytes, content: object) -> EntryRequest:
    event = EntryEvent(content, "shop", "e", "t")
    return EntryRequest("POST", "/hooks/shop", "a=1", {"x-shop": "s"}, body, event)


@pytest.mark.parametrize(
    ("body", "text", "content"),
    [
        (b'{"n": 1}', '{"n": 1}', {"n": 1}),
        (b"n=1", '{"n":"1"}', {"n": "1"}),
        (b"\xff\xfe", '{"base64":"//4="}', {"base64": "//4="}),
    ],
)
def test_a_call_is_read_as_it_was_made(body: bytes, text: str, content: object) -> None:
    call = call_of("shop:decide", request(body, None), text, "r1")
    assert ("shop:decide", request(body, content), "r1") == read_call(json.loads(call))


@pytest.mark.parametrize(
    ("returned", "decision"),
    [
        ({"a": 1}, Start({"a": 1})),
        (Start([1, None]), Start([1, None])),
        (Start(None), Start(None)),
        (None, Ignore("the entry returned None")),
        (Ignore("why"), Ignore("why")),
        (Reply(), Reply(200, b"", {})),
        (Reply(404, "nö"), Reply(404, "nö".encode(), {"content-type": "text/plain; charset=utf-8"})),
        (Reply(200, b"\0"), Reply(200, b"\0", {"content-type": "application/octet-stream"})),
        (Reply(200, [1]), Reply(200, b"[1]", {"content-type": "application/json"})),
        (Reply(200, "<a/>", {"Content-Type": "text/xml"}), Reply(200, b"<a/>", {"content-type": "text/xml"})),
        (Start(1, Reply(201, "x", {"retry-after": "3", "content-type": "a/b"})), None),
    ],
)
def test_what_an_entry_may_return(returned: Any, decision: Any) -> None:
    if decision is None:
        decision = Start(1, Reply(201, b"x", {"retry-after": "3", "content-type": "a/b"}))
    assert decision == read_decision(answer_of(returned))


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        ("text", "returns Start, Ignore, Reply, a dict or None (got str)"),
        ([1], "(got list)"),
        (Start({"n": float("nan")}), "Out of range float values"),
        (Start({"n": b"bytes"}), "bytes is not JSON serializable"),
        (Start("x" * MAX_ANSWER), f"at most {MAX_ANSWER} bytes of JSON"),
        (Start(1, Reply(404)), "the reply of a Start has a status of 200 to 299 (got 404)"),
        (Reply(302), "200 to 299 or 400 to 599 (got 302)"),
        (Reply(100), "(got 100)"),
        (Reply(600), "(got 600)"),
        (Reply(True), "(got True)"),
        (Reply("200"), "a whole number"),  # type: ignore[arg-type]
        (Reply(204, "x"), "204 has no body"),
        (Reply(200, "", {"location": "/"}), "no header 'location'; it may have cache-control, content-language"),
        (Reply(200, "", {"set-cookie": "a"}), "no header 'set-cookie'"),
        (Reply(200, "", {"content-type": "a\r\nx: y"}), "printable ASCII"),
        (Reply(200, "", {"content-type": "a\n"}), "printable ASCII"),
        (Reply(200, "", {"content-type": "ä"}), "printable ASCII"),
        (Reply(200, "", {"content-type": 7}), "printable ASCII"),  # type: ignore[dict-item]
        (Reply(200, "", {"content-type": "x" * 1025}), "at most 1024 characters"),
    ],
)
def test_what_it_may_not(returned: Any, words: str) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        answer_of(returned)
    assert words in str(caught.value)


def test_an_input_is_not_nested_without_end() -> None:
    def nested(levels: int) -> bytes:
        return b'{"start":{"input":' + b"[" * levels + b"]" * levels + b"}}"

    assert isinstance(read_decision(nested(500)), Start)
    with pytest.raises(ValueError, match="at most 500 levels"):
        read_decision(nested(501))
    with pytest.raises(ValueError, match="nested too deep"):
        read_decision(nested(100_000))


@given(st.binary(max_size=200) | st.from_regex(r'\{"(start|ignore|reply|failure)":.{0,60}\}').map(str.encode))
def test_any_bytes_are_a_decision_or_refused_in_words(answer: bytes) -> None:
    try:
        decision = read_decision(answer)
    except ValueError:
        return
    assert isinstance(decision, Start | Ignore | Reply | Failure)


@pytest.mark.parametrize(
    "content",
    [
        {},
        [],
        {"start": {}},
        {"reply": {"status": 200, "headers": {}, "body": "not base64!"}},
        {"reply": {"status": 200, "headers": {}}},
        {"start": {"input": 1, "reply": 7}},
    ],
)
def test_other_json_is_refused(content: object) -> None:
    with pytest.raises(ValueError, match=r"answer|reply"):
        read_decision(json.dumps(content).encode())


def test_words_are_bounded() -> None:
    assert Failure("x" * 600) == read_decision(failure_of("x" * 10_000))
    assert Ignore("x" * 300) == read_decision(answer_of(Ignore("x" * 10_000)))
    with pytest.raises(ValueError, match=f"more than {MAX_ANSWER} bytes"):
        read_decision(b'"' + b"x" * MAX_ANSWER + b'"')
    with pytest.raises(ValueError, match="500,000 values"):
        read_decision(b'{"start":{"input":[' + b"1," * 510_000 + b"1]}}")
