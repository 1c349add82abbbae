"""JSON Web Keys that are none."""

from __future__ import annotations

import json

import pytest

from tests.unit.senders.schemes.key_material import jwk_pair
from verihook.senders.schemes.json_web_keys import jwk_check, key_check


def test_a_pinned_key_has_its_id() -> None:
    kid, check = key_check(jwk_pair()[1], "ES256")
    assert "key-1" == kid
    assert not check(bytes(64), b"")
    assert key_check(json.dumps({**json.loads(jwk_pair()[1]), "kid": "x"}), "ES256")[0] == "x"


@pytest.mark.parametrize(
    "members",
    [
        {"crv": "P-384"},
        {"kty": "RSA"},
        {"alg": "ES384"},
        {"use": "enc"},
        {"x": "AAAA"},
        {"x": None},
        {"y": "!"},
        {"x": "A" * 43},
    ],
)
def test_a_key_for_something_else_is_refused_in_words(members: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="JSON Web Key for ES256"):
        jwk_check(json.loads(jwk_pair(1, **members)[1]), "ES256")


def test_an_id_is_a_text() -> None:
    with pytest.raises(ValueError, match="the kid"):
        key_check(jwk_pair(1, kid=1)[1], "ES256")
