"""Pairing: the first to come sets the secret, so only while the operator says so, and only once."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.unit.senders.handshake.asking import Store, bind, get, post
from verihook.errors import EventMalformed, HandshakeRefused
from verihook.request import Request
from verihook.senders.handshake import BoundHandshake

ASANA = """
kind = "pair-by-header"
header = "X-Hook-Secret"
heartbeat = "events"
"""
NOTION = """
kind = "pair-by-json"
member = "verification_token"
signature = "X-Notion-Signature"
"""
SECRET = "b537207f20cbfa02357cf448134da559e8bd39d61597dcd5631b8012eae53e81"
REFERENCE = "file:webhook.secret"

Brings = Callable[[str], Request]


def asana(secret: str) -> Request:
    return post(b"{}", ("x-hook-secret", secret))


def notion(secret: str) -> Request:
    return post(json.dumps({"verification_token": secret}).encode())


def pairing(table: str, store: Store, **rest: Any) -> BoundHandshake:
    rest.setdefault("parameters", {"pairing": REFERENCE})
    rest.setdefault("references", (REFERENCE,))
    return bind(table, store, **rest)


both = pytest.mark.parametrize(("table", "brings"), [(ASANA, asana), (NOTION, notion)], ids=["asana", "notion"])


@both
def test_the_secret_is_kept(table: str, brings: Brings) -> None:
    store = Store()
    answer = pairing(table, store).unsigned(brings(SECRET))
    assert answer is not None
    assert (200, b"") == (answer.status, answer.body)
    assert [(REFERENCE, SECRET)] == store.writes


def test_asana_gets_its_header_back() -> None:
    answer = pairing(ASANA, Store()).unsigned(asana(SECRET))
    assert answer is not None
    assert SECRET == answer.headers["x-hook-secret"]


def test_notion_gets_nothing_back() -> None:
    answer = pairing(NOTION, Store()).unsigned(notion(SECRET))
    assert answer is not None
    assert SECRET not in str(answer)


@both
def test_once(table: str, brings: Brings) -> None:
    store = Store()
    paired = pairing(table, store)
    paired.unsigned(brings(SECRET))
    for secret in (SECRET, "the-secret-of-a-stranger"):
        with pytest.raises(HandshakeRefused, match="paired already") as caught:
            paired.unsigned(brings(secret))
        assert SECRET not in str(caught.value)
    assert [(REFERENCE, SECRET)] == store.writes


@both
def test_once_even_where_the_store_forgets(table: str, brings: Brings) -> None:
    store = Store()
    paired = pairing(table, store)
    paired.unsigned(brings(SECRET))
    store.held.clear()
    with pytest.raises(HandshakeRefused, match="paired already"):
        paired.unsigned(brings("the-secret-of-a-stranger"))


@both
def test_one_of_many_at_once(table: str, brings: Brings) -> None:
    store = Store()
    paired = pairing(table, store)

    def bring(number: int) -> bool:
        try:
            return paired.unsigned(brings(f"the-secret-of-caller-{number}")) is not None
        except HandshakeRefused:
            return False

    with ThreadPoolExecutor(8) as callers:
        assert 1 == sum(callers.map(bring, range(40)))
    assert 1 == len(store.writes)


@both
def test_a_reference_that_holds_a_secret_is_never_overwritten(table: str, brings: Brings) -> None:
    store = Store()
    store.held[REFERENCE] = "the secret of before"
    with pytest.raises(HandshakeRefused, match="paired already"):
        pairing(table, store).unsigned(brings(SECRET))
    assert [] == store.writes


def test_asana_outside_the_pairing_state_is_refused_in_words() -> None:
    store = Store()
    with pytest.raises(HandshakeRefused, match="not pairing") as caught:
        pairing(ASANA, store, parameters={}).unsigned(asana(SECRET))
    assert (403, "handshake-refused") == (caught.value.status, caught.value.code)
    assert [] == store.writes


def test_notion_outside_the_pairing_state_is_left_to_verification() -> None:
    store = Store()
    assert pairing(NOTION, store, parameters={}).unsigned(notion(SECRET)) is None
    assert [] == store.writes


@both
@pytest.mark.parametrize("secret", ["", "short", "x" * 257, "a b" * 10, "é" * 20, "x" * 20 + "\n", "<script>" * 3])
def test_what_is_no_secret(table: str, brings: Brings, secret: str) -> None:
    store = Store()
    with pytest.raises(EventMalformed) as caught:
        pairing(table, store).unsigned(brings(secret))
    assert not secret or secret not in str(caught.value)
    assert [] == store.writes


def test_two_secrets_at_once_are_none() -> None:
    store = Store()
    with pytest.raises(EventMalformed):
        pairing(ASANA, store).unsigned(post(b"", ("x-hook-secret", SECRET), ("x-hook-secret", SECRET)))
    assert [] == store.writes


@pytest.mark.parametrize(
    "request_",
    [
        post(b"{}"),
        post(b""),
        post(b"\xff"),
        post(b"[" * 900),
        post(b"not json"),
        post(b"[]"),
        post(b'{"type":"page.created"}'),
        post(json.dumps({"verification_token": SECRET, "type": "page.created"}).encode()),
        post(json.dumps({"verification_token": SECRET}).encode() + b" " * 1024),
        post(json.dumps({"verification_token": SECRET}).encode(), ("x-notion-signature", "sha256=00")),
        Request("GET", "/", "", (), json.dumps({"verification_token": SECRET}).encode(), "request-1"),
    ],
)
def test_what_notion_does_not_send_to_pair(request_: Request) -> None:
    store = Store()
    assert pairing(NOTION, store).unsigned(request_) is None
    assert [] == store.writes


def test_what_asana_does_not_send_to_pair() -> None:
    paired = pairing(ASANA, Store())
    assert paired.unsigned(post(b"{}", ("x-hook-signature", "00"))) is None
    assert paired.unsigned(get("", ("x-hook-secret", SECRET))) is None


def test_the_heartbeat_of_asana_starts_nothing() -> None:
    paired = pairing(ASANA, Store())
    beat = paired.signed(post(), {"events": []})
    assert beat is not None
    assert (200, b"") == (beat.status, beat.body)
    assert paired.signed(post(), {"events": [{}]}) is None
    assert paired.signed(post(), {}) is None


@both
def test_a_reference_that_cannot_be_written(table: str, brings: Brings) -> None:
    fixed = pairing(table, Store(), parameters={"pairing": "env:X"}, references=("env:X",))
    with pytest.raises(HandshakeRefused, match="cannot be written") as caught:
        fixed.unsigned(brings(SECRET))
    assert SECRET not in str(caught.value)


@both
@pytest.mark.parametrize("reference", ["", "webhook.secret", "yes", "file:another.secret"])
def test_at_load(table: str, brings: Brings, reference: str) -> None:
    with pytest.raises(ValueError, match=r"^parameters\.pairing: must be "):
        pairing(table, Store(), parameters={"pairing": reference})
