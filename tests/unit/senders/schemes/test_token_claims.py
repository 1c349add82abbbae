"""What the claims of a token have to say."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

from verihook.errors import SignatureError
from verihook.request import Request
from verihook.senders.schemes import Proof, Setting, Verify
from verihook.senders.schemes.jws import hmac_maker, write_token
from verihook.senders.schemes.jwt import JwtScheme
from verihook.senders.schemes.token_claims import HashClaim, check_hash, write_hash

NOW = 1_700_000_000
SECRET = "a shared secret"
URL = "https://hooks.example.com/hooks/orders?a=1"
SETTING = Setting(URL, {"audience": "us", "app": "7"})


def request(claims: dict[str, Any], body: bytes = b"{}", query: str = "") -> Request:
    token = write_token({"alg": "HS256"}, claims, hmac_maker(SECRET.encode(), "HS256"))
    return Request("POST", "/", query, (("x-token", token),), body, "")


def bound(setting: Setting = SETTING, **fields: Any) -> Verify:
    return JwtScheme("X-Token", algorithm="HS256", **{"time": "none", **fields}).bind((SECRET,), setting)


def reason(verify: Verify, delivery: Request, now: int = NOW) -> str:
    with pytest.raises(SignatureError) as refusal:
        verify(delivery, now)
    return refusal.value.reason


@pytest.mark.parametrize(
    ("claims", "table"),
    [
        ({"aud": "us"}, {"aud": "{parameter:audience}"}),
        ({"aud": ["them", "us"]}, {"aud": "{parameter:audience}"}),
        ({"sub": URL}, {"sub": "{url}"}),
        ({"iss": "b"}, {"iss": ["a", "b"]}),
        ({"iss": "https://us/"}, {"iss": "https://{parameter:audience}/"}),
        ({"verified": True}, {"verified": True}),
        ({"number": 1}, {"number": 1}),
        ({"data": {"app": 7}}, {"data.app": "{parameter:app}"}),
        ({"summary": {"app": "7"}}, {"data.app|summary.app": "{parameter:app}"}),
        ({}, {"iss": "{parameter:absent?}"}),
        ({"iss": "anyone"}, {"iss": "{parameter:absent?}"}),
    ],
)
def test_a_claim_that_is_as_expected_is_accepted(claims: dict[str, Any], table: dict[str, Any]) -> None:
    assert Proof("current") == bound(claims=table)(request(claims), NOW)


@pytest.mark.parametrize(
    ("claims", "table"),
    [
        ({}, {"aud": "us"}),
        ({"aud": "them"}, {"aud": "us"}),
        ({"aud": "US"}, {"aud": "us"}),
        ({"aud": "us "}, {"aud": "us"}),
        ({"aud": ["them"]}, {"aud": "us"}),
        ({"aud": []}, {"aud": "us"}),
        ({"aud": [["us"]]}, {"aud": "us"}),
        ({"aud": {"us": "us"}}, {"aud": "us"}),
        ({"iss": ["us"]}, {"iss": "us"}),
        ({"verified": "true"}, {"verified": True}),
        ({"verified": 1}, {"verified": True}),
        ({"verified": False}, {"verified": True}),
        ({"number": True}, {"number": 1}),
        ({"number": 1.0}, {"number": 1}),
        ({"app": True}, {"app": "{parameter:app}"}),
        ({"app": 10**30}, {"app": "{parameter:app}"}),
        ({"data": {"app": 8}, "summary": {"app": 7}}, {"data.app|summary.app": "{parameter:app}"}),
        ({"iss": "https://us/x"}, {"iss": "https://{parameter:audience}/"}),
    ],
)
def test_any_other_claim_is_refused(claims: dict[str, Any], table: dict[str, Any]) -> None:
    assert "unexpected-claim" == reason(bound(claims=table), request(claims))


def test_a_source_that_does_not_say_what_is_expected_is_told_so() -> None:
    scheme = JwtScheme("X-Token", algorithm="HS256", claims={"aud": "{parameter:audience}"})
    for secrets in ((), (SECRET,)):
        with pytest.raises(ValueError, match=r"^parameters\.audience: "):
            scheme.bind(secrets, Setting(URL))
    with pytest.raises(ValueError, match=r"^public_url: "):
        JwtScheme("X-Token", algorithm="HS256", claims={"sub": "{url}"}).bind((SECRET,))


@pytest.mark.parametrize("claims", [{"a": ""}, {"a": []}, {"a": [""]}, {"a": {}}, {"a": 1.5}, {"a": [["b"]]}])
def test_a_claim_that_cannot_be_compared_is_refused_at_load(claims: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^claims: "):
        JwtScheme("X-Token", algorithm="HS256", claims=claims)


@pytest.mark.parametrize(
    ("claims", "time", "expected"),
    [
        ({"exp": NOW - 300}, "exp", "token-outside-validity"),
        ({"exp": NOW - 299}, "exp", None),
        ({"exp": NOW + 10**6}, "exp", None),
        ({}, "exp", "bad-timestamp"),
        ({"exp": str(NOW + 9)}, "exp", "bad-timestamp"),
        ({"exp": True}, "exp", "bad-timestamp"),
        ({"exp": NOW + 0.5}, "exp", "bad-timestamp"),
        ({"exp": NOW + 9, "nbf": NOW + 301}, "exp", "token-outside-validity"),
        ({"exp": NOW + 9, "nbf": NOW + 300}, "exp", None),
        ({"exp": NOW + 9, "nbf": "now"}, "exp", "bad-timestamp"),
        ({"exp": NOW + 9, "iat": NOW + 300}, "exp", None),
        ({"exp": NOW + 9, "iat": NOW + 301}, "exp", "token-outside-validity"),
        ({"exp": NOW + 9, "iat": "now"}, "exp", "bad-timestamp"),
        ({"exp": NOW + 9, "iat": 1}, "exp", None),
        ({"iat": NOW}, "iat", None),
        ({"iat": NOW - 301}, "iat", "timestamp-outside-tolerance"),
        ({"iat": NOW + 301}, "iat", "timestamp-outside-tolerance"),
        ({}, "iat", "bad-timestamp"),
        # What a token says of its life counts, whatever the sender's file asks for.
        ({"iat": NOW, "exp": NOW - 300}, "iat", "token-outside-validity"),
        ({"exp": NOW - 300}, "none", "token-outside-validity"),
        ({"nbf": NOW + 301}, "none", "token-outside-validity"),
        ({"iat": 1}, "none", None),
        ({}, "none", None),
    ],
)
def test_the_life_of_a_token(claims: dict[str, Any], time: str, expected: str | None) -> None:
    verify = bound(time=time)
    if expected is None:
        assert Proof("current") == verify(request(claims), NOW)
    else:
        assert expected == reason(verify, request(claims))


@pytest.mark.parametrize("encoding", ["hex", "base64", "base64url"])
def test_the_hash_of_the_body_in_each_encoding(encoding: str) -> None:
    body = b"\x00\xff" * 40
    digest, verify = hashlib.sha256(body).digest(), bound(hash_claim="h", hash_encoding=encoding)
    texts = {
        "hex": digest.hex(),
        "base64": base64.b64encode(digest).decode(),
        "base64url": base64.urlsafe_b64encode(digest).decode().rstrip("="),
    }
    assert Proof("current") == verify(request({"h": texts[encoding]}, body), NOW)
    assert "body-hash-mismatch" == reason(verify, request({"h": texts[encoding]}, body + b" "))
    others = [text for name, text in texts.items() if name != encoding]
    for text in [*others, texts[encoding] + "=", texts[encoding][:-1], "", " ", "é", 1, None, [texts[encoding]]]:
        if (encoding, text) != ("base64url", texts[encoding] + "="):
            reason(verify, request({"h": text}, body))


def test_a_padded_base64url_is_taken_once() -> None:
    # As Upstash writes it.
    text = write_hash("base64url", b"{}")
    verify = bound(hash_claim="h", hash_encoding="base64url")
    assert Proof("current") == verify(request({"h": text + "="}), NOW)
    assert "not-base64url" == reason(verify, request({"h": text + "=="}))
    assert "wrong-signature-length" == reason(verify, request({"h": "A" * 44}))


def test_a_hash_may_be_absent_if_there_is_no_body() -> None:
    verify = bound(hash_claim="h")
    assert Proof("current") == verify(request({}, b""), NOW)
    assert "no-body-hash" == reason(verify, request({}, b" "))
    assert "body-hash-mismatch" == reason(verify, request({"h": "00" * 32}, b""))


def test_the_hash_of_the_url_is_that_of_the_registered_one_with_the_deliverys_query() -> None:
    verify = bound(url_hash_claim="u")
    here, there = (hashlib.sha256(url.encode()).hexdigest() for url in (URL, URL.replace("a=1", "a=2")))
    assert Proof("current") == verify(request({"u": here}), NOW)
    assert Proof("current") == verify(request({"u": there}, query="a=2"), NOW)
    assert "url-hash-mismatch" == reason(verify, request({"u": here}, query="a=2"))
    assert "url-hash-mismatch" == reason(verify, request({"u": here}, query="\ud800"))
    assert "no-url-hash" == reason(verify, request({}))


def test_every_hash_that_is_written_is_read() -> None:
    for encoding in ("hex", "base64", "base64url"):
        claims = {"h": write_hash(encoding, b"content")}
        check_hash(HashClaim("h", encoding), [b"other", b"content"], claims, "absent", "another")
