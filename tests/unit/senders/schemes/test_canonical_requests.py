"""The canonical request of Atlassian Connect; tests/vectors/atlassian-connect.json has what its own library signs."""

from __future__ import annotations

import pytest

from verihook.errors import SignatureError
from verihook.request import Request
from verihook.senders.schemes import Setting
from verihook.senders.schemes.canonical_requests import canonical_query, canonical_requests

APP = "https://app.example.com/jira"


def delivery(query: str = "", method: str = "POST") -> Request:
    return Request(method, "/hooks/any", query, (), b"", "")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ""),
        ("b=2&a=1", "a=1&b=2"),
        # Values of one name in their order, joined; blanks are blanks however they are written.
        ("a=z&a=1&b=x+y&c=x%20y", "a=1,z&b=x%20y&c=x%20y"),
        ("flag&empty=", "empty=&flag="),
        ("jwt=a.b.c&x=1", "x=1"),
        # What RFC 3986 leaves as it is, and what it does not.
        ("a=~-._!'()*%2B,%3A", "a=~-._%21%27%28%29%2A%2B%2C%3A"),
        ("%C3%A9=%e2%98%83", "%C3%A9=%E2%98%83"),
    ],
)
def test_the_query(query: str, expected: str) -> None:
    assert expected == canonical_query(delivery(query))


def test_names_are_in_the_order_of_utf16() -> None:
    # An emoji is two units there, each below the last letters of the basic plane.
    assert "%F0%9F%AB%96=1&%EF%BF%BD=2" == canonical_query(delivery("%EF%BF%BD=2&%F0%9F%AB%96=1"))


@pytest.mark.parametrize(
    ("public_url", "base_url", "path"),
    [
        (f"{APP}/hooks/orders", APP, "/hooks/orders"),
        (f"{APP}/hooks/orders/", f"{APP}/", "/hooks/orders"),
        (f"{APP}/hooks/orders?x=1", "", "/jira/hooks/orders"),
        (f"{APP}/a&b", APP, "/a%26b"),
        ("https://app.example.com", "", "/"),
    ],
)
def test_the_path_is_that_below_the_app(public_url: str, base_url: str, path: str) -> None:
    make = canonical_requests(Setting(public_url, {"base_url": base_url} if base_url else {}))
    assert (f"POST&{path}&a=1",) == make(delivery("a=1"))


@pytest.mark.parametrize("base_url", ["https://other.example.com", f"{APP}/hooks/ord"])
def test_a_base_that_is_not_the_apps_is_refused(base_url: str) -> None:
    with pytest.raises(ValueError, match=r"^parameters\.base_url: must be the beginning of public_url"):
        canonical_requests(Setting(f"{APP}/hooks/orders", {"base_url": base_url}))


@pytest.mark.parametrize(
    ("query", "reason"), [("a=%FF", "url-hash-mismatch"), ("&".join(["a=1"] * 1001), "too-many-form-fields")]
)
def test_a_query_that_nobody_signs_is_refused(query: str, reason: str) -> None:
    with pytest.raises(SignatureError) as caught:
        canonical_query(delivery(query))
    assert reason == caught.value.reason


def test_a_surrogate_of_a_caller_is_no_fault_of_ours() -> None:
    assert "a=%ED%A0%80" == canonical_query(delivery("a=\ud800"))
