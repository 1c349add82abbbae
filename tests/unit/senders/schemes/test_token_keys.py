"""The keys of tokens: pinned, or published as a set. A token never chooses what it is verified with."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.unit.senders.schemes.key_material import jwk_pair, pem_pair, rsa_key
from verihook.errors import SecretsUnavailable, SignatureError
from verihook.request import Request
from verihook.senders.schemes import Proof, Setting, Verify
from verihook.senders.schemes.asymmetric import make_with
from verihook.senders.schemes.encoding import base64url_text
from verihook.senders.schemes.jws import PUBLIC_KEYS, hmac_maker, write_token
from verihook.senders.schemes.jwt import JwtScheme

NOW = 1_700_000_000
URL = "https://keys.example.com/jwks"
RSA = JwtScheme("X-Token", algorithm="RS256", time="none", jwks_url=URL)


def rsa_jwk(number: int, **members: object) -> dict[str, Any]:
    public = rsa_key(number).public_key().public_numbers()
    n = base64url_text(public.n.to_bytes(256))
    return {"kty": "RSA", "kid": f"key-{number}", "alg": "RS256", "use": "sig", "n": n, "e": "AQAB", **members}


def request(protected: dict[str, Any], number: int = 1, algorithm: str = "RS256", make: Any = None) -> Request:
    make = make or make_with(rsa_key(number), PUBLIC_KEYS[algorithm])
    token = write_token({"alg": algorithm, **protected}, {}, make)
    return Request("POST", "/", "", (("x-token", token),), b"{}", "")


def reason(verify: Verify, delivery: Request, now: int = NOW) -> str:
    with pytest.raises(SignatureError) as refusal:
        verify(delivery, now)
    return refusal.value.reason


class Host:
    """A sender's host, which counts what it is asked."""

    def __init__(self, *keys: object, document: bytes | None = None) -> None:
        self.document = json.dumps({"keys": keys}).encode() if document is None else document
        self.asked: list[str] = []

    def __call__(self, url: str, content: bytes = b"", authorization: str = "") -> bytes:
        self.asked.append(url)
        return self.document

    def bound(self, scheme: JwtScheme = RSA) -> Verify:
        return scheme.bind((), Setting(fetch=self))


def test_a_published_key_is_asked_for_once() -> None:
    host = Host(rsa_jwk(2), rsa_jwk(1))
    verify = host.bound()
    for _ in range(3):
        assert Proof("current") == verify(request({"kid": "key-1"}), NOW)
    assert [URL] == host.asked
    assert "signature-mismatch" == reason(verify, request({"kid": "key-2"}))


@pytest.mark.parametrize(
    "jwk",
    [
        rsa_jwk(1, alg="RS384"),
        rsa_jwk(1, use="enc"),
        rsa_jwk(1, kty="EC"),
        rsa_jwk(1, n="AQAB"),
        rsa_jwk(1, n=1),
        rsa_jwk(1, e="AA"),
        rsa_jwk(1, n="A" * 3000),
        rsa_jwk(1, kid=1),
        rsa_jwk(2),
        json.loads(jwk_pair()[1]),
        {"kty": "oct", "kid": "key-1", "k": "c2VjcmV0"},
        "key-1",
        None,
    ],
)
def test_what_is_no_key_for_the_algorithm_is_no_key(jwk: object) -> None:
    assert "unknown-kid" == reason(Host(jwk).bound(), request({"kid": "key-1"}))


@pytest.mark.parametrize("document", [b"", b"no key", b"[]", b"{}", b'{"keys":{}}', b'{"keys":[],"keys":[]}'])
def test_what_is_no_set_is_an_outage(document: bytes) -> None:
    with pytest.raises(SecretsUnavailable):
        Host(document=document).bound()(request({"kid": "key-1"}), NOW)


@pytest.mark.parametrize(
    "kid",
    [*("", "../../dev/null", "/etc/passwd\0", "a" * 129, "a b", "' or 1=1 --", "é", "key-1\n"), None, 1, ["key-1"], {}],
)
def test_what_cannot_be_the_name_of_a_key_is_never_asked_for(kid: object) -> None:
    host = Host(rsa_jwk(1))
    expected = [URL] if kid == "../../dev/null" else []
    assert "unknown-kid" == reason(host.bound(), request({"kid": kid} if kid is not None else {}))
    assert expected == host.asked  # a name is looked up in the set, and is no path of anything


def test_a_key_that_the_token_brings_is_not_looked_at() -> None:
    host = Host(rsa_jwk(1))
    brought = {
        "jwk": rsa_jwk(2),
        "jku": "https://evil.example/jwks",
        "x5u": "https://evil.example/cert",
        "x5c": ["AA=="],
    }
    assert "signature-mismatch" == reason(host.bound(), request({"kid": "key-1", **brought}, 2))
    assert [URL] == host.asked


@pytest.mark.parametrize("spelling", [pem_pair("rsa")[1], pem_pair("rsa")[1].strip(), json.dumps(rsa_jwk(1))])
def test_a_public_key_is_no_shared_secret(spelling: str) -> None:
    # The attack of RFC 8725 section 2.1: the public key, which everyone knows, as the key of a MAC.
    for secret in (pem_pair("rsa")[1], json.dumps(rsa_jwk(1))):
        forged = request({"kid": "key-1"}, algorithm="HS256", make=hmac_maker(spelling.encode(), "HS256"))
        assert "alg" == reason(RSA.bind((secret,)), forged)
        forged = request({"kid": "key-1"}, make=hmac_maker(spelling.encode(), "HS256"))
        assert "signature-mismatch" == reason(RSA.bind((secret,)), forged)


