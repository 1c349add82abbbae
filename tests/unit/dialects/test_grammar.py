from __future__ import annotations

import pytest

from verihook.dialects.grammar import field_of, headers_of, in_one, invalid_at, place_of
from verihook.errors import (
    InputInvalid,
    LedgerUnavailable,
    MethodNotAllowed,
    RateLimited,
    RequestInvalid,
    Unauthenticated,
)


@pytest.mark.parametrize(
    ("path", "message", "where", "missing"),
    [
        ([], "'customerId' is a required property", ["customerId"], "customerId"),
        (["items", 0], '"it\'s" is a required property', ["items", 0, "it's"], "it's"),
        (["amount"], "1 is less than the minimum of 100", ["amount"], None),
    ],
)
def test_a_missing_member_is_the_place(path: list[object], message: str, where: list[object], missing: str) -> None:
    assert place_of({"path": path, "message": message}) == (where, missing)


def test_the_headers_that_go_with_an_error() -> None:
    assert headers_of(RateLimited("too many", limit=1, retry_after=7)) == {"retry-after": "7"}
    assert "retry-after" in headers_of(LedgerUnavailable("down"))
    assert headers_of(MethodNotAllowed("no", allow="GET")) == {"allow": "GET"}
    assert "www-authenticate" in headers_of(Unauthenticated("who?"))


def test_all_that_is_wrong_is_one_sentence_and_the_whole_input_has_no_place() -> None:
    violations: list[dict[str, object]] = [
        {"pointer": "", "message": "'id' is missing"},
        {"pointer": "/n", "message": "1 is odd"},
    ]
    assert in_one(InputInvalid("Not valid.", violations=violations)) == "Not valid: 'id' is missing; /n: 1 is odd"
    assert in_one(InputInvalid("Not valid.", violations=[])) == "Not valid."


def test_the_field_is_what_stands_before_the_colon() -> None:
    assert field_of(RequestInvalid("connection: there is none.")) == "connection"
    assert invalid_at(["a", 0], "odd").violations == [{"path": ["a", 0], "pointer": "/a/0", "message": "odd"}]
