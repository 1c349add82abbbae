"""Keys that a sender publishes, for signatures beside which the key's id stands: ShipStation."""

from __future__ import annotations

import json

import pytest

from tests.unit.senders.schemes.key_material import pem_pair
from tests.unit.senders.schemes.test_token_keys import Host, rsa_jwk
from verihook.errors import SignatureError
from verihook.records import replace
from verihook.request import Request
from verihook.senders import load_sender
from verihook.senders.schemes import Proof, Setting
from verihook.senders.schemes.published_keys import published_proof

NOW = 1_700_000_000
SHIPSTATION = load_sender("shipstation").scheme


def delivery(kid: str = "key-1", number: int = 1) -> Request:
    bare = Request("POST", "/", "", (("x-shipengine-rsa-sha256-key-id", kid),), b"{}", "")
    return SHIPSTATION.sign(pem_pair("rsa", number)[0], bare, message_id="1", now=NOW)


def test_a_published_key_is_asked_for_once() -> None:
    host = Host(rsa_jwk(2), rsa_jwk(1))
    assert SHIPSTATION.keyless
    verify = SHIPSTATION.bind((), Setting(fetch=host))
    for _ in range(3):
        assert Proof("current") == verify(delivery(), NOW)
    assert ["https://api.shipengine.com/jwks"] == host.asked
    for forged in (delivery("key-2"), delivery(number=2), replace(delivery(), body=b"{} ")):
        with pytest.raises(SignatureError) as refusal:
            verify(forged, NOW)
        assert "signature-mismatch" == refusal.value.reason
    with pytest.raises(SignatureError) as refusal:
        verify(delivery(), NOW + 301)
    assert "timestamp-outside-tolerance" == refusal.value.reason


@pytest.mark.parametrize("kid", ["", "key 1", "a" * 129, "key-3", "key-1\n"])
def test_another_id_is_that_of_no_key(kid: str) -> None:
    verify = SHIPSTATION.bind((), Setting(fetch=Host(rsa_jwk(1))))
    with pytest.raises(SignatureError) as refusal:
        verify(delivery(kid), NOW)
    assert "unknown-kid" == refusal.value.reason


def test_what_cannot_be_fetched_is_said() -> None:
    with pytest.raises(ValueError, match="without a network"):
        SHIPSTATION.bind(())
    with pytest.raises(ValueError, match=r"^algorithm: "):
        published_proof("https://x.test/", "x", "rsa-sha1", lambda *_: b"")


def test_a_key_of_another_algorithm_verifies_nothing() -> None:
    host = Host(rsa_jwk(1, alg="RS512"), json.loads("{}"))
    with pytest.raises(SignatureError):
        SHIPSTATION.bind((), Setting(fetch=host))(delivery(), NOW)
