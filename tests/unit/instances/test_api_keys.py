"""API keys over a ledger on SQLite."""

from __future__ import annotations

import operator
import re
import string
from dataclasses import replace
from functools import partial, reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contracts.instances import HOUR, NOW, at_once
from tests.unit.bare import Counted, documents
from verihook.api.access import KEEP_MS, KnownKeys
from verihook.errors import KeyNotFound, LedgerUnavailable, RateLimited, RequestInvalid, Unauthenticated
from verihook.instances import api_keys
from verihook.model.instance import iso

__all__ = ["documents"]

DAY = 24 * HOUR


def test_a_key_opens_what_it_was_made_for(documents: Counted) -> None:
    end = NOW + 90 * DAY
    key, secret = api_keys.create("ci", ["workflows:execute"], documents, NOW, workflows=["order-*"], expires_at=end)
    assert re.fullmatch(r"vhk_[0-9A-Za-z]{49}", secret)
    found = api_keys.verify(secret, documents, NOW + 1)
    assert replace(key, last_used_at=NOW + 1) == found
    assert ("ci", ("workflows:execute",), ("order-*",)) == (found.name, found.scopes, found.workflows)
    assert (NOW, end, None, None) == (found.created_at, found.expires_at, found.revoked_at, found.replaces)


def test_every_secret_is_another(documents: Counted) -> None:
    made = [api_keys.create("ci", ["workflows:read"], documents, NOW) for _ in range(20)]
    assert 20 == len({secret for _, secret in made}) == len({key.id for key, _ in made})


def test_a_secret_has_256_random_bits() -> None:
    digits = string.digits + string.ascii_uppercase + string.ascii_lowercase
    bodies = [api_keys.new_secret()[46:3:-1] for _ in range(80)]
    made = [sum(digits.index(digit) * 62**at for at, digit in enumerate(body)) for body in bodies]
    assert (2**256 - 1, 0) == (reduce(operator.or_, made), reduce(operator.and_, made))


def test_the_ledger_has_the_hash_alone(documents: Counted) -> None:
    _, secret = api_keys.create("ci", ["workflows:read"], documents, NOW)
    (document,) = documents.all(api_keys.PARTITION, 10, NOW)
    assert [] == [secret[at : at + 6] for at in range(len(secret) - 5) if secret[at : at + 6] in document.text]
    assert api_keys.digest_of(secret) in document.text
    assert api_keys.digest_of(secret).startswith(document.name)


def test_a_key_costs_one_read_and_a_write_in_ten_minutes(documents: Counted) -> None:
    _, secret = api_keys.create("ci", ["workflows:read"], documents, NOW)
    documents.calls.clear()
    assert NOW == api_keys.verify(secret, documents, NOW).last_used_at
    assert ["read", "write"] == documents.calls
    assert NOW == api_keys.verify(secret, documents, NOW + 599_999).last_used_at
    assert ["read", "write", "read"] == documents.calls
    assert NOW + 600_000 == api_keys.verify(secret, documents, NOW + 600_000).last_used_at
    assert ["read", "write", "read", "read", "write"] == documents.calls


def test_a_key_opens_while_its_use_cannot_be_written(documents: Counted) -> None:
    key, secret = api_keys.create("ci", ["workflows:read"], documents, NOW)
    documents.failing = {"write"}
    assert key.id == api_keys.verify(secret, documents, NOW).id
    documents.failing = {"read"}
    with pytest.raises(LedgerUnavailable):
        api_keys.verify(secret, documents, NOW)


def test_unknown_revoked_and_expired_are_one(documents: Counted) -> None:
    _, unknown = api_keys.create("a", ["workflows:read"], documents, NOW)
    documents.remove(api_keys.PARTITION, api_keys.digest_of(unknown)[:16])
    revoked_key, revoked = api_keys.create("b", ["workflows:read"], documents, NOW)
    assert NOW + 5 == api_keys.revoke(revoked_key.id, documents, NOW + 5).revoked_at
    assert NOW + 5 == api_keys.revoke(revoked_key.id, documents, NOW + 9).revoked_at
    _, expired = api_keys.create("c", ["workflows:read"], documents, NOW, expires_at=NOW + 10)
    api_keys.verify(expired, documents, NOW + 9)
    texts = set()
    for secret in (unknown, revoked, expired):
        with pytest.raises(Unauthenticated) as caught:
            api_keys.verify(secret, documents, NOW + 10)
        texts.add(str(caught.value))
    assert {api_keys.REFUSED} == texts


