"""docs/workflows: what a reader writes by the page runs, and does what the page says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.flows.deployment import ROOT, VARIABLES, write
from tests.flows.faces import Server, serving
from tests.flows.pages import bash, script

PAGES = ("stepfunctions", "durable", "function")
HOOKS = "handler/hooks.toml"

_FILE = re.compile(r"`((?:handler|infra)/[^`]+)`:\n\n```[a-z]+\n(.*?)^```", re.MULTILINE | re.DOTALL)


def files(page: str) -> dict[str, str]:
    """The files that the page has a reader write, and what it adds to hooks.toml."""
    return dict(_FILE.findall((ROOT / "docs" / "workflows" / f"{page}.md").read_text()))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server over the shipped deployment and what the three pages add to it."""
    folder = tmp_path_factory.mktemp("pages")
    write(folder)
    for page in PAGES:
        written = files(page)
        assert [HOOKS] == sorted(written)[:1]
        assert len(written) == 2
        for name, text in written.items():
            with (folder / name).open("a" if name == HOOKS else "x") as file:
                file.write(f"\n{text}")
    (folder / "examples").symlink_to(ROOT / "examples")
    with serving(folder / ".verihook", VARIABLES, "--hooks", str(folder / HOOKS)) as server:
        yield server


@pytest.mark.parametrize("page", PAGES)
def test_it_runs_and_ends_as_the_page_says(server: Server, page: str) -> None:
    commands = script(f"workflows/{page}.md")
    done = bash(f"set -e\n{commands}", server.data.parent)
    assert done.returncode == 0, done.stdout + done.stderr
    after = (ROOT / "docs" / "workflows" / f"{page}.md").read_text().partition(commands)[2]
    (expected, *_) = re.findall(r"^```json\n(.*?)^```", after, re.MULTILINE | re.DOTALL)
    assert last(done.stdout) == json.loads(expected)


def last(printed: str) -> Any:
    """The output that was printed last: alone, or as a member of the instance."""
    found: Any = None
    for start in re.finditer(r"^\{", printed, re.MULTILINE):
        found, _ = json.JSONDecoder().raw_decode(printed, start.start())
    return found.get("output", found)