def test_a_shared_secret_is_no_public_key() -> None:
    with pytest.raises(ValueError, match="HS256 takes a shared secret"):
        JwtScheme("X-Token", algorithm="HS256").bind((pem_pair("rsa")[1],))
    with pytest.raises(ValueError, match="the secret is no public key"):
        RSA.bind(("a shared secret",))


@pytest.mark.parametrize("alg", ["none", "RS384", "RS512", "PS256", "HS256"])
def test_another_algorithm_of_the_same_key_is_refused(alg: str) -> None:
    make = make_with(rsa_key(1), PUBLIC_KEYS.get(alg, "rsa-sha256"))
    assert "alg" == reason(RSA.bind((pem_pair("rsa")[1],)), request({}, algorithm=alg, make=make))


@pytest.mark.parametrize("alg", ["none", "RS256"])
def test_a_token_without_a_signature_is_refused(alg: str) -> None:
    unsigned = request({"kid": "key-1"}, algorithm=alg, make=lambda _: b"")
    for verify in (RSA.bind((pem_pair("rsa")[1],)), Host(rsa_jwk(1)).bound()):
        assert ("alg" if alg == "none" else "non-canonical-base64url") == reason(verify, unsigned)


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"])
def test_each_algorithm_of_rsa(algorithm: str) -> None:
    verify = JwtScheme("X-Token", algorithm=algorithm, time="none").bind((pem_pair("rsa", 2)[1], pem_pair("rsa")[1]))
    assert Proof("previous") == verify(request({}, algorithm=algorithm), NOW)
    assert "signature-mismatch" == reason(verify, request({}, 3, algorithm=algorithm))


@pytest.mark.parametrize(("algorithm", "curve"), [("ES384", 384), ("ES512", 521), ("EdDSA", 0)])
def test_each_other_algorithm(algorithm: str, curve: int) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    curves = {384: ec.SECP384R1(), 521: ec.SECP521R1()}
    key: Any = (
        ec.derive_private_key(7, curves[curve]) if curve else ed25519.Ed25519PrivateKey.from_private_bytes(b"k" * 32)
    )
    if curve:
        size, numbers = (curve + 7) // 8, key.public_key().public_numbers()
        jwk = {"kty": "EC", "crv": f"P-{curve}"}
        jwk |= {name: base64url_text(getattr(numbers, name).to_bytes(size)) for name in ("x", "y")}
        private = {**jwk, "d": base64url_text((7).to_bytes(size))}
    else:
        jwk = {"kty": "OKP", "crv": "Ed25519", "x": base64url_text(key.public_key().public_bytes_raw())}
        private = {**jwk, "d": base64url_text(key.private_bytes_raw())}
    pem, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    scheme = JwtScheme("X-Token", algorithm=algorithm, time="none")
    signed = scheme.sign(json.dumps(private), Request("POST", "/", "", (), b"", ""), message_id="1", now=NOW)
    for secret in (json.dumps(jwk), key.public_key().public_bytes(pem, form).decode()):
        assert Proof("current") == scheme.bind((secret,))(signed, NOW)
    with pytest.raises(ValueError, match=f"JSON Web Key for {algorithm}"):
        scheme.bind((jwk_pair()[1],))


def test_the_host_of_a_parameter_is_the_senders() -> None:
    scheme = JwtScheme(
        json=".", algorithm="RS256", jwks_url="https://{parameter:domain}/jwks", jwks_host=r"\w+\.kinde\.com"
    )
    host = Host(rsa_jwk(1))
    assert (r"\w+\.kinde\.com",) == scheme.key_hosts
    for domain in ("evil.example", "a.kinde.com.evil.example", "a.kinde.com@evil.example", "evil.example/a.kinde.com"):
        with pytest.raises(ValueError, match=r"^parameters\.domain: "):
            scheme.bind((), Setting(parameters={"domain": domain}, fetch=host))
    with pytest.raises(ValueError, match=r"^parameters\.domain: "):
        scheme.bind((), Setting(fetch=host))
    scheme.bind((), Setting(parameters={"domain": "a.kinde.com"}, fetch=host))


def test_without_a_network_a_key_is_needed() -> None:
    with pytest.raises(ValueError, match="without a network"):
        RSA.bind(())


def test_a_flood_of_made_up_names_costs_five_calls_a_minute() -> None:
    host = Host(rsa_jwk(1))
    verify = host.bound()
    verify(request({"kid": "key-1"}), NOW)
    for number in range(40):
        with pytest.raises((SignatureError, SecretsUnavailable)):
            verify(request({"kid": f"made-up-{number}"}), NOW)
    assert 5 == len(host.asked)
    assert Proof("current") == verify(request({"kid": "key-1"}), NOW)


def test_base64_of_der_is_a_key_too() -> None:
    der = base64.b64encode(base64.b64decode("".join(pem_pair("rsa")[1].splitlines()[1:-1]))).decode()
    assert Proof("current") == RSA.bind((der,))(request({}), NOW)
