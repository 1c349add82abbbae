"""JSON Web Signatures whose payload is the delivery: TrueLayer, which names headers, and Saleor, unencoded."""

from __future__ import annotations

import json
from typing import cast

import pytest

from tests.unit.senders.schemes.key_material import pem_pair
from tests.unit.senders.schemes.test_token_keys import Host, rsa_jwk
from verihook.errors import SignatureError
from verihook.records import replace
from verihook.request import Request
from verihook.senders import load_sender
from verihook.senders.schemes import Proof, Setting
from verihook.senders.schemes.detached_jws import DetachedJwsScheme
from verihook.senders.schemes.jws import read_detached

NOW = 1_700_000_000
SALEOR = cast(DetachedJwsScheme, load_sender("saleor").scheme)
TRUELAYER = cast(DetachedJwsScheme, load_sender("truelayer").scheme)
SHOP = {"domain": "tea.saleor.cloud"}
PATHS = DetachedJwsScheme("X-Jws", "RS256", "{method} {path}\n{header_lines}{body}", names_member="names")
URL = Setting("https://hooks.example.com/in/orders?a=1")


def signed(scheme: DetachedJwsScheme, setting: Setting, number: int = 1, body: bytes = b"{}") -> Request:
    bare = Request("POST", "/", "", (), body, "")
    return scheme.sign(pem_pair("rsa", number)[0], bare, setting, message_id="1", now=NOW)


def reason(verify: object, delivery: Request) -> str:
    with pytest.raises(SignatureError) as refusal:
        verify(delivery, NOW)  # type: ignore[operator]
    return refusal.value.reason


def test_the_path_is_that_of_the_public_url_with_or_without_a_slash() -> None:
    secrets = (pem_pair("rsa")[1],)
    made = signed(PATHS, URL)
    for url in ("https://other.example.com/in/orders", "https://hooks.example.com/in/orders/"):
        assert Proof("current") == PATHS.bind(secrets, Setting(url))(replace(made, path="/elsewhere"), NOW)
    assert "signature-mismatch" == reason(PATHS.bind(secrets, Setting("https://hooks.example.com/in")), made)
    with pytest.raises(ValueError, match=r"^public_url: write the URL"):
        PATHS.bind(secrets)


def test_each_of_several_keys_verifies_and_what_was_signed_is_told() -> None:
    verify = PATHS.bind((pem_pair("rsa", 2)[1], pem_pair("rsa")[1]), replace(URL, digests=True))
    proof = verify(signed(PATHS, URL), NOW)
    assert ("previous", 64) == (proof.verified_by, len(proof.signed))
    assert proof.signed != verify(signed(PATHS, URL, body=b"[]"), NOW).signed
    assert "no-secret" == reason(PATHS.bind((), URL), signed(PATHS, URL))


def test_published_keys() -> None:
    host = Host(rsa_jwk(1))
    verify = SALEOR.bind((), Setting(parameters=SHOP, fetch=host))
    # Ours are named as the published ones are.
    made = signed(SALEOR, Setting(parameters=SHOP))
    assert "unknown-kid" == reason(verify, made)
    assert (r"[a-z0-9-]+(\.[a-z0-9-]+)?\.saleor\.cloud",) == SALEOR.key_hosts
    assert (r"webhooks\.truelayer\.com",) == TRUELAYER.key_hosts
    with pytest.raises(ValueError, match=r"^parameters\.domain: must be the sender's host"):
        SALEOR.bind((), Setting(parameters={"domain": "saleor.cloud.evil.example"}, fetch=host))
    with pytest.raises(ValueError, match="without a network"):
        SALEOR.bind((), Setting(parameters=SHOP))


def test_names_that_are_no_headers_of_the_delivery() -> None:
    from verihook.senders.schemes.encoding import base64url_text

    secrets = (pem_pair("rsa")[1],)
    for names, expected in (
        ("x-a", "missing-header"),
        ("x-a," * 40, "malformed-list-of-headers"),
        ("\u00e9", "malformed-list-of-headers"),
        (1, "no-list-of-headers"),
    ):
        head = base64url_text(json.dumps({"alg": "RS256", "names": names}).encode())
        made = Request("POST", "/", "", (("x-jws", f"{head}..AAAA"),), b"{}", "")
        assert expected == reason(PATHS.bind(secrets, URL), made)


@pytest.mark.parametrize("text", ["", "..", "a.b.c", "a..b.c", ".a..b", "a...b", "AA" * 5000 + "..AA", "W10..AA"])
def test_malformed(text: str) -> None:
    with pytest.raises(SignatureError):
        read_detached(text, "RS256", unencoded=False)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"header": ""}, "header: must name the header"),
        ({"algorithm": "HS256"}, "algorithm: must be one of RS256"),
        ({"message": "{timestamp}{body}"}, r"message: \{timestamp\} is not for the scheme detached-jws"),
        ({"message": "{secret}{body}"}, r"message: \{secret\} is not for the scheme detached-jws"),
        ({"message": "{path}"}, r"message: \{body\} must be in it"),
        ({"message": "{header_lines}{body}"}, r"names_member: \{header_lines\} and names_member go together"),
        ({"jwks_url": "http://keys.example.com/"}, "jwks_url: must be https"),
        ({"jwks_url": "https://{parameter:domain}/"}, "jwks_host: goes with a jwks_url"),
    ],
)
def test_mistakes(table: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=f"^{words}"):
        DetachedJwsScheme(**{"header": "X", "algorithm": "RS256", **table})  # type: ignore[arg-type]


def test_what_is_covered() -> None:
    assert TRUELAYER.covers("", ("event_id",))
    assert not TRUELAYER.covers("x-any", ())
    assert (True, False, True) == (TRUELAYER.binds_body, TRUELAYER.timed, TRUELAYER.keyless)
    assert not PATHS.keyless
    assert () == PATHS.key_hosts
