"""``/console/`` as a client without scripts sees it: what is served, under which headers, and what is not."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.api.parts import Client, deployment
from verihook.app import create_app
from verihook.console.assets import make_assets
from verihook.console.serving import SAFE


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with deployment(tmp_path_factory.mktemp("served")) as made:
        yield Client(create_app(made.services, made.access, local=True, console=True), {})


def loaded(page: str) -> list[str]:
    """What the page loads: nothing in it runs by itself, or is found but by a relative address."""
    assert not re.search(r"<script[^>]*>[^<]|<style|\son\w+=|\sstyle=|=\"(?:https?:)?//", page)
    return re.findall(r'(?:src|href)="((?!data:)[^"]*)"', page)


def test_the_policy_lets_nothing_run_but_these_files(stranger: Client) -> None:
    headers = stranger.get("/console/").headers
    assert (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    ) == headers["content-security-policy"]
    assert ("nosniff", "no-referrer", "same-origin", "no-cache") == (
        headers["x-content-type-options"],
        headers["referrer-policy"],
        headers["cross-origin-opener-policy"],
        headers["cache-control"],
    )


@pytest.mark.parametrize("path", ["/console/", "/console/deliveries", "/console/instances/a-1", "/console/a/b/c/"])
def test_every_page_finds_its_files_relative_to_its_own_address(stranger: Client, path: str) -> None:
    named = loaded(stranger.get(path).text)
    assert len(named) == 2
    up = "../" * (path.count("/") - 2)
    for each in named:
        assert each.startswith(f"{up}assets/")
        answer = stranger.get(f"/console/{each.removeprefix(up)}")
        assert 200 == answer.status_code
        assert "public, max-age=31536000, immutable" == answer.headers["cache-control"]
        assert SAFE.items() <= dict(answer.headers).items()


def test_the_address_without_its_slash_leads_there(stranger: Client) -> None:
    answer = stranger.get("/console")
    assert (307, "console/") == (answer.status_code, answer.headers["location"])


def test_files_are_compressed_once_for_those_who_take_it(stranger: Client) -> None:
    path = "/console/" + loaded(stranger.get("/console/").text)[0]
    small = stranger.get(path, headers={"accept-encoding": "gzip, br"})
    large = stranger.get(path, headers={"accept-encoding": "identity"})
    assert small.content == large.content
    assert ("gzip", None) == (small.headers.get("content-encoding"), large.headers.get("content-encoding"))
    assert "accept-encoding" == small.headers["vary"]
    assert int(small.headers["content-length"]) == len(gzip.compress(large.content, mtime=0))


@pytest.mark.parametrize(
    "path",
    [
        "/console/assets/0000000000000000/app.js",
        "/console/assets/{digest}/index.html",
        "/console/assets/{digest}/serving.py",
        "/console/assets/{digest}/../serving.py",
        "/console/assets/{digest}/vendor/README.md",
        "/console/assets/{digest}/parts/table.js",
        "/console/a/b/c/d/e",
        "/console/a%2Fb",
        "/consoles/",
    ],
)
def test_there_is_nothing_else(stranger: Client, path: str) -> None:
    digest = re.findall(r"assets/(\w+)/", stranger.get("/console/").text)[0]
    answer = stranger.get(path.replace("{digest}", digest))
    assert (404, "path-not-found") == (answer.status_code, answer.json()["code"])


def test_without_the_console_there_is_none_of_it(tmp_path: Path) -> None:
    with deployment(tmp_path) as made:
        assert [404, 404] == [made.client("").get(path).status_code for path in ("/console", "/console/")]


def test_any_change_of_any_file_changes_the_address_of_all(tmp_path: Path) -> None:
    def written(**changes: str) -> str:
        texts = {
            "app.js": 'import { a } from "./parts/a.js";\na();\n',
            "parts/a.js": "export function a() {}\n",
            "pages/p.js": 'import { a } from "../parts/a.js";\nexport const Page = a;\n',
            "styles/tokens.css": "",
            "styles/base.css": "a {}\n",
        }
        for name, text in {**texts, **changes}.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text)
        return make_assets(tmp_path).digest

    first = written()
    assert first == written()
    assert first not in (
        written(**{"styles/base.css": "b {}\n"}),
        written(**{"pages/p.js": "export const Page = 1;\n"}),
    )
    assert first == written(**{"parts/a.js": "// a comment is not served\nexport function a() {}\n"})


def test_what_is_joined_is_the_same_program(tmp_path: Path) -> None:
    texts = {
        "vendor/v.js": "export const v = 1;\n",
        "app.js": 'import { v } from "./vendor/v.js";\nimport { load } from "./pages.js";\nload(v);\n',
        "pages.js": 'import { a } from "./parts/a.js";\nexport const load = () => import("./pages/p.js").then(a);\n',
        "parts/a.js": 'import { b } from "./b.js";\nexport const a = b + 1;\n',
        "parts/b.js": 'import { v } from "../vendor/v.js";\nimport { a } from "./a.js";\nexport const b = v;\n',
        "room/r.js": 'import { a } from "../parts/a.js";\nexport const r = a;\n',
        "pages/p.js": 'import { v } from "../vendor/v.js";\nimport { r } from "../room/r.js";\n'
        'import("./q.js");\nexport const Page = r + v;\n',
        "pages/q.js": "export const Page = 2;\n",
        "styles/tokens.css": "",
        "styles/base.css": "",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    served = {name: asset.plain.decode() for name, asset in make_assets(tmp_path).files.items()}
    assert {"style.css", "app.js", "pages/p.js", "pages/q.js"} == served.keys()
    assert (
        "export const v = 1;\nexport const b = v;\nexport const a = b + 1;\n"
        'export const load = () => import("./pages/p.js").then(a);\nload(v);\n'
    ) == served["app.js"]
    assert (
        'import { a, v } from "../app.js";\nexport const r = a;\nimport("./q.js");\nexport const Page = r + v;\n'
    ) == served["pages/p.js"]


def test_a_module_that_is_missing_is_named(tmp_path: Path) -> None:
    (tmp_path / "styles").mkdir()
    for name in ("styles/tokens.css", "styles/base.css"):
        (tmp_path / name).write_text("")
    (tmp_path / "app.js").write_text('import { a } from "./gone.js";\n')
    with pytest.raises(FileNotFoundError, match=r"app\.js imports gone\.js, which is not there"):
        make_assets(tmp_path)
