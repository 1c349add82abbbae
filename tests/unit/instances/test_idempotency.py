"""Idempotency keys over a ledger on SQLite."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contracts.instances import HOUR, at_once
from tests.unit.bare import Counted, StandingClock, bare_services, documents
from tests.unit.parts import Parts, parts, request
from verihook import instances
from verihook.errors import IdempotencyMismatch, LedgerUnavailable, RequestInvalid
from verihook.instances.idempotency import FirstStart, claim_key, fingerprint, reclaim_key
from verihook.model.policy import Policy

__all__ = ["documents", "parts"]


def start(instance_id: str) -> FirstStart:
    return FirstStart(instance_id, 1, 1_000, None)


def test_the_first_decides(documents: Counted) -> None:
    services = bare_services(documents=documents)
    assert (start("a"), False) == claim_key("caller", "key", "print", start("a"), services)
    assert ["write"] == documents.calls
    assert (start("a"), True) == claim_key("caller", "key", "print", start("b"), services)
    assert ["write", "write", "read"] == documents.calls


def test_another_request_under_the_key_is_refused(documents: Counted) -> None:
    services = bare_services(documents=documents)
    claim_key("caller", "key", "print", start("a"), services)
    with pytest.raises(IdempotencyMismatch):
        claim_key("caller", "key", "another", start("b"), services)
    assert (start("a"), True) == claim_key("caller", "key", "print", start("c"), services)


def test_a_key_begins_anew_once_however_many_ask(documents: Counted) -> None:
    services = bare_services(documents=documents)
    claim_key("caller", "key", "print", start("a"), services)
    calls = [
        partial(reclaim_key, "caller", "key", "print", start(f"b{number}"), start("a"), services)
        for number in range(32)
    ]
    answers = at_once(calls)
    assert 1 == sum(not replayed for _, replayed in answers)
    assert 1 == len({first.instance_id for first, _ in answers})
    # A caller that still thinks of the former one meets the new one.
    assert answers[0][0] == reclaim_key("caller", "key", "print", start("c"), start("a"), services)[0]
    with pytest.raises(IdempotencyMismatch):
        reclaim_key("caller", "key", "another", start("c"), answers[0][0], services)
    assert (start("d"), False) == reclaim_key("caller", "unknown", "print", start("d"), start("x"), services)


def test_callers_never_meet_each_others_keys(documents: Counted) -> None:
    services = bare_services(documents=documents)
    names = [("", "a:b"), ("a", "b"), ("a:", "b"), ("", "1:a:b"), ("1", "a:b"), ("a", ":b"), ("a", "\ud800")]
    for number, (scope, key) in enumerate(names):
        assert (start(str(number)), False) == claim_key(scope, key, "print", start(str(number)), services)


def test_a_key_lives_for_its_hours(documents: Counted) -> None:
    clock = StandingClock()
    services = bare_services(documents=documents, clock=clock, policy=Policy(idempotency_hours=2))
    claim_key("caller", "key", "print", start("a"), services)
    clock.at += 2 * HOUR - 1000
    assert (start("a"), True) == claim_key("caller", "key", "print", start("b"), services)
    clock.at += 1000
    assert (start("b"), False) == claim_key("caller", "key", "another", start("b"), services)


def test_a_hundred_at_once_get_one_id(documents: Counted) -> None:
    services = bare_services(documents=documents)
    calls = [partial(claim_key, "caller", "key", "print", start(f"i{number}"), services) for number in range(100)]
    answers = at_once(calls)
    (winner,) = [first for first, replayed in answers if not replayed]
    assert {winner} == {first for first, _ in answers}


def test_a_ledger_that_does_not_answer(documents: Counted) -> None:
    documents.failing = {"write"}
    with pytest.raises(LedgerUnavailable):
        claim_key("caller", "key", "print", start("a"), bare_services(documents=documents))


def test_a_fingerprint_is_of_the_content() -> None:
    assert fingerprint({"a": 1, "b": [1, {"c": None, "d": "é"}]}) == fingerprint(
        {"b": [1, {"d": "é", "c": None}], "a": 1}
    )
    different = [{"a": 1}, {"a": "1"}, {"a": [1]}, {"a": True}, {"a": None}, {}, [], "a", None, 1, True, "\ud800"]
    assert len(different) == len({fingerprint(content) for content in different})


def test_too_deep_is_refused() -> None:
    content: list[object] = []
    for _ in range(100_000):
        content = [content]
    with pytest.raises(RequestInvalid, match="too deep"):
        fingerprint(content)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=20))
def test_any_content_has_one(content: object) -> None:
    assert 64 == len(fingerprint(content))


@pytest.mark.parametrize(
    "other",
    [
        {"workflow": "short"},
        {"id": "a"},
        {"content": {"n": 2}},
        {"version": 3},
        {"tags": ("b",)},
        {"metadata": {"k": "v"}},
        {"callback_url": "https://x.example/"},
        {"connection": "erp"},
    ],
)
def test_a_request_that_differs_in_anything_is_another(parts: Parts, other: dict[str, Any]) -> None:
    instances.submit(request(idempotency_key="k"), "s", parts.services)
    with pytest.raises(IdempotencyMismatch):
        instances.submit(request(idempotency_key="k", **other), "s", parts.services)
