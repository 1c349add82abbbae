"""Certificates in a token, up to a pinned root: Apple."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.senders.schemes.chains import (
    LEAF_MARKER,
    MIDDLE_MARKER,
    NOW,
    Issued,
    Kind,
    bundle,
    chain,
    issue,
    leaf,
    middle,
    pem,
    root,
    x5c,
)
from verihook.errors import SignatureError
from verihook.request import Request
from verihook.senders import changed_sender, load_sender
from verihook.senders.schemes import Proof, Setting, Verify
from verihook.senders.schemes.certificate_chains import MAX_CHAINS, chained
from verihook.senders.schemes.jws import Token, write_token

SETTING = Setting(parameters={"bundle_id": "com.example.app", "environment": "Sandbox"})
EVENT = b'{"notificationUUID":"1","data":{}}'
CHAIN = chain()
APPLE = load_sender("apple-app-store").scheme


def delivery(issued: list[Issued]) -> Request:
    return APPLE.sign(bundle(issued), Request("POST", "/", "", (), EVENT, ""), SETTING, message_id="1", now=NOW)


def verify_with(*roots: Issued) -> Verify:
    return APPLE.bind(tuple(map(pem, roots)), SETTING)


def reason(verify: Verify, request: Request, now: int = NOW) -> str:
    with pytest.raises(SignatureError) as refusal:
        verify(request, now)
    return refusal.value.reason


def test_what_the_chain_signs_verifies_with_its_root() -> None:
    assert Proof("current") == verify_with(CHAIN[2])(delivery(CHAIN), NOW)
    other = issue(root())
    assert Proof("previous") == verify_with(other, CHAIN[2])(delivery(CHAIN), NOW)
    assert "unknown-certificate" == reason(verify_with(other), delivery(CHAIN))


def test_apples_own_root_is_pinned_by_its_digest_and_needs_no_secret() -> None:
    assert APPLE.keyless
    assert "unknown-certificate" == reason(APPLE.bind((), SETTING), delivery(CHAIN))
    digest = x509.load_pem_x509_certificate(pem(CHAIN[2]).encode()).fingerprint(hashes.SHA256()).hex()
    sender = changed_sender("apple-app-store", {"signature": {"roots": [digest]}})
    assert Proof("current") == sender.scheme.bind((), SETTING)(delivery(CHAIN), NOW)


def test_a_root_of_the_same_name_is_another_root() -> None:
    assert "unknown-certificate" == reason(verify_with(CHAIN[2]), delivery(chain()))
    # The genuine root at the end of a chain that it did not issue.
    forged = [*chain()[:2], CHAIN[2]]
    assert "untrusted-certificate" == reason(verify_with(CHAIN[2]), delivery(forged))


OTHER_USE = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")


@pytest.mark.parametrize(
    "kinds",
    [
        (dataclasses.replace(leaf(), marker=""), middle(), root()),
        (leaf(), dataclasses.replace(middle(), marker=""), root()),
        (dataclasses.replace(leaf(), authority=True), middle(), root()),
        (leaf(), dataclasses.replace(middle(), authority=False, path_length=None), root()),
        (leaf(), dataclasses.replace(middle(), key_cert_sign=False), root()),
        (leaf(), middle(), dataclasses.replace(root(), path_length=0)),
        (dataclasses.replace(leaf(), more=((OTHER_USE, True),)), middle(), root()),
        (dataclasses.replace(leaf(), curve=ec.SECP384R1()), middle(), root()),
    ],
)
def test_a_chain_that_is_for_another_use_is_refused(kinds: tuple[Kind, ...]) -> None:
    issued = chain(*kinds)
    token = write_token({"alg": "ES256", "x5c": x5c(issued)}, {}, lambda _: bytes(64))
    body = json.dumps({"signedPayload": token}).encode()
    assert "untrusted-certificate" == reason(verify_with(issued[2]), Request("POST", "/", "", (), body, ""))


def test_a_harmless_extension_is_passed_over() -> None:
    issued = chain(dataclasses.replace(leaf(), more=((OTHER_USE, False),)), middle(), root())
    assert Proof("current") == verify_with(issued[2])(delivery(issued), NOW)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_each_certificate_has_its_time(place: int) -> None:
    kinds = [leaf(), middle(), root()]
    kinds[place].days = 1
    issued = chain(*kinds)
    verify = verify_with(issued[2])
    assert Proof("current") == verify(delivery(issued), NOW + 86_300)
    # Also if the chain is known.
    assert "certificate-outside-validity" == reason(verify, delivery(issued), NOW + 86_500)
    assert "certificate-outside-validity" == reason(verify, delivery(issued), NOW - 101 * 86_400)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda texts: texts[:2], "malformed-certificates"),
        (lambda texts: [*texts, texts[2]], "malformed-certificates"),
        (lambda texts: texts[0], "malformed-certificates"),
        (lambda texts: None, "malformed-certificates"),
        (lambda texts: [1, *texts[1:]], "malformed-certificates"),
        (lambda texts: ["A" * 5000, *texts[1:]], "malformed-certificates"),
        (lambda texts: ["é", *texts[1:]], "malformed-certificates"),
        (lambda texts: ["!", *texts[1:]], "not-base64"),
        (lambda texts: ["AAAA", *texts[1:]], "untrusted-certificate"),
        (lambda texts: [texts[1], texts[0], texts[2]], "untrusted-certificate"),
        (lambda texts: [texts[0], texts[2], texts[2]], "untrusted-certificate"),
        (lambda texts: [texts[2], texts[1], texts[0]], "unknown-certificate"),
    ],
)
def test_other_certificates_are_refused(change: Callable[[list[str]], object], expected: str) -> None:
    token = write_token({"alg": "ES256", "x5c": change(x5c(CHAIN))}, {}, lambda _: bytes(64))
    body = json.dumps({"signedPayload": token}).encode()
    assert expected == reason(verify_with(CHAIN[2]), Request("POST", "/", "", (), body, ""))


VERIFY = verify_with(CHAIN[2])
DERS = [base64.b64decode(text) for text in x5c(CHAIN)]


# cryptography still loads a certificate whose serial number became negative, and warns.
@pytest.mark.filterwarnings("ignore:Parsed a serial number")
@settings(max_examples=300, deadline=None)
@given(st.integers(0, 1), st.integers(0, len(DERS[1]) - 1), st.integers(1, 255))
def test_no_changed_certificate_is_anything_but_refused(which: int, place: int, flip: int) -> None:
    ders = [bytearray(der) for der in DERS]
    ders[which][place % len(ders[which])] ^= flip
    texts = [base64.b64encode(der).decode() for der in ders]
    token = write_token({"alg": "ES256", "x5c": texts}, {}, lambda _: bytes(64))
    reason(VERIFY, Request("POST", "/", "", (), json.dumps({"signedPayload": token}).encode(), ""))


def test_a_known_chain_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    verify, read = verify_with(CHAIN[2]), []
    load = x509.load_der_x509_certificate

    def counted(der: bytes) -> x509.Certificate:
        read.append(der)
        return load(der)

    monkeypatch.setattr(x509, "load_der_x509_certificate", counted)
    for _ in range(3):
        verify(delivery(CHAIN), NOW)
    assert 3 == len(read)


def test_few_chains_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    first, read = chain(), []
    load = x509.load_der_x509_certificate

    def counted(der: bytes) -> x509.Certificate:
        read.append(der)
        return load(der)

    monkeypatch.setattr(x509, "load_der_x509_certificate", counted)
    find = chained([pem(first[2])], [], [LEAF_MARKER, MIDDLE_MARKER], "ES256")
    oldest = Token({"x5c": x5c(first)}, "", b"", b"")
    find(oldest, NOW)
    for _ in range(MAX_CHAINS):
        find(Token({"x5c": x5c([issue(leaf(), first[1]), *first[1:]])}, "", b"", b""), NOW)
    assert 3 * (MAX_CHAINS + 1) == len(read)
    find(oldest, NOW)
    assert 3 * (MAX_CHAINS + 2) == len(read)


@pytest.mark.parametrize("secret", ["x", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"])
def test_a_root_that_is_no_certificate_is_refused_in_words(secret: str) -> None:
    with pytest.raises(ValueError, match="the secret is not a certificate"):
        APPLE.bind((secret,), SETTING)
