"""Idempotency keys over a ledger on SQLite."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contracts.instances import HOUR, at_once
from tests.unit.bare import Counted, StandingClock, bare_services, documents
from verihook.errors import IdempotencyMismatch, LedgerUnavailable, RequestInvalid
from verihook.idempotency import fingerprint, remember
from verihook.policy import Policy

__all__ = ["documents"]


def test_the_first_decides(documents: Counted) -> None:
    services = bare_services(documents=documents)
    assert ("a", False) == remember("caller", "key", "print", "a", services)
    assert ["write"] == documents.calls
    assert ("a", True) == remember("caller", "key", "print", "b", services)
    assert ["write", "write", "read"] == documents.calls


def test_another_request_under_the_key_is_refused(documents: Counted) -> None:
    services = bare_services(documents=documents)
    remember("caller", "key", "print", "a", services)
    with pytest.raises(IdempotencyMismatch):
        remember("caller", "key", "another", "b", services)
    assert ("a", True) == remember("caller", "key", "print", "c", services)


def test_callers_never_meet_each_others_keys(documents: Counted) -> None:
    services = bare_services(documents=documents)
    names = [("", "a:b"), ("a", "b"), ("a:", "b"), ("", "1:a:b"), ("1", "a:b"), ("a", ":b"), ("a", "\ud800")]
    for number, (scope, key) in enumerate(names):
        assert (str(number), False) == remember(scope, key, "print", str(number), services)


def test_a_key_lives_for_its_hours(documents: Counted) -> None:
    clock = StandingClock()
    services = bare_services(documents=documents, clock=clock, policy=Policy(idempotency_hours=2))
    remember("caller", "key", "print", "a", services)
    clock.at += 2 * HOUR - 1000
    assert ("a", True) == remember("caller", "key", "print", "b", services)
    clock.at += 1000
    assert ("b", False) == remember("caller", "key", "another", "b", services)


def test_a_hundred_at_once_get_one_id(documents: Counted) -> None:
    services = bare_services(documents=documents)
    calls = [partial(remember, "caller", "key", "print", f"i{number}", services) for number in range(100)]
    answers = at_once(calls)
    (winner,) = [instance_id for instance_id, replayed in answers if not replayed]
    assert {winner} == {instance_id for instance_id, _ in answers}


def test_a_ledger_that_does_not_answer(documents: Counted) -> None:
    documents.failing = {"write"}
    with pytest.raises(LedgerUnavailable):
        remember("caller", "key", "print", "a", bare_services(documents=documents))


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
