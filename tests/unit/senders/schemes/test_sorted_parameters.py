"""URL and form as Plivo signs them. Its library's own signatures stand in tests/vectors/plivo.json."""

from __future__ import annotations

import pytest

from verihook.errors import SignatureError
from verihook.request import FORM, Request
from verihook.senders.schemes.sorted_parameters import MAX_FIELDS, sorted_parameters

URL = "https://x.test/in"


def signed(body: bytes, query: str = "", url: str = URL, kind: str = FORM) -> bytes:
    return sorted_parameters(url, Request("POST", "/", query, (("content-type", kind),), body, ""))


@pytest.mark.parametrize(
    ("body", "query", "expected"),
    [
        (b"", "", ""),
        (b"", "b=2&a=1&a=0", "?a=0&a=1&b=2"),
        (b"b=2&a=1&a=0", "", "?a0a1b2"),
        (b"c=%2B+x", "a=%20", "?a= .c+ x"),
        (b"c=", "", "?c"),
    ],
)
def test_names_and_values_are_sorted(body: bytes, query: str, expected: str) -> None:
    assert (URL + expected).encode() == signed(body, query)


def test_the_registered_query_counts_if_none_came() -> None:
    assert b"https://x.test/in?a=1&b=2" == signed(b"", "", URL + "?b=2&a=1")
    assert b"https://x.test/in?c=3" == signed(b"", "c=3", URL + "?b=2&a=1")


def test_no_body_is_left_out_whatever_it_is_declared_as() -> None:
    assert b'https://x.test/in?{"a":1}' == signed(b'{"a":1}', kind="application/json")


@pytest.mark.parametrize(
    ("body", "reason"),
    [(b"\xff", "malformed-form"), (b"a=%FF", "malformed-form"), (b"a&" * MAX_FIELDS, "too-many-form-fields")],
)
def test_what_is_no_form_is_refused(body: bytes, reason: str) -> None:
    with pytest.raises(SignatureError) as refusal:
        signed(body)
    assert reason == refusal.value.reason