def test_the_id_alone_does_not_open(documents: Counted) -> None:
    """A document under the right id with another hash: nothing but the whole secret opens."""
    _, secret = api_keys.create("a", ["workflows:read"], documents, NOW)
    (document,) = documents.all(api_keys.PARTITION, 10, NOW)
    digest = api_keys.digest_of(secret)
    forged = document.text.replace(digest, digest[:-1] + ("0" if digest[-1] != "0" else "1"))
    assert documents.write(api_keys.PARTITION, replace(document, text=forged, version=2), NOW)
    with pytest.raises(Unauthenticated, match="not valid"):
        api_keys.verify(secret, documents, NOW)


def test_a_mistyped_key_costs_no_read(documents: Counted) -> None:
    _, secret = api_keys.create("a", ["workflows:read"], documents, NOW)
    documents.calls.clear()
    wrong = [secret[:-1], secret + "x", secret.upper(), "", "vhk_", secret[4:], f" {secret}", "wfk" + secret[3:]]
    wrong += [secret[:at] + ("a" if secret[at] != "a" else "b") + secret[at + 1 :] for at in range(4, len(secret))]
    wrong += [secret[:at] + secret[at + 1] + secret[at] + secret[at + 2 :] for at in range(4, len(secret) - 2)]
    for text in set(wrong) - {secret}:
        with pytest.raises(Unauthenticated, match="mistyped"):
            api_keys.verify(text, documents, NOW)
    assert [] == documents.calls


@given(st.text(max_size=80))
def test_any_text_is_refused_in_words(text: str) -> None:
    with pytest.raises(Unauthenticated, match="mistyped"):
        api_keys.digest_of(text)


def test_the_list_has_every_key_until_90_days_after_its_end(documents: Counted) -> None:
    made = {api_keys.create(f"key {number}", ["workflows:read"], documents, NOW)[0].id for number in range(205)}
    documents.calls.clear()
    assert sorted(made) == [key.id for key in api_keys.list_keys(documents, NOW)]
    assert ["all"] * 4 == documents.calls
    first, *_ = sorted(made)
    api_keys.revoke(first, documents, NOW)
    assert 205 == len(list(api_keys.list_keys(documents, NOW + 90 * DAY - 1000)))
    assert first not in {key.id for key in api_keys.list_keys(documents, NOW + 90 * DAY)}


def test_what_is_told_of_a_key(documents: Counted) -> None:
    key, secret = api_keys.create("ci", ["workflows:read"], documents, NOW, expires_at=NOW + DAY)
    told = key.public(NOW)
    shown = [told[name] for name in ("status", "name", "createdAt", "expiresAt", "lastUsedAt", "revokedAt")]
    assert ["active", "ci", iso(NOW), iso(NOW + DAY), None, None] == shown
    assert (["workflows:read"], []) == (told["scopes"], told["workflows"])
    assert "expired" == key.public(NOW + DAY)["status"]
    assert "revoked" == api_keys.revoke(key.id, documents, NOW).public(NOW)["status"]
    assert api_keys.digest_of(secret) not in str(told)


@pytest.mark.parametrize("key_id", ["0" * 16, "", "0" * 15, "../keys", "G" * 16, "0" * 17])
def test_an_unknown_id_is_told(documents: Counted, key_id: str) -> None:
    with pytest.raises(KeyNotFound):
        api_keys.revoke(key_id, documents, NOW)
    with pytest.raises(KeyNotFound):
        api_keys.rotate(key_id, DAY, documents, NOW)


def test_a_use_never_undoes_a_revocation(documents: Counted) -> None:
    key, secret = api_keys.create("ci", ["workflows:read"], documents, NOW)
    stored = api_keys.find(secret, documents, NOW)
    api_keys.revoke(key.id, documents, NOW)
    api_keys.note_use(stored, documents, NOW + HOUR)
    with pytest.raises(Unauthenticated):
        api_keys.verify(secret, documents, NOW + HOUR)


