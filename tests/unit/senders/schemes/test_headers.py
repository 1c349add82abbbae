"""Headers under several names, or with a value that must be."""

from __future__ import annotations

import pytest

from verihook.errors import SignatureError
from verihook.request import Request
from verihook.senders.schemes.headers import (
    example_value,
    expand_numbered,
    header_check,
    one_header,
    with_aliases,
)


def request(*headers: tuple[str, str]) -> Request:
    return Request("POST", "/", "", headers, b"", "")


def test_a_prefix_is_replaced() -> None:
    aliases = {"Svix-": "webhook-", "other-": "x-"}
    assert ("svix-id", "webhook-id") == with_aliases("svix-Id", aliases)
    assert ("x-svix-id",) == with_aliases("X-Svix-Id", aliases)
    assert () == with_aliases("", aliases)


def test_the_first_name_that_stands_counts() -> None:
    names = ("a", "b")
    assert "1" == one_header(request(("b", "2"), ("a", "1")), *names)
    assert "2" == one_header(request(("b", "2")), *names)
    for headers, reason in (((), "missing-header"), ((("a", "1"), ("a", "1"), ("b", "2")), "duplicate-header")):
        with pytest.raises(SignatureError) as refusal:
            one_header(request(*headers), *names)
        assert reason == refusal.value.reason


def test_numbered_names() -> None:
    assert ("x-1", "x-2", "x-3", "y") == expand_numbered(["X-{1..3}", "Y"])
    for header in ("X-{1}", "X-{a..b}", "X-{2..1}", "X-{1..1001}", ""):
        with pytest.raises(ValueError, match=r"^headers: "):
            expand_numbered([header])


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ([("x-version", "1")], None),
        ([("x-version", "1"), ("x-by", "key=a_1.b-C,alg=x")], None),
        ([], "missing-header"),
        ([("x-version", "1"), ("x-version", "1")], "duplicate-header"),
        ([("x-version", "")], "unexpected-x-version"),
        ([("x-version", "1 ")], "unexpected-x-version"),
        ([("x-version", "1\n")], "unexpected-x-version"),
        ([("x-version", "1"), ("x-by", "key=,alg=x")], "unexpected-x-by"),
        ([("x-version", "1"), ("x-by", "key=a,alg=x,alg=y")], "unexpected-x-by"),
        ([("x-version", "1"), ("x-by", "key=a,b,alg=x")], "unexpected-x-by"),
        ([("x-version", "1"), ("x-by", "key=a,algx=x")], "unexpected-x-by"),
    ],
)
def test_a_value_that_must_be(headers: list[tuple[str, str]], reason: str | None) -> None:
    check = header_check({"X-Version": "1"}, {"X-By": "key=*,alg=x"})
    assert check is not None
    found = None
    try:
        check(request(*headers))
    except SignatureError as error:
        found = error.reason
    assert reason == found


def test_nothing_to_check_is_no_check() -> None:
    assert header_check({}, {}) is None


def test_an_example_is_taken() -> None:
    check = header_check({"X-By": "key=*,alg=x"}, {})
    assert check is not None
    check(request(("x-by", example_value("key=*,alg=x"))))
