"""Public keys over a template: whatever comes, a Proof or a SignatureError."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.senders.schemes.key_material import NOW, certificate_pair, ed25519_pair, pem_pair
from verihook.errors import SecretsUnavailable, SignatureError
from verihook.request import Request
from verihook.senders import load_sender
from verihook.senders.schemes import Proof, Setting
from verihook.senders.schemes.public_key import PublicKeyScheme

SENDERS = ["standard-webhooks-v1a", "discord", "sendgrid", "paypal"]
CERT_URL = "https://api.paypal.com/v1/notifications/certs/CERT-1"
SETTING = Setting(parameters={"webhook_id": "WH-1", "certificate_url": CERT_URL})

NOT_PAYPAL = [
    "https://api.paypal.com.evil.com/v1/notifications/certs/CERT-1",
    "https://evil.com/api.paypal.com/v1/notifications/certs/CERT-1",
    "https://api.paypal.com@evil.com/v1/notifications/certs/CERT-1",
    "https://evil.com\\@api.paypal.com/v1/notifications/certs/CERT-1",
    "https://user:word@api.paypal.com/v1/notifications/certs/CERT-1",
    "https://api.paypal.com:8443/v1/notifications/certs/CERT-1",
    "https://api.paypal.com:443/v1/notifications/certs/CERT-1",
    "https://api.paypal.com./v1/notifications/certs/CERT-1",
    "https://API.PAYPAL.COM/v1/notifications/certs/CERT-1",
    "https://apixpaypal.com/v1/notifications/certs/CERT-1",
    "https://10.0.0.1/v1/notifications/certs/CERT-1",
    "https://[::1]/v1/notifications/certs/CERT-1",
    "http://api.paypal.com/v1/notifications/certs/CERT-1",
    "file:///v1/notifications/certs/CERT-1",
    "https://api.paypal.com/v1/notifications/certs/../../upload/CERT-1",
    "https://api.paypal.com/v1/notifications/certs/%2e%2e/CERT-1",
    "https://api.paypal.com/v1/notifications/certs/CERT-1?x=https://evil.com",
    "https://api.paypal.com/v1/notifications/certs/CERT-1#x",
    "https://api.paypal.com/v1/notifications/certs/CERT-1\n",
    " https://api.paypal.com/v1/notifications/certs/CERT-1",
    "https://api.paypal.com/v1/notifications/certs/" + "C" * 600,
    "",
]


def keys(sender: str, number: int = 1) -> tuple[str, str]:
    """Private and public key as the sender writes them."""
    seed, public = ed25519_pair(number)
    if sender == "standard-webhooks-v1a":
        return "whsk_" + base64.b64encode(seed + public).decode(), "whpk_" + base64.b64encode(public).decode()
    if sender == "discord":
        return seed.hex(), public.hex()
    return pem_pair("ec", number) if sender == "sendgrid" else certificate_pair(number)


def request(headers: list[tuple[str, str]], body: bytes = b"") -> Request:
    return Request("POST", "/", "", tuple((name.lower(), value) for name, value in headers), body, "")


def signed(sender: str, number: int = 1, body: bytes = b"{}", now: int = NOW) -> Request:
    scheme = load_sender(sender).scheme
    return scheme.sign(keys(sender, number)[0], request([], body), SETTING, message_id="msg_1", now=now)


def with_header(delivery: Request, name: str, value: str) -> Request:
    return replace(delivery, headers=tuple((key, value if key == name else old) for key, old in delivery.headers))


def reason(verify: object, delivery: Request, now: int = NOW) -> str:
    with pytest.raises(SignatureError) as refusal:
        verify(delivery, now)  # type: ignore[operator]
    return refusal.value.reason


@pytest.mark.parametrize("sender", SENDERS)
def test_any_delivery_gives_a_signature_error(sender: str) -> None:
    genuine = dict(signed(sender).headers)
    verify = load_sender(sender).scheme.bind((keys(sender)[1],), SETTING)
    values = st.one_of(
        st.sampled_from(list(genuine.values())),
        st.text(max_size=80),
        st.from_regex(r"(v1a?,)?[A-Za-z0-9+/=]{0,90}", fullmatch=True),
        st.from_regex(r"(v1a,[A-Za-z0-9+/=]{0,10} ?){0,20}", fullmatch=True),
        st.integers().map(str),
    )
    pairs = st.lists(st.tuples(st.sampled_from(list(genuine)), values), max_size=8)

    @settings(max_examples=200, deadline=None)
    @given(pairs, st.binary(max_size=50), st.integers(0, 2**40))
    @example([(name, "\ud800") for name in genuine], b"", 0)
    @example([(name, "9" * 5000) for name in genuine], b"", 0)
    def check(headers: list[tuple[str, str]], body: bytes, now: int) -> None:
        # "{}" is what the genuine values are signed over.
        with pytest.raises(SignatureError):
            verify(request(headers, b"x" + body), now)

    check()


@pytest.mark.parametrize("sender", SENDERS)
@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=200), st.sampled_from([0, 300, -300, 301, -301, 9999]))
def test_what_is_signed_verifies_within_the_tolerance(sender: str, body: bytes, drift: int) -> None:
    scheme = load_sender(sender).scheme
    assert isinstance(scheme, PublicKeyScheme)
    verify = scheme.bind((keys(sender)[1],), SETTING)
    delivery = signed(sender, body=body)
    if not scheme.timestamp_header or abs(drift) <= 300:
        assert Proof("current") == verify(delivery, NOW + drift)
    else:
        assert "timestamp-outside-tolerance" == reason(verify, delivery, NOW + drift)
    assert "signature-mismatch" == reason(verify, replace(delivery, body=body + b" "))


@pytest.mark.parametrize("sender", SENDERS)
def test_each_of_several_keys_verifies_and_is_told_apart(sender: str) -> None:
    verify = load_sender(sender).scheme.bind((keys(sender, 1)[1], keys(sender, 2)[1]), SETTING)
    assert Proof("current") == verify(signed(sender, 1), NOW)
    assert Proof("previous") == verify(signed(sender, 2), NOW)
    assert "signature-mismatch" == reason(verify, signed(sender, 3))


@pytest.mark.parametrize("sender", SENDERS)
def test_an_empty_key_a_broken_key_and_no_key_never_verify(sender: str) -> None:
    scheme = load_sender(sender).scheme
    with pytest.raises(ValueError, match="the secret is empty"):
        scheme.bind((keys(sender)[1], ""), SETTING)
    for broken in ("x", "00", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "\ud800"):
        with pytest.raises(ValueError, match=r"secret|codec"):
            scheme.bind((broken,), SETTING)
    if scheme.keyless:
        with pytest.raises(ValueError, match="without a network"):
            scheme.bind((), SETTING)
    else:
        assert "no-secret" == reason(scheme.bind((), SETTING), request([]))


@pytest.mark.parametrize("sender", ["sendgrid", "paypal"])
def test_a_key_of_another_kind_is_refused(sender: str) -> None:
    pem = pem_pair("ed25519")[1] if sender == "sendgrid" else pem_pair("ec")[1]
    with pytest.raises(ValueError, match=r"another kind|not a certificate"):
        load_sender(sender).scheme.bind((pem,), SETTING)


def test_a_short_rsa_key_is_refused() -> None:
    with pytest.raises(ValueError, match="shorter than 2048"):
        load_sender("paypal").scheme.bind((certificate_pair(9, size=1024)[1],), SETTING)


@pytest.mark.parametrize("sender", SENDERS)
def test_a_public_key_cannot_sign(sender: str) -> None:
    public = keys(sender)[1] if sender != "discord" else "zz"
    with pytest.raises(ValueError, match=r"private key|not hex"):
        load_sender(sender).scheme.sign(public, request([]), SETTING, message_id="1", now=NOW)


def test_a_malformed_signature_does_not_hide_a_good_one() -> None:
    verify = load_sender("standard-webhooks-v1a").scheme.bind((keys("standard-webhooks-v1a")[1],))
    delivery = signed("standard-webhooks-v1a")
    good = delivery.values("webhook-signature")[0]
    for value in (f"v1a,$ {good}", f"nocomma {good} v1a,", f"v1a,{'A' * 88} {good}", f"v1,AAAA {good}"):
        assert Proof("current") == verify(with_header(delivery, "webhook-signature", value), NOW)


def test_sixteen_signatures_are_looked_at_and_seventeen_refused() -> None:
    verify = load_sender("standard-webhooks-v1a").scheme.bind((keys("standard-webhooks-v1a")[1],))
    delivery = signed("standard-webhooks-v1a")
    many = " ".join(["v1a,AAAA"] * 15 + delivery.values("webhook-signature"))
    assert Proof("current") == verify(with_header(delivery, "webhook-signature", many), NOW)
    too_many = with_header(delivery, "webhook-signature", many + " v1a,AAAA")
    assert "too-many-signatures" == reason(verify, too_many)


@pytest.mark.parametrize("url", NOT_PAYPAL)
def test_a_certificate_elsewhere_is_refused_before_anything_else(url: str) -> None:
    asked: list[str] = []

    def fetch(url: str, content: bytes = b"", authorization: str = "") -> bytes:
        asked.append(url)
        return certificate_pair()[1].encode()

    scheme = load_sender("paypal").scheme
    delivery = with_header(signed("paypal"), "paypal-cert-url", url)
    for verify in (
        scheme.bind((certificate_pair()[1],), SETTING),
        scheme.bind((), replace(SETTING, fetch=fetch)),
    ):
        assert "unexpected-paypal-cert-url" == reason(verify, delivery)
    assert [] == asked


def test_a_certificate_is_fetched_once_and_kept() -> None:
    asked: list[str] = []

    def fetch(url: str, content: bytes = b"", authorization: str = "") -> bytes:
        asked.append(url)
        return certificate_pair()[1].encode()

    verify = load_sender("paypal").scheme.bind((), replace(SETTING, fetch=fetch))
    assert Proof("current") == verify(signed("paypal"), NOW)
    assert Proof("current") == verify(signed("paypal"), NOW)
    assert "signature-mismatch" == reason(verify, signed("paypal", 2))
    assert [CERT_URL] == asked


def test_a_host_that_has_no_certificate_refuses_and_one_that_fails_is_our_failure() -> None:
    def down(url: str, content: bytes = b"", authorization: str = "") -> bytes:
        raise SecretsUnavailable("down")

    scheme = load_sender("paypal").scheme
    assert "unknown-certificate" == reason(
        scheme.bind((), replace(SETTING, fetch=lambda url, content=b"", authorization="": b"")), signed("paypal")
    )
    for fetch in (down, lambda url, content=b"", authorization="": b"<html>maintenance</html>"):
        with pytest.raises(SecretsUnavailable):
            scheme.bind((), replace(SETTING, fetch=fetch))(signed("paypal"), NOW)


def test_a_flood_of_new_certificates_costs_five_calls_a_minute_and_spares_the_known_one() -> None:
    asked: list[str] = []

    def fetch(url: str, content: bytes = b"", authorization: str = "") -> bytes:
        asked.append(url)
        return certificate_pair()[1].encode() if url == CERT_URL else b""

    verify = load_sender("paypal").scheme.bind((), replace(SETTING, fetch=fetch))
    genuine = signed("paypal")
    assert Proof("current") == verify(genuine, NOW)
    for number in range(50):
        with pytest.raises((SignatureError, SecretsUnavailable)):
            verify(with_header(genuine, "paypal-cert-url", f"{CERT_URL}-{number}"), NOW)
    assert 5 == len(asked)
    assert Proof("current") == verify(genuine, NOW)
    # An hour later the known certificate is fetched again, even in a flood.
    for number in range(50):
        with pytest.raises((SignatureError, SecretsUnavailable)):
            verify(with_header(genuine, "paypal-cert-url", f"{CERT_URL}-{number}"), NOW + 3600)
    assert Proof("current") == verify(genuine, NOW + 3600)
    assert 11 == len(asked)
    assert CERT_URL == asked[-1]


@pytest.mark.parametrize("days", [101, -101])
def test_a_certificate_holds_in_its_time_alone(days: int) -> None:
    verify = load_sender("paypal").scheme.bind((certificate_pair()[1],), SETTING)
    assert "certificate-outside-validity" == reason(verify, signed("paypal"), NOW + days * 86_400)


def test_another_algorithm_and_another_webhook_are_refused() -> None:
    scheme = load_sender("paypal").scheme
    verify = scheme.bind((certificate_pair()[1],), SETTING)
    other = with_header(signed("paypal"), "paypal-auth-algo", "SHA1withRSA")
    assert "unexpected-paypal-auth-algo" == reason(verify, other)
    theirs = scheme.bind((certificate_pair()[1],), Setting(parameters={"webhook_id": "WH-2"}))
    assert "signature-mismatch" == reason(theirs, signed("paypal"))
    with pytest.raises(ValueError, match=r"parameters\.webhook_id"):
        scheme.bind((certificate_pair()[1],))


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"algorithm": "md5"}, "algorithm"),
        ({"encoding": "base32"}, "encoding"),
        ({"key": "rot13"}, "key"),
        ({"header": ""}, "header"),
        ({"message": "{timestamp}"}, "message"),
        ({"message": "{timestamp}{body}"}, "message"),
        ({"message": "{id}{body}"}, "message"),
        ({"timestamp_header": "X-Time"}, "message"),
        ({"separator": ","}, "separator"),
        ({"tolerance": 0}, "tolerance"),
        ({"key": "certificate"}, "key"),
        ({"certificate_header": "X-Cert", "certificate_hosts": ["a"], "certificate_path": "b"}, "key"),
        ({"required": {"X-Version": 1}}, "required"),
        ({"certificate_hosts": [1]}, "certificate_hosts"),
        ({"message": "{body}{url}"}, "message"),
        ({"message": "{body}{json:a}"}, "message"),
        ({"message": "{secret}{body}"}, "message"),
    ],
)
def test_a_scheme_that_makes_no_sense_is_refused(fields: dict[str, object], key: str) -> None:
    sound = {"header": "X-Signature", "algorithm": "ed25519", "message": "{body}", "key": "hex"}
    with pytest.raises(ValueError, match=f"^{key}: "):
        PublicKeyScheme(**{**sound, **fields})  # type: ignore[arg-type]


def test_an_unknown_field_of_the_message_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^message: \{secret\}"):
        PublicKeyScheme(header="X", algorithm="ed25519", message="{body}{secret}", key="hex")
