"""A delivery that is signed in one of several ways."""

from __future__ import annotations

import pytest

from verihook.errors import SignatureError
from verihook.request import Request
from verihook.senders import load_sender, read_scheme

NOW = 1_765_432_100
PLAIN = {"scheme": "hmac", "header": "X-Old"}
TIMED = {"scheme": "hmac", "header": "X-New", "timestamp_header": "X-At", "message": "{timestamp}.{body}"}
EITHER = read_scheme({"scheme": "either", "schemes": [TIMED, PLAIN]})


def signed(table: dict[str, str], body: bytes = b"{}", secret: str = "s") -> Request:
    return read_scheme(table).sign(secret, Request("POST", "/", "", (), body, ""), message_id="m", now=NOW)


def test_each_way_verifies_and_the_refusal_tells_of_the_signature_that_came() -> None:
    verify = EITHER.bind(("s",))
    for table in (TIMED, PLAIN):
        assert "current" == verify(signed(table), NOW).verified_by
        with pytest.raises(SignatureError, match="not be verified"):
            verify(signed(table, secret="other"), NOW)
    bare = Request("POST", "/", "", (), b"{}", "")
    for request, reason in ((signed(TIMED, secret="other"), "signature-mismatch"), (bare, "missing-header")):
        with pytest.raises(SignatureError) as refused:
            verify(request, NOW)
        assert reason == refused.value.reason
    with pytest.raises(SignatureError):
        verify(signed(TIMED), NOW + 301)


def test_it_promises_what_all_of_them_promise() -> None:
    assert (False, True, False) == (EITHER.timed, EITHER.binds_body, EITHER.keyless)
    assert EITHER.covers("", ("id",))
    assert not EITHER.covers("x-at", ())
    assert load_sender("coinbase-cdp").scheme.timed
    assert "x-hook0-signature" == load_sender("coinbase-cdp").signature_header


def test_it_signs_by_the_first() -> None:
    made = EITHER.sign("s", Request("POST", "/", "", (), b"{}", ""), message_id="m", now=NOW)
    assert signed(TIMED) == made


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({}, "schemes: must be a list of tables"),
        ({"schemes": [PLAIN]}, "schemes: write two tables or more"),
        ({"schemes": [PLAIN, 1]}, "schemes: each is a table with another scheme"),
        ({"schemes": [PLAIN, {"scheme": "either"}]}, "schemes: each is a table with another scheme"),
        ({"schemes": [PLAIN, PLAIN], "header": "X"}, "schemes: must be a list of tables, and the only key"),
        ({"schemes": [PLAIN, {"scheme": "hmac"}]}, "header: give one place"),
        ({"schemes": [PLAIN, {**PLAIN, "message": "{named_headers}{body}"}]}, "message: a signed {named_headers} and"),
        ({"schemes": [PLAIN, {**PLAIN, "names_label": "h"}]}, "names_label: needs a separator"),
    ],
)
def test_mistakes(table: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("{", r"\{")):
        read_scheme({"scheme": "either", **table})
