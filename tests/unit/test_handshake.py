"""Handshakes answer what a sender asks, and sign nothing."""

from __future__ import annotations

import pytest

from verihook.handshake import EchoJson, handshake

SLACK = EchoJson("type", "url_verification", "challenge")


def test_an_echo() -> None:
    answer = SLACK.answer({"type": "url_verification", "challenge": "3eZbrw1aB"})
    assert answer is not None
    assert (200, b"3eZbrw1aB", "nosniff") == (answer.status, answer.body, answer.headers["x-content-type-options"])


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        {},
        {"type": "event_callback", "challenge": "x"},
        {"type": "url_verification"},
        {"type": "url_verification", "challenge": ""},
        {"type": "url_verification", "challenge": 7},
        {"type": "url_verification", "challenge": "é"},
        {"type": "url_verification", "challenge": "x" * 1025},
    ],
)
def test_what_is_no_challenge(content: object) -> None:
    assert SLACK.answer(content) is None


def test_the_table() -> None:
    assert handshake({}) is None
    assert SLACK == handshake({"kind": "echo-json", "field": "type", "equals": "url_verification", "echo": "challenge"})
    for table in ({"kind": "sign-anything"}, {"kind": "echo-json"}, {"kind": "echo-json", "field": 1}):
        with pytest.raises(ValueError, match=r"^kind: known is"):
            handshake(table)
