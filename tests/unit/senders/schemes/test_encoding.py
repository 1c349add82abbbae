"""Strict decoding."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verihook.errors import SignatureError
from verihook.senders.schemes.encoding import DECODERS, KEYS, encode_signature

BYTES = bytes(range(200, 232))
BASE64 = base64.b64encode(BYTES).decode()


@pytest.mark.parametrize(
    ("encoding", "text", "reason"),
    [
        ("hex", "", "not-hex"),
        ("hex", "0", "not-hex"),
        ("hex", "0g" * 32, "not-hex"),
        ("hex", BYTES.hex() + "\n", "not-hex"),
        ("hex", " ".join(f"{byte:02x}" for byte in BYTES), "not-hex"),
        ("hex", BYTES.hex()[:-2] + " \t", "not-hex"),
        ("hex", "\ud800" * 64, "not-hex"),
        ("hex", "\u0660" * 64, "not-hex"),
        ("hex", BYTES.hex()[:-2], "wrong-signature-length"),
        ("hex", BYTES.hex() + "00", "wrong-signature-length"),
        ("base64", "", "non-canonical-base64"),
        ("base64", BASE64.rstrip("="), "not-base64"),
        ("base64", BASE64 + "zz", "not-base64"),
        ("base64", BASE64 + "\n", "not-base64"),
        ("base64", BASE64[:4] + "$$" + BASE64[4:], "not-base64"),
        ("base64", "é" + BASE64, "not-base64"),
        ("base64", "\ud800", "not-base64"),
        ("base64", "====", "not-base64"),
        ("base64", BASE64 + BASE64, "not-base64"),
        ("base64", "A" * 40 + "AB==", "non-canonical-base64"),
        ("base64", BASE64.replace("/", "_").replace("+", "-"), "not-base64"),
        ("base64", BASE64[:-2] + chr(ord(BASE64[-2]) + 1) + "=", "non-canonical-base64"),
        ("base64", BASE64[:-4], "wrong-signature-length"),
        ("base64", BYTES.hex(), "wrong-signature-length"),
    ],
)
def test_another_spelling_is_refused(encoding: str, text: str, reason: str) -> None:
    assert BYTES == DECODERS[encoding](encode_signature(BYTES, encoding), 32)
    with pytest.raises(SignatureError) as refusal:
        DECODERS[encoding](text, 32)
    assert reason == refusal.value.reason


@pytest.mark.parametrize("encoding", DECODERS)
@given(st.text(max_size=70))
def test_any_text_is_decoded_or_refused(encoding: str, text: str) -> None:
    try:
        value = DECODERS[encoding](text, 20)
    except SignatureError:
        return
    assert encode_signature(value, encoding) == (text.lower() if encoding == "hex" else text)


@pytest.mark.parametrize(
    ("kind", "secret", "key"),
    [
        ("utf8", "whsec_YWI=", b"whsec_YWI="),
        ("hex", "0aFF", b"\x0a\xff"),
        ("base64", "whsec_YWI=", b"ab"),
        ("base64", "YWI", b"ab"),
        ("base64-if-prefixed", "whsec_YWI=", b"ab"),
        ("base64-if-prefixed", "YWI=", b"YWI="),
    ],
)
def test_a_secret_becomes_a_key(kind: str, secret: str, key: bytes) -> None:
    assert key == KEYS[kind](secret, "whsec_")


@pytest.mark.parametrize(
    ("kind", "secret"), [("hex", "0"), ("hex", "0g"), ("base64", "a b"), ("base64", "é"), ("utf8", "\ud800")]
)
def test_a_secret_in_another_encoding_is_refused_in_words(kind: str, secret: str) -> None:
    with pytest.raises(ValueError, match=r"^the secret is not") as refusal:
        KEYS[kind](secret, "whsec_")
    assert secret not in str(refusal.value)


@pytest.mark.parametrize("kind", ["base64", "base64-if-prefixed"])
def test_the_version_that_supabase_writes_before_the_prefix_is_no_part_of_the_key(kind: str) -> None:
    assert BYTES == KEYS[kind](f"v1,whsec_{BASE64}", "whsec_") == KEYS[kind](f"whsec_{BASE64}", "whsec_")
    assert b"v1,other" == KEYS["base64-if-prefixed"]("v1,other", "whsec_")


def test_polars_secret_is_explained_and_not_shown() -> None:
    with pytest.raises(ValueError, match=r"the secret is not base64 .*; Polar's is the key itself") as refusal:
        KEYS["base64"]("polar_whs_hunter2", "whsec_")
    assert "hunter2" not in str(refusal.value)
    mended = base64.b64encode(b"polar_whs_hunter2").decode()
    assert b"polar_whs_hunter2" == KEYS["base64"](mended, "whsec_")
