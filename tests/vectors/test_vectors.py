"""Signature cases as JSON, each with its provenance, run through the schemes.

The verdict is asserted, and where a case gives a reason, ours is the same.
"""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest

from verihook.errors import SignatureError
from verihook.request import Request
from verihook.senders import load_sender, sender_ids

FOLDER = Path(__file__).parent
CASES = [case for path in sorted(FOLDER.glob("*.json")) for case in json.loads(path.read_text())]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_vector(case: dict[str, Any]) -> None:
    reason = _refusal(case)
    assert case["valid"] == (reason is None), reason
    if reason is not None:
        assert _slug(case["reason"]).startswith(reason)


def test_every_sender_has_vectors_that_agree_and_that_do_not() -> None:
    for sender in sender_ids():
        if sender == "generic":
            continue  # the union of generic-hex and generic-sha256-hex; tests/unit/senders has its cases
        assert {True, False} == {case["valid"] for case in CASES if case["scheme"] == sender}, sender


def test_every_case_says_where_it_comes_from() -> None:
    assert all(case["source"] for case in CASES)


def _refusal(case: dict[str, Any]) -> str | None:
    headers = tuple((name.lower(), value) for name, value in case["headers"])
    request = Request(case["method"], "/", "", headers, base64.b64decode(case["body_base64"]), "")
    try:
        verify = load_sender(case["scheme"]).scheme.bind(tuple(case.get("secrets") or [case["secret"]]))
    except ValueError:
        return "no-secret"
    try:
        verify(request, case["now"])
    except SignatureError as error:
        return error.reason
    return None


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower())
