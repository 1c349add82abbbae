"""Deliveries that are signed as RFC 9421 says, and what is said of them."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import replace

import pytest

from tests.unit.senders.schemes.key_material import NOW, pem_pair
from verihook.errors import SignatureError
from verihook.request import Request
from verihook.senders.schemes import Proof, Setting
from verihook.senders.schemes.http_signatures import HttpSignatureScheme

ALGORITHMS = {
    "hmac-sha256": "",
    "ed25519": "ed25519",
    "ecdsa-p256-sha256": "ec",
    "rsa-pss-sha512": "rsa",
    "rsa-v1_5-sha256": "rsa",
}


SETTING = Setting(public_url="https://hooks.example.com/in?x=1")


UNSIGNED = Request("POST", "/stage/in", "", (("content-type", "application/json"),), b'{"a": 1}', "")


REQUIRED = '"@method" "@target-uri" "content-digest"'


def keys(algorithm: str, number: int = 1) -> tuple[str, str]:
    kind = ALGORITHMS[algorithm]
    return pem_pair(kind, number) if kind else (f"secret-{number}", f"secret-{number}")


def signed(algorithm: str = "hmac-sha256", number: int = 1, setting: Setting = SETTING) -> Request:
    scheme = HttpSignatureScheme(algorithm)
    return scheme.sign(keys(algorithm, number)[0], UNSIGNED, setting, message_id="n", now=NOW)


def by_hand(covered: str, base: str, parameters: str = f";created={NOW}", **headers: str) -> Request:
    """A delivery whose signature base is ``base``, written out, with the line of parameters."""
    digest = base64.b64encode(hashlib.sha256(UNSIGNED.body).digest()).decode()
    text = f'{base}"@signature-params": ({covered}){parameters}'
    mac = base64.b64encode(hmac.new(b"secret-1", text.encode(), hashlib.sha256).digest()).decode()
    pairs = {
        "content-digest": f"sha-256=:{digest}:",
        "signature-input": f"s=({covered}){parameters}",
        "signature": f"s=:{mac}:",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return replace(UNSIGNED, headers=(*UNSIGNED.headers, *pairs.items()))


def base(digest: str = "sha-256", url: str = "https://hooks.example.com/in?x=1") -> str:
    value = base64.b64encode(hashlib.sha256(UNSIGNED.body).digest()).decode()
    return f'"@method": POST\n"@target-uri": {url}\n"content-digest": {digest}=:{value}:\n'


def verify(delivery: Request, now: int = NOW, setting: Setting = SETTING) -> Proof:
    return HttpSignatureScheme("hmac-sha256").bind(("secret-1",), setting)(delivery, now)


def reason(delivery: Request, now: int = NOW, setting: Setting = SETTING) -> str:
    with pytest.raises(SignatureError) as refusal:
        verify(delivery, now, setting)
    return refusal.value.reason


def with_header(delivery: Request, name: str, value: str) -> Request:
    return replace(delivery, headers=tuple((key, value if key == name else old) for key, old in delivery.headers))
