"""The page at / for a person."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest

from verihook.request import Request
from verihook.webhooks.welcome import is_for_a_browser, welcome

#: What Firefox and Chromium send.
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [(BROWSER, True), ("Text/HTML", True), ("*/*", False), ("application/json", False), (None, False)],
)
def test_a_browser_names_the_type(accept: str | None, expected: bool) -> None:
    headers = (("accept", accept),) if accept else ()
    assert expected is is_for_a_browser(Request("GET", "/", "", headers, b"", ""))


@pytest.mark.parametrize(("base", "here"), [("", ""), ("/prod", "/prod/"), ("/prod/payments", "/prod/payments/")])
def test_it_leads_on_whatever_stands_before_it(base: str, here: str) -> None:
    page = welcome(base, "api").body.decode()
    links = re.findall(r'<a href="([^"]*)"', page)
    assert [f"{here}docs", f"{here}v1/openapi.json", f"{here}health"] == links


@pytest.mark.parametrize(("base", "here"), [("", "console/"), ("/prod", "/prod/console/")])
def test_if_there_is_a_console_it_leads_there(base: str, here: str) -> None:
    reply = welcome(base, "console")
    assert (307, here) == (reply.status, reply.headers["location"])
    assert "no-store" == reply.headers["cache-control"]


def test_where_there_is_no_api_it_says_where_one_is() -> None:
    page = welcome("", "").body.decode()
    assert "<a " not in page
    assert "<code>ApiUrl</code>" in page


def test_nothing_runs_and_its_own_style_alone_holds() -> None:
    reply = welcome("", "api")
    policy, page = reply.headers["content-security-policy"], reply.body.decode()
    (style,) = re.findall("<style>(.*?)</style>", page)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "<script" not in page
    assert ("nosniff", "no-referrer") == (reply.headers["x-content-type-options"], reply.headers["referrer-policy"])
