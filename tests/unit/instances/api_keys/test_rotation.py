"""A new secret for an old key, and how long both open."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.contracts.instances import HOUR, NOW
from tests.unit.bare import Counted, documents
from verihook.errors import Conflict, RequestInvalid, Unauthenticated
from verihook.instances import api_keys

__all__ = ["documents"]

DAY = 24 * HOUR


def test_rotation_overlaps(documents: Counted) -> None:
    old, before = api_keys.create(
        "ci", ["workflows:execute"], documents, NOW, workflows=["a*"], expires_at=NOW + 30 * DAY
    )
    at = NOW + 10 * DAY
    fresh, after = api_keys.rotate(old.id, DAY, documents, at)
    assert ("ci", old.scopes, old.workflows, old.id) == (fresh.name, fresh.scopes, fresh.workflows, fresh.replaces)
    assert at + 30 * DAY == fresh.expires_at
    assert old.id == api_keys.verify(before, documents, at + DAY - 1).id
    with pytest.raises(Unauthenticated):
        api_keys.verify(before, documents, at + DAY)
    assert fresh.id == api_keys.verify(after, documents, at + 30 * DAY - 1).id
    with pytest.raises(Conflict):
        api_keys.rotate(old.id, DAY, documents, at + DAY)


def test_rotation_does_not_lengthen_the_old_key(documents: Counted) -> None:
    old, before = api_keys.create("ci", ["workflows:read"], documents, NOW, expires_at=NOW + HOUR)
    api_keys.rotate(old.id, DAY, documents, NOW, expires_at=NOW + 5 * DAY)
    with pytest.raises(Unauthenticated):
        api_keys.verify(before, documents, NOW + HOUR)


def test_rotation_without_overlap_ends_the_old_key_at_once(documents: Counted) -> None:
    old, before = api_keys.create("ci", ["workflows:read"], documents, NOW)
    fresh, after = api_keys.rotate(old.id, 0, documents, NOW)
    assert fresh.expires_at is None
    assert fresh.id == api_keys.verify(after, documents, NOW).id
    with pytest.raises(Unauthenticated):
        api_keys.verify(before, documents, NOW)


@pytest.mark.parametrize("expires_at", [None, NOW + 30 * DAY])
def test_however_often_it_is_rotated_it_lasts_as_long(documents: Counted, expires_at: int | None) -> None:
    old, _ = api_keys.create("ci", ["workflows:read"], documents, NOW, expires_at=expires_at)
    ends = [api_keys.rotate(old.id, DAY, documents, NOW + at)[0].expires_at for at in (0, 1, HOUR)]
    assert [None if expires_at is None else expires_at + at for at in (0, 1, HOUR)] == ends


def test_a_lifetime_is_what_the_newest_was_made_for(documents: Counted) -> None:
    old, _ = api_keys.create("ci", ["workflows:read"], documents, NOW)
    fresh, _ = api_keys.rotate(old.id, DAY, documents, NOW, expires_at=NOW + HOUR)
    newest, _ = api_keys.rotate(fresh.id, 0, documents, NOW + HOUR - 1, expires_at=None)
    assert NOW + 2 * HOUR - 1 == newest.expires_at


def test_a_key_from_before_lifetimes_were_kept(documents: Counted) -> None:
    old, secret = api_keys.create("ci", ["workflows:read"], documents, NOW, expires_at=NOW + DAY)
    (document,) = documents.all(api_keys.PARTITION, 10, NOW)
    content = json.loads(document.text)
    del content["lifetime_ms"]
    documents.write(api_keys.PARTITION, replace(document, text=json.dumps(content), version=2), NOW)
    assert old == api_keys.find(secret, documents, NOW).key
    assert NOW + HOUR + DAY == api_keys.rotate(old.id, HOUR, documents, NOW + HOUR)[0].expires_at


@pytest.mark.parametrize("overlap_ms", [-1, 367 * DAY])
def test_an_overlap_has_bounds(documents: Counted, overlap_ms: int) -> None:
    old, _ = api_keys.create("ci", ["workflows:read"], documents, NOW)
    with pytest.raises(RequestInvalid, match="overlap"):
        api_keys.rotate(old.id, overlap_ms, documents, NOW)
    assert 1 == len(list(api_keys.list_keys(documents, NOW)))