def test_changes_at_once_are_all_made(documents: Counted) -> None:
    key, secret = api_keys.create("ci", ["workflows:read"], documents, NOW)

    def act(number: int) -> object:
        if number % 2:
            return api_keys.note_use(api_keys.find(secret, documents, NOW), documents, NOW)
        return api_keys.rotate(key.id, number, documents, NOW)

    at_once([partial(act, number) for number in range(1, 9)])
    kept = api_keys.load(key.id, documents, NOW)
    assert kept is not None
    assert NOW + 2 == kept.key.expires_at
    assert 4 == sum(other.replaces == key.id for other in api_keys.list_keys(documents, NOW))


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"scopes": []}, "scopes"),
        ({"scopes": ["workflows:read", "admin"]}, "workflows:execute"),
        ({"name": ""}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "x" * 65}, "name"),
        ({"workflows": ["a b"]}, "workflows"),
        ({"workflows": [""]}, "workflows"),
        ({"workflows": ["[a-z]"]}, "workflows"),
        ({"workflows": [f"w{number}" for number in range(101)]}, "workflows"),
        ({"expires_at": NOW}, "expires"),
        ({"expires_at": 10**18}, "expires"),
    ],
)
def test_a_key_that_makes_no_sense_is_not_made(documents: Counted, fields: dict[str, object], named: str) -> None:
    given = {"name": "ci", "scopes": ["workflows:read"], **fields}
    with pytest.raises(RequestInvalid, match=named):
        api_keys.create(given.pop("name"), given.pop("scopes"), documents, NOW, **given)  # type: ignore[arg-type]
    assert [] == documents.calls


def test_what_was_made_while_the_api_was_open_is_ended(documents: Counted) -> None:
    stays, _ = api_keys.create("stays", ["workflows:read"], documents, NOW)
    opened, secret = api_keys.create("opened", ["workflows:read"], documents, NOW, made_open=True)
    successor, _ = api_keys.rotate(opened.id, HOUR, documents, NOW)
    assert {opened.id, successor.id} == {key.id for key in api_keys.revoke_made_open(documents, NOW + 1)}
    assert [] == api_keys.revoke_made_open(documents, NOW + 2)
    with pytest.raises(Unauthenticated):
        api_keys.verify(secret, documents, NOW + 2)
    assert [stays.id] == [key.id for key in api_keys.list_keys(documents, NOW + 2) if key.live(NOW + 2)]


def test_a_thousand_made_up_keys_cost_three_hundred_reads(documents: Counted) -> None:
    """Their checksums are right. Who is known goes on meanwhile, and who is new gets in when it comes again."""
    held = KnownKeys(documents)
    known, new = (api_keys.create(name, ["workflows:read"], documents, NOW)[1] for name in ("known", "new"))
    held.verify(known, NOW)
    documents.calls.clear()
    refused = {Unauthenticated: 0, RateLimited: 0}
    for _ in range(1000):
        with pytest.raises((Unauthenticated, RateLimited)) as caught:
            held.verify(api_keys.new_secret(), NOW)
        refused[type(caught.value)] += 1
    assert ({Unauthenticated: 300, RateLimited: 700}, ["read"] * 300) == (refused, documents.calls)
    assert "known" == held.verify(known, NOW + KEEP_MS).name
    with pytest.raises(RateLimited) as late:
        held.verify(new, NOW + KEEP_MS)
    assert 1 == late.value.retry_after
    assert "new" == held.verify(new, NOW + KEEP_MS + 1_000).name


def test_unknown_keys_are_remembered_for_30_seconds_in_bounded_memory(
    documents: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("verihook.api.access.MAX_HELD", 2)
    held = KnownKeys(documents)
    oldest, older, newest = (api_keys.new_secret() for _ in range(3))

    def reads(secret: str, now: int) -> int:
        documents.calls.clear()
        with pytest.raises(Unauthenticated, match=api_keys.REFUSED):
            held.verify(secret, now)
        return len(documents.calls)

    assert [1, 1, 1] == [reads(secret, NOW) for secret in (oldest, older, newest)]
    assert [0, 0, 1] == [reads(secret, NOW + KEEP_MS - 1) for secret in (older, newest, oldest)]
    assert 1 == reads(newest, NOW + KEEP_MS)
