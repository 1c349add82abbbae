"""Hosts in one spelling, and the public URL as a route names it."""

from __future__ import annotations

import pytest

from verihook.model.front import Arrival, clean_host


@pytest.mark.parametrize(
    "text",
    ["hooks.example.com", "HOOKS.Example.Com", "hooks.example.com.", "hooks.example.com:443", "hooks.example.com.:443"],
)
def test_a_host_has_one_spelling(text: str) -> None:
    assert "hooks.example.com" == clean_host(text)


@pytest.mark.parametrize(
    "text",
    [
        *(None, 7, ["hooks.example.com"], "", ".", "..", ":443", " ", "hooks.example.com "),
        *(
            "hooks..example.com",
            ".hooks.example.com",
            "hooks.example.com..",
            "-hooks.example.com",
            "hooks-.example.com",
        ),
        *("hooks.example.com:8443", "hooks.example.com:443:443", "[::1]", "::1", "user@hooks.example.com"),
        *("hooks.example.com/x", "hooks.example.com,evil.example", "hooks.example.com\n", "h\u00f6oks.example.com"),
        *("hooks.example.\u217dom", "a" * 64 + "." + "b." * 130, "a," * 100_000),
    ],
)
def test_what_is_no_host_is_none(text: object) -> None:
    assert "" == clean_host(text)


def test_the_public_url_has_what_was_removed_from_the_path() -> None:
    arrival = Arrival("hooks.example.com")
    assert "hooks.example.com/github" == arrival.public_url("", "/github")
    assert "hooks.example.com/payments/github" == arrival.public_url("/payments", "/github")
    assert "hooks.example.com/payments" == arrival.public_url("/payments", "/")
    assert "hooks.example.com/" == arrival.public_url("", "/")
    assert "hooks.example.com//github" == arrival.public_url("", "//github")
    assert "" == Arrival(address="192.0.2.1").public_url("", "/github")
