"""The ``[handshake]`` table."""

from __future__ import annotations

import pytest

from verihook.senders.handshake import KINDS, read_handshake
from verihook.senders.handshake.signed import EchoJson

SLACK = {"kind": "echo-json", "field": "type", "equals": "url_verification", "echo": "challenge"}


def test_the_table() -> None:
    assert read_handshake({}) is None
    assert EchoJson("type", "url_verification", "challenge") == read_handshake(SLACK)


def test_every_kind_is_told() -> None:
    with pytest.raises(ValueError, match=r"^kind: must be one of ") as caught:
        read_handshake({"kind": "sign-anything"})
    assert [kind for kind in KINDS if kind not in str(caught.value)] == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"echo": 1}, "echo: must be a text (got 1)"),
        ({"echo": ""}, "echo: must be a text that is not empty (got '')"),
        ({"mac": "sha1"}, "mac: unknown key; allowed: echo, equals, field, member"),
        ({"kind": "head-ok"}, "field: unknown key; allowed: none"),
        ({"kind": "fixed", "equals": "x"}, "equals: unknown key; allowed: field, replies"),
    ],
)
def test_mistakes(change: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=r"^[a-z]+: ") as caught:
        read_handshake({**SLACK, **change})
    assert told == str(caught.value)


def test_what_is_missing() -> None:
    with pytest.raises(ValueError, match=r"^replies: is missing$"):
        read_handshake({"kind": "fixed", "field": "type"})


@pytest.mark.parametrize(
    "reply",
    [
        {},
        {"equals": 1},
        {"status": 200},
        {"equals": 1, "status": 500},
        {"equals": 1, "status": 204, "json": {}},
        {"equals": 1, "status": 200, "json": "{}"},
        {"equals": 1, "status": 200, "absent": 1},
        {"equals": 1, "status": 200, "header": "x"},
    ],
)
def test_fixed_replies(reply: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"^replies: number 1"):
        read_handshake({"kind": "fixed", "field": "type", "replies": [reply]})
