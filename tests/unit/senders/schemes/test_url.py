"""The URL that a sender signs."""

from __future__ import annotations

import hashlib

import pytest

from verihook.errors import SignatureError
from verihook.records import replace
from verihook.request import Request
from verihook.senders.schemes.signature_base import read_target
from verihook.senders.schemes.url import (
    check_body_hash,
    delivered_url,
    parameters_of,
    port_variants,
    signed_urls,
    without_hubspot_escapes,
)


def request(query: str) -> Request:
    return Request("POST", "/", query, (), b"", "")


@pytest.mark.parametrize(
    ("url", "variants"),
    [
        ("https://a.example/x?y=1", ("https://a.example/x?y=1", "https://a.example:443/x?y=1")),
        ("http://a.example", ("http://a.example", "http://a.example:80")),
        ("HTTP://A.example/", ("HTTP://A.example/", "HTTP://A.example:80/")),
        ("https://a.example:1234/x", ("https://a.example:1234/x", "https://a.example/x")),
        ("https://u:p@a.example/x", ("https://u:p@a.example/x", "https://u:p@a.example:443/x")),
        ("https://u:p@a.example:8443/x", ("https://u:p@a.example:8443/x", "https://u:p@a.example/x")),
        ("https://[::1]/x", ("https://[::1]/x", "https://[::1]:443/x")),
        ("https://[::1]:8443/x", ("https://[::1]:8443/x", "https://[::1]/x")),
        ("https://a.example?x=:1", ("https://a.example?x=:1", "https://a.example:443?x=:1")),
    ],
)
def test_the_port_is_added_or_taken_away(url: str, variants: tuple[str, ...]) -> None:
    assert variants == port_variants(url)


def test_hubspot_decodes_its_escapes_once_and_no_other() -> None:
    assert "https://a.example/x?y=:/?@!$'()*,;&%20=%253A" == without_hubspot_escapes(
        "https://a.example/x?y=%3A%2F%3F%40%21%24%27%28%29%2A%2C%3B&%20=%253A"
    )
    assert ":/" == without_hubspot_escapes("%3a%2f")


def test_the_query_of_the_delivery_takes_the_place_of_the_registered_one() -> None:
    assert "https://a.example/x?b=2" == delivered_url("https://a.example/x?a=1", "b=2")
    assert "https://a.example/x?b=2" == delivered_url("https://a.example/x", "b=2")
    assert "https://a.example/x?a=1" == delivered_url("https://a.example/x?a=1", "")


def test_a_registered_url_stays_as_it_is() -> None:
    kinds = {"registered": ("https://a.example/x?a=1",), "delivered": ("https://a.example/x?b=2",)}
    for kind, expected in kinds.items():
        read = signed_urls("https://a.example/x?a=1", kind, ports=False, unescape=False)
        assert expected == read(request("b=2"))
        assert ("https://a.example/x?a=1",) == read(request(""))


def test_a_query_that_is_no_url_is_only_another_url() -> None:
    for query in ("\ud800", "%zz", " ", "\x00", "a#b"):
        read = signed_urls("https://a.example/x", "delivered", ports=True, unescape=True)
        assert f"https://a.example/x?{query}" == read(request(query))[0]


@pytest.mark.parametrize(
    "query", ["", "h=", "h=0", "x=1", "h={good}&h={good}", "h={good}&h=0", "H={good}", "x=1#h={good}", "h=\ud800"]
)
def test_a_body_without_its_one_hash_in_the_url_is_refused(query: str) -> None:
    url = "https://a.example/x?" + query.replace("{good}", hashlib.sha256(b"{}").hexdigest())
    with pytest.raises(SignatureError) as refusal:
        check_body_hash(b"{}", url, "h")
    assert "body-hash-mismatch" == refusal.value.reason


def test_the_hash_of_the_body_is_taken_in_either_case() -> None:
    digest = hashlib.sha256(b"{}").hexdigest()
    for text in (digest, digest.upper()):
        check_body_hash(b"{}", f"https://a.example/x?y=1&h={text}&z=1", "h")
    with pytest.raises(SignatureError):
        check_body_hash(b"{} ", f"https://a.example/x?h={digest}", "h")


REGISTERED = "https://a.example/x?n=a%20b&t=12:30,c@d~'(e)&flag&a=2&b=1&a=3"
#: Queries with the same parameters, as a REST API, payload 1.0, a load balancer or a proxy may hand them over.
RESPELLED = [
    "n=a+b&t=12%3A30%2Cc%40d~%27%28e%29&flag=&a=2&a=3&b=1",
    "n=a%20b&t=12%3a30%2cc%40d%7e%27%28e%29&flag=&a=2&b=1&a=3",
    "b=1&a=2&a=3&flag&t=12:30,c@d~'(e)&n=a+b",
]


@pytest.mark.parametrize("query", RESPELLED)
def test_the_registered_url_is_tried_if_the_parameters_are_the_same(query: str) -> None:
    read = signed_urls(REGISTERED, "delivered", ports=False, unescape=False)
    assert (f"https://a.example/x?{query}", REGISTERED) == read(request(query))
    with_hash = f"{query}&h=0F"
    read = signed_urls(REGISTERED, "delivered", ports=False, unescape=False, added="h")
    assert (f"https://a.example/x?{with_hash}", f"{REGISTERED}&h=0F") == read(request(with_hash))
    target = replace(read_target(REGISTERED), query=query, registered=REGISTERED.partition("?")[2])
    assert [f"https://a.example/x?{query}", REGISTERED] == [each.uri for each in target.spellings]


@pytest.mark.parametrize(
    "query",
    [
        "n=a+b&t=12:30,c@d~'(e)&flag&a=3&b=1&a=2",
        "n=a+b&t=12:30,c@d~'(e)&flag&a=2&b=1",
        "n=a+b&t=12:30,c@d~'(e)&flag&a=2&b=1&a=3&more=1",
        "&".join(["x=1"] * 1001),
        "n=%FF",
    ],
)
def test_another_parameter_is_another_url(query: str) -> None:
    assert 1 == len(signed_urls(REGISTERED, "delivered", ports=False, unescape=False)(request(query)))
    twice = f"{RESPELLED[0]}&h=1&h=2"
    assert 1 == len(signed_urls(REGISTERED, "delivered", ports=False, unescape=False, added="h")(request(twice)))


def test_bytes_that_are_not_utf_8_stay_distinct() -> None:
    assert parameters_of("a=%FF") != parameters_of("a=%FE")
