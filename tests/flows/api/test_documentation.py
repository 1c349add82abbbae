"""``/docs``: all of it comes from here, is what its hash says, and nothing else runs on it."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from pathlib import Path

import pytest

from tests.flows.api.parts import Client, Deployment
from tests.flows.deployment import ROOT

FOLDER = ROOT / "handler" / "verihook" / "api" / "assets"

#: File of the page -> its integrity; "" for our own.
Loaded = dict[str, str]


@pytest.fixture
def stranger(deployed: Deployment) -> Client:
    return deployed.client("")


@pytest.fixture
def loaded(stranger: Client) -> Loaded:
    """What the page loads. Nothing in it is found but by a relative address, or runs from within it."""
    page = stranger.get("/docs").text
    tags = re.findall(r"<(?:script|link|img|iframe|object|base)\b[^>]*>", page)
    named = {re.search(r'(?:src|href)="([^"]*)"', tag)[1]: tag for tag in tags}  # type: ignore[index]
    assert "data:," == next(iter(named))
    del named["data:,"]
    assert not re.search(r"<script[^>]*>[^<]|<style|\son\w+=|\sstyle=|://", page)
    return {url: (re.findall(r'integrity="sha384-([^"]+)"', tag) or [""])[0] for url, tag in named.items()}


def digest(content: bytes) -> str:
    return base64.b64encode(hashlib.sha384(content).digest()).decode()


def test_every_file_that_the_page_names_is_served_from_beside_it(stranger: Client, loaded: Loaded) -> None:
    assert {"docs/docs.js", "docs/swagger-ui-bundle.js", "docs/swagger-ui.css"} == loaded.keys()
    for url, integrity in loaded.items():
        answer = stranger.get(f"/{url}")
        assert 200 == answer.status_code
        assert ("text/css" if url.endswith("css") else "text/javascript") in answer.headers["content-type"]
        assert "nosniff" == answer.headers["x-content-type-options"]
        if url != "docs/docs.js":
            assert integrity == digest(answer.content)


def test_the_addresses_in_our_script_are_relative(stranger: Client) -> None:
    script = re.sub(r"^ *//.*$", "", stranger.get("/docs/docs.js").text, flags=re.MULTILINE)
    assert 'new URL("v1/openapi.json", document.baseURI)' in script
    assert "validatorUrl: null" in script
    assert "//" not in script
    # Of the description, too: what it says of operations is relative to where it is.
    assert [".."] == [server["url"] for server in stranger.get("/v1/openapi.json").json()["servers"]]


def test_nothing_else_may_run_or_be_asked(stranger: Client) -> None:
    headers = stranger.get("/docs").headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert {
        **dict.fromkeys(("default-src", "base-uri", "form-action", "frame-ancestors"), "'none'"),
        **dict.fromkeys(("script-src", "style-src", "connect-src"), "'self'"),
        "img-src": "'self' data:",
    } == policy
    assert ("nosniff", "no-referrer") == (headers["x-content-type-options"], headers["referrer-policy"])


def test_what_is_not_ours_is_noted_with_its_hash(loaded: Loaded) -> None:
    table = re.findall(r"\| `([\w.-]+)` \| `([\w.-]+)` \| `([\w+/=]+)` \|", (FOLDER / "README.md").read_text())
    for name, stored, noted in table:
        assert noted == digest(gzip.decompress((FOLDER / stored).read_bytes())) == loaded[f"docs/{name}"]
    ours = {"docs.html", "docs.js", "README.md"}
    licences = {path.name for path in FOLDER.glob("*.txt")}
    assert {path.name for path in FOLDER.iterdir()} == ours | licences | {stored for _, stored, _ in table}
    assert "Apache License" in (FOLDER / "swagger-ui.LICENSE.txt").read_text()


def test_a_file_is_compressed_for_those_who_say_that_they_take_it(stranger: Client) -> None:
    path = "/docs/swagger-ui-bundle.js"
    small = stranger.get(path, headers={"accept-encoding": "gzip, br"})
    large = stranger.get(path, headers={"accept-encoding": "identity"})
    assert small.content == large.content
    assert ("gzip", None) == (small.headers.get("content-encoding"), large.headers.get("content-encoding"))
    # A load balancer takes 1 MB of a function, base64 included.
    assert int(small.headers["content-length"]) * 4 / 3 < 1_000_000 < int(large.headers["content-length"])


def test_a_file_is_decompressed_once(stranger: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """No other request is answered while it is."""
    path, headers = "/docs/swagger-ui-bundle.js", {"accept-encoding": "identity"}
    first = stranger.get(path, headers=headers)
    monkeypatch.setattr(gzip, "decompress", lambda _: b"again")
    assert first.content == stranger.get(path, headers=headers).content


def test_a_browser_that_has_a_file_does_not_get_it_again(stranger: Client) -> None:
    path = "/docs/swagger-ui.css"
    tag = stranger.get(path).headers["etag"]
    again = stranger.get(path, headers={"if-none-match": tag})
    assert (304, b"") == (again.status_code, again.content)


@pytest.mark.parametrize("path", ["/redoc", "/docs/", "/docs/docs.html", "/docs/..%2fpages.py", "/docs/README.md"])
def test_there_is_nothing_else(stranger: Client, path: str) -> None:
    assert 404 == stranger.get(path).status_code


def test_every_file_that_git_has_of_the_package_is_one_that_it_is_installed_with() -> None:
    """Python files are found by themselves; every other one matches a pattern of pyproject.toml."""
    import tomllib

    package = ROOT / "handler" / "verihook"
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["verihook"]
    installed = {path for pattern in patterns for path in package.glob(pattern)}
    others: set[Path] = {path for path in package.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")}
    assert set() == others - installed
