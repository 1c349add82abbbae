"""Challenges that are answered with a hash: a stranger may ask, and learns nothing that makes a delivery."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any, ClassVar
from urllib.parse import quote

import pytest

from tests.unit.senders.handshake.asking import NOT_REPEATED, SECRET, Store, bind, get, post
from verihook.errors import EventMalformed, SecretsUnavailable, SignatureError


class TestEbay:
    """GET with challenge_code: the hash of it, of the verification token, and of the URL."""

    table = 'kind = "hash-challenge"\nparameter = "challenge_code"\nmember = "challengeResponse"'
    url = "https://hooks.example.com/hooks/ebay"
    rest: ClassVar[dict[str, Any]] = {"parameters": {"verify_token": "env:TOKEN"}, "public_url": url}
    token = "a_token_of_at_least_32_characters"

    def test_a_challenge(self) -> None:
        answer = bind(self.table, Store(TOKEN=self.token), **self.rest).unsigned(get("challenge_code=a8628072-3d33"))
        assert answer is not None
        expected = hashlib.sha256(f"a8628072-3d33{self.token}{self.url}".encode()).hexdigest()
        assert (200, {"challengeResponse": expected}) == (answer.status, json.loads(answer.body))

    @pytest.mark.parametrize("code", [*NOT_REPEATED, "x" * 129, "{}", "a b"])
    def test_what_is_no_code_is_not_hashed(self, code: str) -> None:
        with pytest.raises(EventMalformed):
            bind(self.table, Store(TOKEN=self.token), **self.rest).unsigned(get("challenge_code=" + quote(code)))

    def test_what_is_no_handshake(self) -> None:
        ebay = bind(self.table, Store(TOKEN=self.token), **self.rest)
        assert ebay.unsigned(get()) is None
        assert ebay.unsigned(get("challenge_code=a", method="POST")) is None

    def test_what_a_source_lacks_is_said(self) -> None:
        with pytest.raises(ValueError, match=r"^parameters\.verify_token: "):
            bind(self.table, public_url=self.url)
        with pytest.raises(ValueError, match=r"^public_url: "):
            bind(self.table, parameters=self.rest["parameters"])
        with pytest.raises(SecretsUnavailable):
            bind(self.table, Store(), **self.rest).unsigned(get("challenge_code=a"))


class TestBraintree:
    """GET with bt_challenge: signed with the key that signs deliveries."""

    table = 'kind = "mac-challenge"\nparameter = "bt_challenge"\nform = "bt_payload"'
    braintree = bind(table, parameters={"public_key": "integration_public_key"})
    challenge = "20f9f8ed05f77439fe955c977e4c8a53"

    def test_a_challenge(self) -> None:
        answer = self.braintree.unsigned(get(f"bt_challenge={self.challenge}"))
        assert answer is not None
        mac = hmac.new(hashlib.sha1(SECRET.encode()).digest(), self.challenge.encode(), "sha1").hexdigest()
        assert (200, f"integration_public_key|{mac}".encode()) == (answer.status, answer.body)
        assert "text/plain; charset=utf-8" == answer.headers["content-type"]

    @pytest.mark.parametrize("challenge", [*NOT_REPEATED, "a" * 19, "a" * 33, "A" * 20, "g" * 20, "a" * 20 + "\n"])
    def test_nothing_else_is_signed(self, challenge: str) -> None:
        with pytest.raises(EventMalformed):
            self.braintree.unsigned(get("bt_challenge=" + quote(challenge)))

    @pytest.mark.parametrize("payload", [challenge, challenge + "\n", "%61" * 20])
    def test_a_delivery_that_could_be_a_challenge_is_refused_whatever_its_signature(self, payload: str) -> None:
        for body in (f"bt_payload={payload}", f"bt_signature=x&bt_payload={payload}", f"bt%5Fpayload={payload}"):
            with pytest.raises(SignatureError) as caught:
                self.braintree.unsigned(post(body.encode()))
            assert "challenge-as-body" == caught.value.reason
        for unreadable in (b"\xff", b"bt_payload=%FF"):
            with pytest.raises(SignatureError):
                self.braintree.unsigned(post(unreadable))

    def test_what_is_no_handshake(self) -> None:
        assert self.braintree.unsigned(post(b"bt_signature=x&bt_payload=PG5vdGlmaWNhdGlvbj4%3D")) is None
        assert self.braintree.unsigned(get()) is None

    def test_without_a_public_key(self) -> None:
        with pytest.raises(ValueError, match=r"^parameters\.public_key: "):
            bind(self.table)
