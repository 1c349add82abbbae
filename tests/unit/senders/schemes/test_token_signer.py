"""What is signed as a sender of tokens signs verifies."""

from __future__ import annotations

import pytest

from tests.unit.senders.schemes.key_material import pem_pair
from verihook.errors import SignatureError
from verihook.request import Request
from verihook.senders import load_sender
from verihook.senders.body import parse_as
from verihook.senders.schemes import Proof, Setting

NOW = 1_700_000_000
URL = "https://hooks.example.com/hooks/orders"
PARAMETERS = {"audience": URL, "service_account": "push@example.iam.gserviceaccount.com", "api_key": "key"}
SETTING = Setting(URL, PARAMETERS)
BODY = b'{"id":"1","type":"order.created"}'


@pytest.mark.parametrize("sender", ["monday", "livekit", "qstash", "vonage", "messagebird", "netlify", "fusionauth"])
def test_with_a_shared_secret(sender: str) -> None:
    scheme = load_sender(sender).scheme
    signed = scheme.sign("secret", Request("POST", "/", "", (), BODY, ""), SETTING, message_id="1", now=NOW)
    assert Proof("current") == scheme.bind(("secret",), SETTING)(signed, NOW)
    with pytest.raises(SignatureError):
        scheme.bind(("other",), SETTING)(signed, NOW)


@pytest.mark.parametrize("sender", ["google-pubsub", "wix", "kinde"])
def test_with_a_private_key(sender: str) -> None:
    loaded, setting = load_sender(sender), Setting(URL, {**PARAMETERS, "domain": "example.kinde.com"})
    private, public = pem_pair("rsa")
    signed = loaded.scheme.sign(private, Request("POST", "/", "", (), BODY, ""), setting, message_id="1", now=NOW)
    assert Proof("current") == loaded.scheme.bind((public,), setting)(signed, NOW)
    content = parse_as(loaded.places, signed).content
    assert ("1", "order.created") == (content["id"], content["type"])


def test_what_cannot_be_signed_is_said() -> None:
    request = Request("POST", "/", "", (), b"[]", "")
    with pytest.raises(ValueError, match="must be a JSON object"):
        load_sender("wix").scheme.sign(pem_pair("rsa")[0], request, message_id="1", now=NOW)
    with pytest.raises(ValueError, match="give a private key"):
        load_sender("wix").scheme.sign(pem_pair("rsa")[1], request, message_id="1", now=NOW)
    with pytest.raises(ValueError, match="give a private JSON Web Key"):
        load_sender("plaid").scheme.sign("{}", request, message_id="1", now=NOW)
