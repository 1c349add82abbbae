"""What a proof says was signed: the message, whichever secret, spelling of the signature or place brought it."""

from __future__ import annotations

import base64
import hashlib
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.senders.schemes.key_material import NOW, certificate_pair
from verihook.adapters.secrets.environment import EnvironmentSecrets
from verihook.errors import SecretsUnavailable
from verihook.model.source import SecretReference, Source
from verihook.request import Request
from verihook.senders import load_sender, sender_ids
from verihook.senders.schemes import CURRENT, Scheme, Setting
from verihook.senders.schemes.hmac import HmacScheme
from verihook.verification import setting_of
from verihook.webhooks.keyring import Keyring

BODY = b'{"a":1}'
SETTING = Setting("https://hooks.example.com/in?a=1", {"webhook_id": "WH-1"}, digests=True)
SOURCES = [Source(sender, load_sender(sender), (), "w") for sender in sender_ids()]
REPLAYABLE = {each.name: each.sender.scheme for each in SOURCES if each.replayable}
OF_BODY = ("bitbucket", "cloudevents", "github", "github-sha1", "jira", "razorpay", "sentry", "shopify", "woocommerce")


def delivery(body: bytes = BODY) -> Request:
    return Request("POST", "/", "", (("content-type", "application/json"),), body, "")


def signed(scheme: Scheme, secret: str = "secret", body: bytes = BODY) -> Request:
    return scheme.sign(secret, delivery(body), SETTING, message_id="m", now=NOW)


@pytest.mark.parametrize("sender", OF_BODY)
def test_where_the_body_is_signed_it_is_the_bodys_digest(sender: str) -> None:
    scheme = REPLAYABLE[sender]
    verify = scheme.bind(("secret", "older"), SETTING)
    for secret in ("secret", "older"):
        assert verify(signed(scheme, secret), NOW).signed == hashlib.sha256(BODY).hexdigest()
    assert verify(signed(scheme, body=b"{}"), NOW).signed == hashlib.sha256(b"{}").hexdigest()


@pytest.mark.parametrize("sender", [name for name, scheme in REPLAYABLE.items() if isinstance(scheme, HmacScheme)])
def test_no_header_that_is_not_signed_changes_it(sender: str) -> None:
    scheme = REPLAYABLE[sender]
    verify, sent = scheme.bind(("secret",), SETTING), signed(scheme)
    other = replace(sent, headers=(*sent.headers, ("x-other", "1")), request_id="another")
    first = verify(sent, NOW).signed
    assert len(first) == 64
    assert first == verify(other, NOW).signed
    assert scheme.bind(("secret",), replace(SETTING, digests=False))(sent, NOW) is CURRENT


def test_the_spelling_of_a_signature_and_the_order_of_a_form_change_nothing() -> None:
    scheme = REPLAYABLE["github"]
    verify, sent = scheme.bind(("secret",), SETTING), signed(scheme)
    loud = tuple((name, value.upper().replace("SHA256", "sha256")) for name, value in sent.headers)
    assert verify(sent, NOW).signed == verify(replace(sent, headers=loud), NOW).signed
    twilio = REPLAYABLE["twilio"]
    form = signed(twilio, body=b"a=1&b=2")
    verify = twilio.bind(("secret",), SETTING)
    assert verify(form, NOW).signed == verify(replace(form, body=b"b=2&a=1"), NOW).signed


def test_of_paypal_it_is_the_whole_message_with_the_transmission() -> None:
    scheme = REPLAYABLE["paypal"]
    private, pem = certificate_pair()
    certificate = "https://api.paypal.com/v1/notifications/certs/CERT-1"
    setting = replace(SETTING, parameters={"webhook_id": "WH-1", "certificate_url": certificate})
    verify = scheme.bind((pem,), setting)
    sent = scheme.sign(private, delivery(), setting, message_id="tr-1", now=NOW)
    headers = dict(sent.headers)
    message = f"tr-1|{headers['paypal-transmission-time']}|WH-1|{zlib.crc32(BODY)}"
    assert verify(sent, NOW).signed == hashlib.sha256(message.encode()).hexdigest()
    assert base64.b64decode(headers["paypal-transmission-sig"])


def test_a_token_signs_nothing() -> None:
    scheme = load_sender("telegram").scheme
    sent = scheme.sign("secret", delivery(), SETTING, message_id="m", now=NOW)
    assert scheme.bind(("secret",), SETTING)(sent, NOW).signed == ""


class Generations(EnvironmentSecrets):
    """A store: two secrets of the present generation, one of that before; nothing if the newest cannot be read."""

    def generations(self, reference: str, *, fresh: bool = False) -> tuple[tuple[str, ...], ...]:
        if reference == "env:LOST":
            raise SecretsUnavailable("It does not answer.")
        return (("pending", "secret"), ("older",))


@pytest.mark.parametrize(
    ("references", "secret", "verified_by"),
    [
        (("env:A",), "pending", "current"),
        (("env:A",), "secret", "current"),
        (("env:A",), "older", "previous"),
        (("env:LOST", "env:A"), "pending", "previous"),
    ],
)
def test_a_rotation_tells_what_was_signed(
    references: tuple[str, ...], secret: str, verified_by: str, tmp_path: Path
) -> None:
    source = Source("a", load_sender("github"), tuple(map(SecretReference, references)), "w")
    ring = Keyring(source, Generations({}, tmp_path), setting_of(source), lambda where, error: None)
    proof = ring.verify(signed(source.sender.scheme, secret), NOW)
    assert (verified_by, hashlib.sha256(BODY).hexdigest()) == (proof.verified_by, proof.signed)
