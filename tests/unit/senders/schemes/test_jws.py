"""Tokens in compact form, as a stranger may write them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verihook.errors import SignatureError
from verihook.senders.schemes.encoding import base64url_text
from verihook.senders.schemes.jws import (
    HMACS,
    MAX_PROTECTED,
    MAX_TOKEN,
    hmac_check,
    hmac_maker,
    read_token,
    token_text,
    write_token,
)

MAKE = hmac_maker(b"key", "HS256")
TOKEN = write_token({"alg": "HS256"}, {"a": 1}, MAKE)


def reason(text: str, algorithm: str = "HS256", longest: int = MAX_TOKEN) -> str:
    with pytest.raises(SignatureError) as refusal:
        read_token(text, algorithm, longest).claims()
    return refusal.value.reason


def with_head(head: str) -> str:
    return f"{base64url_text(head.encode())}.{TOKEN.split('.', 1)[1]}"


@pytest.mark.parametrize("algorithm", HMACS)
def test_what_is_signed_verifies(algorithm: str) -> None:
    token = read_token(write_token({"alg": algorithm}, {"a": 1}, hmac_maker(b"key", algorithm)), algorithm)
    assert {"a": 1} == token.claims()
    assert hmac_check(b"key", algorithm)(token.signature, token.signed)
    assert not hmac_check(b"other", algorithm)(token.signature, token.signed)
    assert not hmac_check(b"key", algorithm)(token.signature, token.signed + b" ")
    assert not hmac_check(b"key", algorithm)(token.signature[:-1], token.signed)


@pytest.mark.parametrize(
    "head",
    [
        *(
            '{"alg":"none"}',
            '{"alg":"None"}',
            '{"alg":"nOnE"}',
            '{"alg":""}',
            "{}",
            '{"alg":null}',
            '{"alg":["HS256"]}',
        ),
        *('{"alg":"hs256"}', '{"alg":"HS256 "}', '{"alg":"HS384"}', '{"alg":"RS256"}', '{"alg":"ES256"}'),
        *('{"alg":"HS256","crit":["exp"]}', '{"alg":"HS256","crit":[]}', '{"alg":"HS256","b64":false,"crit":["b64"]}'),
    ],
)
def test_the_token_does_not_choose_its_algorithm(head: str) -> None:
    assert "alg" == reason(with_head(head))


@pytest.mark.parametrize(
    "head", ['{"alg":"HS256","alg":"HS256"}', '{"alg":"none","alg":"HS256"}', "[]", '"HS256"', "", "{", '{"alg":NaN}']
)
def test_a_header_that_can_be_read_in_two_ways_is_refused(head: str) -> None:
    reason(with_head(head) if head else TOKEN.replace(TOKEN.split(".")[0], "", 1))


def test_claims_that_can_be_read_in_two_ways_are_refused() -> None:
    head, _, _ = TOKEN.split(".")
    for claims in ('{"a":1,"a":2}', "[]", "1", "{", '{"a":NaN}'):
        signed = f"{head}.{base64url_text(claims.encode())}"
        assert "malformed-token" == reason(f"{signed}.{base64url_text(MAKE(signed.encode()))}"), claims


@pytest.mark.parametrize(
    "text",
    ["", ".", "..", "...", TOKEN + ".", "." + TOKEN, TOKEN + "=", TOKEN + "A", TOKEN[:-1], " " + TOKEN, TOKEN + "\n"],
)
def test_another_spelling_is_refused(text: str) -> None:
    reason(text)


def test_the_length_is_bounded() -> None:
    assert "malformed-token" == reason(TOKEN, longest=len(TOKEN) - 1)
    assert read_token(TOKEN, "HS256", len(TOKEN)).signature
    head = json.dumps({"alg": "HS256", "x": "y" * MAX_PROTECTED})
    assert "malformed-token" == reason(with_head(head), longest=10**6)


@given(st.text(max_size=60), st.sampled_from([*HMACS, "RS256", "EdDSA"]))
def test_any_text_is_read_or_refused(text: str, algorithm: str) -> None:
    reason(text, algorithm)


@pytest.mark.parametrize(
    ("body", "path", "expected"),
    [
        (b"a.b.c", ".", "a.b.c"),
        (b'{"a":{"b":"a.b.c"}}', "a.b", "a.b.c"),
        (b"\xff", ".", None),
        ("é".encode(), ".", None),
        (b"{}", "a", None),
        (b'{"a":1}', "a", None),
        (b'{"a":"\\u00e9"}', "a", None),
        (b"", "a", None),
        (b"[]", "a", None),
        (b'{"a":"x","a":"y"}', "a", None),
    ],
)
def test_where_the_token_is_in_the_body(body: bytes, path: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(SignatureError):
            token_text(body, path)
    else:
        assert expected == token_text(body, path)
