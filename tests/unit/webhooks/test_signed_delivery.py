from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

from tests.flows.deployment import ROOT
from tests.vectors.run import Case, parameters_of, read_cases, request_of, secrets_of
from verihook.errors import SignatureError
from verihook.model.source import Source
from verihook.senders import FOLDER, load_sender
from verihook.senders.schemes import Setting
from verihook.webhooks.signed_delivery import TAMPERINGS, SignedDelivery, content_type_of

NOW = 1_765_432_100
BODY = b'{"id": "evt_1", "type": "order.created"}'
STANDARD_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

#: A genuine case of each sender whose secret both sides have.
SHARED = {
    case["scheme"]: case
    for case in read_cases(ROOT / "tests" / "vectors")
    if case["valid"] and not case.get("public_key")
}
TABLES = {sender: tomllib.loads((FOLDER / f"{sender}.toml").read_text()) for sender in SHARED}


def sending(sender: str, secret: str = "s3cret", body: bytes = BODY) -> SignedDelivery:
    if sender == "standard-webhooks":
        secret = STANDARD_SECRET
    source = Source("acme", load_sender(sender), (), "order-created")
    return SignedDelivery(source, secret, body, "application/json", "evt_1", "ping", NOW)


def refusal(delivery: SignedDelivery, tamperings: list[str]) -> str | None:
    """The reason code why the source refuses it, None if it does not."""
    source = delivery.source
    verify = source.sender.scheme.bind((delivery.secret,), Setting(source.public_url, source.parameters))
    try:
        verify(delivery.tampered(tamperings), delivery.now)
    except SignatureError as error:
        return error.reason
    return None


@pytest.mark.parametrize(
    ("sender", "timestamp"),
    [
        ("github", None),
        ("stripe", "signature-mismatch"),
        ("standard-webhooks", "signature-mismatch"),
        ("slack", "signature-mismatch"),
    ],
)
def test_each_tampering_is_refused_for_its_own_reason(sender: str, timestamp: str | None) -> None:
    delivery = sending(sender)
    assert refusal(delivery, []) is None
    assert "signature-mismatch" == refusal(delivery, ["body"])
    assert "signature-mismatch" == refusal(delivery, ["signature"])
    assert "duplicate-header" == refusal(delivery, ["duplicate-header"])
    if timestamp:
        assert timestamp == refusal(delivery, ["timestamp"])
    assert "duplicate-header" == refusal(delivery, ["body", "duplicate-header"])


#: Senders whose signature or token is in the body or the query.
IN_BODY = (
    *("adyen", "azure-event-grid", "azure-event-grid-cloudevents", "braintree", "figma", "lark", "lever", "mailgun"),
    *("microsoft-graph", "midtrans", "pandadoc", "strava"),
    *("dropbox-sign", "mailchimp", "mailgun-routes", "mattermost", "zulip"),
)


def content_type_in(case: Case) -> str:
    """The content type of the case; without one, that of JSON."""
    return next((value for name, value in case["headers"] if name.lower() == "content-type"), "application/json")


@pytest.mark.parametrize("sender", sorted(SHARED))
def test_every_sender_with_a_shared_secret_can_be_played(sender: str) -> None:
    case = SHARED[sender]
    source = Source(
        "acme",
        load_sender(sender),
        (),
        "order-created",
        # Twilio adds the hash of the body itself.
        public_url=re.split("[?&]bodySHA256", case.get("url") or "")[0],
        parameters=parameters_of(case),
    )
    delivery = SignedDelivery(
        source, secrets_of(case)[0], request_of(case).body, content_type_in(case), "evt_1", "ping", case["now"]
    )
    assert refusal(delivery, []) is None
    assert refusal(delivery, ["signature"]) is not None
    # A token covers no body, but may be in it; monday's names the webhook alone, and Mercado Pago signs the query.
    table = TABLES[sender]["signature"]
    schemes = table.get("schemes", [table])
    binds = any(each["scheme"] != "token" or "json" in each for each in schemes)
    binds = binds and sender not in ("mercado-pago", "monday", "atlassian-connect")
    assert binds == (refusal(delivery, ["body"]) is not None)
    if sender in IN_BODY:
        with pytest.raises(ValueError, match="no header of their own"):
            delivery.tampered(["duplicate-header"])
    else:
        # Of several schemes the last one says why, and its header may be another.
        reasons = {"duplicate-header", "missing-header"} if "schemes" in table else {"duplicate-header"}
        assert refusal(delivery, ["duplicate-header"]) in reasons


