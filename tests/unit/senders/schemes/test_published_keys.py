"""Keys that a sender publishes, for signatures beside which the key's id stands: ShipStation."""

from __future__ import annotations

import base64
import json
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from tests.unit.senders.schemes.key_material import pem_pair
from tests.unit.senders.schemes.test_token_keys import Host, rsa_jwk
from verihook.errors import SecretsUnavailable, SignatureError
from verihook.records import replace
from verihook.request import Request
from verihook.senders import load_sender
from verihook.senders.schemes import Proof, Setting
from verihook.senders.schemes.encoding import base64url_text
from verihook.senders.schemes.public_key import PublicKeyScheme
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


FAL = load_sender("fal-ai").scheme
CIRCLE = cast(PublicKeyScheme, load_sender("circle").scheme)
KEYS = [ed25519.Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in range(9)]
API_KEY = "TEST_API_KEY:1:2"
KID = "879dc113-5ca4-4ff7-a6b7-54652083fcf8"


def okp(number: int) -> dict[str, str]:
    x = base64url_text(KEYS[number].public_key().public_bytes_raw())
    return {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": str(number)}


def of_fal(number: int) -> Request:
    private = KEYS[number].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return FAL.sign(private.decode(), Request("POST", "/", "", (), b"{}", ""), message_id="1", now=NOW)


def test_any_key_of_a_set_that_a_delivery_does_not_name() -> None:
    host = Host(rsa_jwk(1), okp(1), okp(2))
    verify = FAL.bind((), Setting(fetch=host))
    for number in (1, 2, 1):
        assert Proof("current") == verify(of_fal(number), NOW)
    assert ["https://rest.fal.ai/.well-known/jwks.json"] == host.asked
    for _ in range(3):
        with pytest.raises(SignatureError) as refusal:
            verify(of_fal(3), NOW)
        assert "signature-mismatch" == refusal.value.reason
    assert 2 == len(host.asked), "forged deliveries have the set fetched again once"


def test_a_key_that_is_new_is_found_and_a_set_is_bounded() -> None:
    host = Host(okp(1))
    verify = FAL.bind((), Setting(fetch=host))
    verify(of_fal(1), NOW)
    host.document = json.dumps({"keys": [okp(number) for number in range(9)]}).encode()
    assert Proof("current") == verify(of_fal(7), NOW)
    with pytest.raises(SignatureError):
        verify(of_fal(8), NOW)
    for document in (b"{}", b'{"keys": []}', json.dumps({"keys": [rsa_jwk(1)]}).encode()):
        with pytest.raises(SecretsUnavailable):
            FAL.bind((), Setting(fetch=Host(document=document)))(of_fal(1), NOW)


class EBay:
    """Its token endpoint, which takes the second application alone, and its keys."""

    def __init__(self, token: object = "v^1.1#i^1#t") -> None:
        self.token = token
        self.asked: list[tuple[str, bytes, str]] = []

    def __call__(self, url: str, content: bytes = b"", authorization: str = "") -> bytes:
        self.asked.append((url, content, authorization))
        if content:
            known = authorization == f"Basic {base64.b64encode(b'app:cert').decode()}"
            return json.dumps({"access_token": self.token} if known else {"error": "invalid_client"}).encode()
        assert f"Bearer {self.token}" == authorization
        lines = pem_pair("ec")[1].splitlines()
        return json.dumps({"key": "".join(lines), "algorithm": "ECDSA", "digest": "SHA1"}).encode()


EBAY = cast(PublicKeyScheme, load_sender("ebay").scheme)


def of_ebay(kid: object = KID) -> Request:
    made = EBAY.sign(pem_pair("ec")[0], Request("POST", "/", "", (), b"{}", ""), message_id="1", now=NOW)
    told = json.loads(base64.b64decode(made.header("x-ebay-signature") or ""))
    header = base64.b64encode(json.dumps({"alg": "ecdsa", "kid": kid, **told, "digest": "SHA1"}).encode()).decode()
    return replace(made, headers=(("x-ebay-signature", header),))


def test_a_key_is_asked_for_with_the_token_of_an_application() -> None:
    host = EBay()
    verify = EBAY.bind(("old:cert", "app:cert"), Setting(fetch=host))
    for _ in range(2):
        assert Proof("current") == verify(of_ebay(), NOW)
    asked = b"grant_type=client_credentials&scope=https%3A%2F%2Fapi.ebay.com%2Foauth%2Fapi_scope"
    token = "https://api.ebay.com/identity/v1/oauth2/token"
    url = f"https://api.ebay.com/commerce/notification/v1/public_key/{KID}"
    assert [(token, asked), (token, asked), (url, b"")] == [each[:2] for each in host.asked]
    with pytest.raises(SignatureError):
        verify(replace(of_ebay(), body=b"[]"), NOW)
    assert (r"api\.ebay\.com",) == EBAY.key_hosts


@pytest.mark.parametrize("kid", ["../oauth2", "", None, "a" * 129])
def test_an_id_in_the_header_that_would_be_another_url_is_not_asked_for(kid: object) -> None:
    host = EBay()
    with pytest.raises(SignatureError) as refusal:
        EBAY.bind(("app:cert",), Setting(fetch=host))(of_ebay(kid), NOW)
    assert ("unknown-kid", []) == (refusal.value.reason, host.asked)


@pytest.mark.parametrize("token", [None, "", "a b", "a\nb", 1])
def test_what_is_no_token_is_not_asked_with(token: object) -> None:
    host = EBay(token)
    with pytest.raises(SecretsUnavailable):
        EBAY.bind(("app:cert",), Setting(fetch=host))(of_ebay(), NOW)
    assert 1 == len(host.asked)


def test_the_key_that_was_fetched_before_is_taken_too_and_what_is_neither_is_said() -> None:
    assert Proof("current") == EBAY.bind((pem_pair("ec")[1],), Setting(fetch=EBay()))(of_ebay(), NOW)
    with pytest.raises(ValueError, match="ID:SECRET"):
        EBAY.bind(("app",), Setting(fetch=EBay()))
    wrong: tuple[tuple[dict[str, Any], str], ...] = (
        ({"token_url": "https://login.test/token"}, "token_url"),
        ({"token_scope": ""}, "token_url"),
        ({"header_member": ""}, "key_id_member"),
        ({"key_id_header": "X"}, "key_id_member"),
        ({"key_member": ""}, "key_url"),
    )
    for changed, key in wrong:
        with pytest.raises(ValueError, match=f"^{key}: "):
            replace(EBAY, **changed)


class Api:
    """An API that answers for each key's id, to those who have its key."""

    def __init__(self, answer: object, takes: str = API_KEY) -> None:
        self.answer, self.takes = answer, takes
        self.asked: list[tuple[str, bytes, str]] = []

    def __call__(self, url: str, content: bytes = b"", authorization: str = "") -> bytes:
        self.asked.append((url, content, authorization))
        if authorization != f"Bearer {self.takes}":
            raise SecretsUnavailable("401")
        return self.answer if isinstance(self.answer, bytes) else json.dumps(self.answer).encode()


def of_circle(kid: str = KID, body: bytes = b"{}") -> Request:
    return CIRCLE.sign(
        pem_pair("ec")[0], Request("POST", "/", "", (("x-circle-key-id", kid),), body, ""), message_id="1", now=NOW
    )


def in_der() -> str:
    return "".join(pem_pair("ec")[1].splitlines()[1:-1])


def test_a_key_is_asked_for_by_its_id_with_the_key_of_the_api() -> None:
    api = Api({"data": {"id": KID, "algorithm": "ECDSA_SHA_256", "publicKey": in_der()}})
    verify = CIRCLE.bind(("TEST_API_KEY:new", API_KEY), Setting(fetch=api))
    for _ in range(2):
        assert Proof("current") == verify(of_circle(), NOW)
    url = f"https://api.circle.com/v2/notifications/publicKey/{KID}"
    assert [(url, b"", "Bearer TEST_API_KEY:new"), (url, b"", f"Bearer {API_KEY}")] == api.asked
    with pytest.raises(SignatureError):
        verify(replace(of_circle(), body=b"[]"), NOW)
    assert (r"api\.circle\.com",) == CIRCLE.key_hosts
    assert not CIRCLE.keyless


@pytest.mark.parametrize("kid", ["", "..", "../x", "a/b", "a?b", "a%2fb", "a" * 129, "a\n", "{kid}"])
def test_an_id_that_would_be_another_url_is_not_asked_for(kid: str) -> None:
    api = Api({})
    with pytest.raises(SignatureError) as refusal:
        CIRCLE.bind((API_KEY,), Setting(fetch=api))(of_circle(kid), NOW)
    assert ("unknown-kid", []) == (refusal.value.reason, api.asked)


@pytest.mark.parametrize(
    "answer", [{}, {"data": {}}, {"data": {"publicKey": 1}}, {"data": {"publicKey": "AAAA"}}, b"[]"]
)
def test_what_is_no_key_is_the_fault_of_the_api(answer: object) -> None:
    with pytest.raises(SecretsUnavailable):
        CIRCLE.bind((API_KEY,), Setting(fetch=Api(answer)))(of_circle(), NOW)


def test_an_unknown_id_and_a_key_of_the_api_that_is_refused() -> None:
    with pytest.raises(SignatureError) as refusal:
        CIRCLE.bind((API_KEY,), Setting(fetch=Api(b"")))(of_circle(), NOW)
    assert "unknown-kid" == refusal.value.reason
    with pytest.raises(SecretsUnavailable, match="401"):
        CIRCLE.bind(("other",), Setting(fetch=Api({})))(of_circle(), NOW)
    with pytest.raises(ValueError, match="without a network"):
        CIRCLE.bind((API_KEY,))


def test_a_pinned_key_asks_nobody() -> None:
    api = Api({})
    assert Proof("current") == CIRCLE.bind((in_der(),), Setting(fetch=api))(of_circle(), NOW)
    assert [] == api.asked


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"key_id_header": "X-Id"}, "key_id_header: goes with"),
        ({"jwks_url": "https://x.test/", "key_url": "https://x.test/{kid}"}, "key_id_header: goes with"),
        ({"key_url": "http://x.test/{kid}"}, "key_url: must be https"),
        ({"key_url": "https://x.test/"}, r"key_url: must have \{kid\} in it"),
        ({"key_member": "a"}, r"key_url: must have \{kid\} in it"),
        ({"jwks_url": "https://x.test/", "key": "hex"}, "jwks_url: must be https, and goes with spki"),
    ],
)
def test_mistakes(table: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=f"^{words}"):
        PublicKeyScheme("X-Sig", "ed25519", "{body}", **table)  # type: ignore[arg-type]
