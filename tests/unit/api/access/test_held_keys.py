"""What a process remembers of keys that it has read, and for how long."""

from __future__ import annotations

import pytest

from tests.contracts.instances import MINUTE, NOW
from tests.unit.api.access.asking import access, asked, secret
from tests.unit.bare import Counted, StandingClock, documents
from verihook.api.access import KEEP_MS
from verihook.errors import LedgerUnavailable, Unauthenticated
from verihook.instances import api_keys
from verihook.model.ports import Document

__all__ = ["documents", "secret"]


def test_a_key_is_read_once_in_30_seconds(documents: Counted, secret: str) -> None:
    clock = StandingClock()
    guard, request = access(documents, clock=clock), asked(("x-api-key", secret))
    documents.calls.clear()
    guard.identify(request)
    assert ["read", "write"] == documents.calls
    api_keys.revoke(api_keys.digest_of(secret)[:16], documents, NOW)
    documents.calls.clear()
    clock.at += KEEP_MS - 1
    assert guard.identify(request).key is not None
    assert [] == documents.calls
    clock.at += 1
    for _ in range(3):
        with pytest.raises(Unauthenticated):
            guard.identify(request)
    assert ["read"] == documents.calls


def test_whoever_handles_keys_is_looked_up_each_time(documents: Counted) -> None:
    key, secret = api_keys.create("ops", ["keys:manage", "workflows:read"], documents, NOW)
    guard, request = access(documents), asked(("x-api-key", secret))
    for _ in range(2):
        assert key.id == guard.require(request, "keys:manage").name
    api_keys.revoke(key.id, documents, NOW)
    assert key.id == guard.require(request, "workflows:read").name
    with pytest.raises(Unauthenticated):
        guard.require(request, "keys:manage")
    with pytest.raises(Unauthenticated):
        guard.require(request, "workflows:read")


def test_a_key_that_is_forgotten_is_read_anew(documents: Counted, secret: str) -> None:
    guard, request = access(documents), asked(("x-api-key", secret))
    other = api_keys.create("other", ["workflows:read"], documents, NOW)[1]
    for held in (request, asked(("x-api-key", other))):
        guard.identify(held)
    key_id = api_keys.digest_of(secret)[:16]
    api_keys.revoke(key_id, documents, NOW)
    guard.reread(key_id)
    documents.calls.clear()
    assert guard.identify(asked(("x-api-key", other))).key is not None
    assert [] == documents.calls
    with pytest.raises(Unauthenticated):
        guard.identify(request)


def test_a_key_that_changes_while_it_is_read_is_not_held(documents: Counted, secret: str) -> None:
    guard, request, key_id = access(documents), asked(("x-api-key", secret)), api_keys.digest_of(secret)[:16]
    write = documents.write

    def revoked_meanwhile(partition: str, document: Document, now_ms: int) -> bool:
        documents.write = write  # type: ignore[method-assign]
        api_keys.revoke(key_id, documents, NOW)
        guard.reread(key_id)
        return False

    documents.write = revoked_meanwhile  # type: ignore[method-assign]
    assert guard.identify(request).key is not None
    with pytest.raises(Unauthenticated):
        guard.identify(request)


def test_a_key_that_is_held_still_expires(documents: Counted) -> None:
    clock = StandingClock()
    _, secret = api_keys.create("ci", ["workflows:read"], documents, NOW, expires_at=NOW + 10)
    guard, request = access(documents, clock=clock), asked(("x-api-key", secret))
    guard.identify(request)
    clock.at += 10
    with pytest.raises(Unauthenticated):
        guard.identify(request)


def test_the_use_of_a_key_that_is_held_is_noted(documents: Counted, secret: str) -> None:
    clock = StandingClock()
    guard, request = access(documents, clock=clock), asked(("x-api-key", secret))
    for _ in range(60):
        guard.identify(request)
        clock.at += MINUTE // 3
    (key,) = api_keys.list_keys(documents, clock.at)
    assert key.last_used_at is not None
    assert clock.at - key.last_used_at < 2 * api_keys.USE_NOTED_MS
    assert 3 == documents.calls.count("write")


def test_an_outage_is_no_refusal_and_is_not_remembered(documents: Counted, secret: str) -> None:
    guard, request = access(documents), asked(("x-api-key", secret))
    documents.failing = {"read"}
    with pytest.raises(LedgerUnavailable):
        guard.identify(request)
    documents.failing = set()
    assert guard.identify(request).key is not None


def test_what_is_held_is_bounded(documents: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verihook.api.access.MAX_HELD", 2)
    guard = access(documents)
    secrets = [api_keys.create("ci", ["workflows:read"], documents, NOW)[1] for _ in range(4)]
    for each in secrets:
        guard.identify(asked(("x-api-key", each)))
    documents.calls.clear()
    for each in secrets[2:]:
        guard.identify(asked(("x-api-key", each)))
    assert [] == documents.calls
    guard.identify(asked(("x-api-key", secrets[0])))
    assert ["read"] == documents.calls
