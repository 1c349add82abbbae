"""The HMAC scheme: whatever comes, a Proof or a SignatureError."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from verihook.errors import SignatureError
from verihook.request import Request
from verihook.schemes import Proof
from verihook.schemes.hmac import HmacScheme
from verihook.senders import load_sender, sender_ids

HEADERS = [
    "x-signature",
    "x-timestamp",
    "x-hub-signature-256",
    "stripe-signature",
    "x-slack-signature",
    "x-slack-request-timestamp",
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
]

pairs = st.lists(
    st.tuples(
        st.sampled_from(HEADERS),
        st.one_of(
            st.text(max_size=80),
            st.from_regex(r"(sha256=|v0=|v1,|t=)?[0-9a-f]{60,66}", fullmatch=True),
            st.from_regex(r"t=[0-9]{1,20}(,v[01]=[0-9a-fA-F]{0,70}){0,20}", fullmatch=True),
            st.from_regex(r"(v1a?,[A-Za-z0-9+/=]{0,50} ?){0,20}", fullmatch=True),
            st.integers().map(str),
        ),
    ),
    max_size=6,
)


def request(headers: list[tuple[str, str]], body: bytes = b"") -> Request:
    return Request("POST", "/", "", tuple((name.lower(), value) for name, value in headers), body, "")


@pytest.mark.parametrize("sender", sender_ids())
@settings(max_examples=300, deadline=None)
@given(pairs, st.binary(max_size=50), st.integers(0, 2**40))
@example([("stripe-signature", "t=" + "9" * 5000 + ",v1=" + "0" * 64)], b"", 0)
@example([("webhook-id", "\ud800"), ("webhook-timestamp", "1"), ("webhook-signature", "v1,")], b"", 0)
def test_any_delivery_gives_a_signature_error(
    sender: str, headers: list[tuple[str, str]], body: bytes, now: int
) -> None:
    verify = load_sender(sender).scheme.bind(("c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0",))
    with pytest.raises(SignatureError):
        verify(request(headers, body), now)


@pytest.mark.parametrize("sender", sender_ids())
@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 2**40), st.sampled_from([0, 300, -300, 301, -301, 9999]))
def test_what_is_signed_verifies_within_the_tolerance(sender: str, body: bytes, now: int, drift: int) -> None:
    scheme = load_sender(sender).scheme
    secret = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"
    delivery = scheme.sign(secret, request([], body), message_id="msg_1", now=now)
    verify = scheme.bind((secret,))
    assert isinstance(scheme, HmacScheme)
    if "{timestamp}" not in scheme.message or abs(drift) <= 300:
        assert Proof("current") == verify(delivery, now + drift)
    else:
        with pytest.raises(SignatureError, match="could not be verified") as refusal:
            verify(delivery, now + drift)
        assert "timestamp-outside-tolerance" == refusal.value.reason


@pytest.mark.parametrize("sender", sender_ids())
def test_each_of_several_secrets_verifies_and_is_told_apart(sender: str) -> None:
    scheme = load_sender(sender).scheme
    newest, older, oldest, stranger = ("YWFhYWFhYWE=", "YmJiYmJiYmI=", "Y2NjY2NjY2M=", "ZGRkZGRkZGQ=")
    verify = scheme.bind((newest, older, oldest))
    for secret, verified_by in ((newest, "current"), (older, "previous"), (oldest, "previous")):
        delivery = scheme.sign(secret, request([], b"{}"), message_id="msg_1", now=1000)
        assert Proof(verified_by) == verify(delivery, 1000)
    with pytest.raises(SignatureError):
        verify(scheme.sign(stranger, request([], b"{}"), message_id="msg_1", now=1000), 1000)


@pytest.mark.parametrize("sender", sender_ids())
def test_an_empty_secret_and_no_secret_never_verify(sender: str) -> None:
    scheme = load_sender(sender).scheme
    with pytest.raises(ValueError, match="the secret is empty"):
        scheme.bind(("YWFhYWFhYWE=", ""))
    with pytest.raises(SignatureError) as refusal:
        scheme.bind(())(request([]), 0)
    assert "no-secret" == refusal.value.reason


def test_a_malformed_signature_does_not_hide_a_good_one() -> None:
    scheme = load_sender("stripe").scheme
    good = hmac.new(b"secret", b"1000.{}", hashlib.sha256).hexdigest()
    for header in (f"t=1000,v1=zz,v1={good}", f"v1={good},v1=,t=1000", f"t=1000,v1={'0' * 64},v1={good}"):
        assert Proof("current") == scheme.bind(("secret",))(request([("Stripe-Signature", header)], b"{}"), 1000)


def test_sixteen_signatures_are_looked_at_and_seventeen_refused() -> None:
    scheme = load_sender("stripe").scheme
    good = hmac.new(b"secret", b"1000.{}", hashlib.sha256).hexdigest()
    wrong = "v1=" + "0" * 64
    verify = scheme.bind(("secret",))
    header = ",".join(["t=1000", *[wrong] * 15, f"v1={good}"])
    assert Proof("current") == verify(request([("Stripe-Signature", header)], b"{}"), 1000)
    with pytest.raises(SignatureError) as refusal:
        verify(request([("Stripe-Signature", f"{header},{wrong}")], b"{}"), 1000)
    assert "too-many-signatures" == refusal.value.reason


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"algorithm": "md5"}, "algorithm"),
        ({"encoding": "base32"}, "encoding"),
        ({"key": "rot13"}, "key"),
        ({"header": ""}, "header"),
        ({"message": "{timestamp}"}, "message"),
        ({"message": "{timestamp}.{body}"}, "message"),
        ({"message": "{id}.{body}"}, "message"),
        ({"timestamp_header": "X-Time"}, "message"),
        ({"id_header": "X-Id"}, "message"),
        ({"separator": ","}, "separator"),
        ({"label": "v1"}, "separator"),
        ({"tolerance": 0}, "tolerance"),
    ],
)
def test_a_scheme_that_makes_no_sense_is_refused(fields: dict[str, object], key: str) -> None:
    with pytest.raises(ValueError, match=f"^{key}: "):
        HmacScheme(**{"header": "X-Signature", **fields})  # type: ignore[arg-type]


def test_a_key_that_is_not_base64_is_refused() -> None:
    with pytest.raises(ValueError, match="not base64"):
        load_sender("standard-webhooks").scheme.bind(("whsec_not base64!",))