def private_keys(sender: str) -> tuple[str, str]:
    """A sender's test key, private and public, as each is written."""
    if sender == "discord":
        ed25519_key = ed25519.Ed25519PrivateKey.generate()
        return ed25519_key.private_bytes_raw().hex(), ed25519_key.public_key().public_bytes_raw().hex()
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return pem, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.mark.parametrize("sender", ["discord", "sendgrid", "rfc9421-ecdsa"])
def test_a_sender_with_a_private_key_is_played_with_a_test_key(sender: str) -> None:
    private, public = private_keys(sender)
    url = "https://example.com/hooks/acme"
    source = Source("acme", load_sender(sender), (), "order-created", public_url=url)
    delivery = SignedDelivery(source, private, BODY, "application/json", "evt_1", "ping", NOW)
    judge = source.sender.scheme.bind((public,), Setting(url))
    assert "current" == judge(delivery.signed(), NOW).verified_by
    for tampering in TAMPERINGS:
        with pytest.raises(SignatureError):
            judge(delivery.tampered([tampering]), NOW)
    with pytest.raises(ValueError, match="private"):
        replace(delivery, secret=public[:-2] if sender == "discord" else public).signed()


def test_a_body_whose_members_are_signed() -> None:
    """SNS signs no blank of its JSON, and its signature stands in the body."""
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    source = Source("acme", load_sender("aws-sns"), (), "order-created")
    delivery = SignedDelivery(source, pem, BODY, "application/json", "evt_1", "ping", NOW)
    judge = source.sender.scheme.bind((certificate(key),), Setting())
    assert "current" == judge(delivery.signed(), NOW).verified_by
    for tampering in ("body", "timestamp"):
        with pytest.raises(SignatureError):
            judge(delivery.tampered([tampering]), NOW)
    with pytest.raises(ValueError, match="no signature in a header"):
        delivery.tampered(["signature"])


def certificate(key: rsa.RSAPrivateKey) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2040, 1, 1, tzinfo=UTC))
        .sign(key, SHA256())
    )
    return made.public_bytes(Encoding.PEM).decode()


def test_what_is_not_tampered_with_stays() -> None:
    delivery = sending("stripe")
    good, spoiled = delivery.signed(), delivery.tampered(["body"])
    assert (good.headers, BODY + b" ") == (spoiled.headers, spoiled.body)
    spoiled = delivery.tampered(["signature"])
    assert BODY == spoiled.body
    assert f"t={NOW}," in str(spoiled.header("stripe-signature"))
    assert f"t={NOW + 1}," in str(delivery.tampered(["timestamp"]).header("stripe-signature"))


def test_a_timestamp_that_is_not_there_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="no timestamp to change; leave out --tamper timestamp"):
        sending("github").tampered(["timestamp"])


def test_a_timestamp_is_changed_however_it_is_spelled() -> None:
    delivery = sending("generic")
    request = replace(delivery.signed(), headers=(("at", "2025-12-11T05:48:20.5Z"), ("ms", f"{NOW}000")))
    changed = delivery._with_another_timestamp(request)
    assert (("at", "2025-12-11T05:48:21.5Z"), ("ms", f"{NOW + 1}000")) == changed.headers
    request = replace(request, headers=(), body=f'{{"at": {NOW}}}'.encode())
    assert f'{{"at": {NOW + 1}}}'.encode() == delivery._with_another_timestamp(request).body


def test_id_and_type_go_into_the_headers_that_the_sender_has() -> None:
    request = sending("github").signed()
    assert ("evt_1", "ping") == (request.header("x-github-delivery"), request.header("x-github-event"))
    assert ["evt_1"] == sending("standard-webhooks").signed().values("webhook-id")


def test_the_order_of_the_options_makes_no_difference() -> None:
    delivery = sending("stripe")
    assert delivery.tampered(TAMPERINGS) == delivery.tampered(TAMPERINGS[::-1])


def test_content_type() -> None:
    form, json = "application/x-www-form-urlencoded", "application/json"
    for body, expected in ((b'{"a": "b=c"}', json), (b" [1]", json), (b"a=b&c=d", form), (b"text", json), (b"", json)):
        assert expected == content_type_of(body)
