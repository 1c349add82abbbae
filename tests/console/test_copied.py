"""What is copied from the console, as curl, as a command and in Python, does the same when somebody runs it."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.console.conftest import Open
from tests.console.deployment import Deployed
from tests.console.pages import filled
from tests.console.test_by_keyboard import made_key
from tests.console.watched import Watched
from verihook.cli import main

SINCE = "2026-01-01T00:00:00.000Z"

#: Page -> a pattern of what each way has to answer with; names are those of :mod:`tests.console.pages`.
COPIED = {
    f"deliveries?source=orders&outcome=accepted&type=order.*&from={SINCE}": "order.created",
    "deliveries/{rejected}": "signature-mismatch",
    "deliveries/{accepted}": "[0-9a-f]{40}|instanceId",
    f"instances?workflow=order-created&status=completed&source=orders&since={SINCE}": "<completed>",
    "instances?tag=of-copies&label=customer%3D42": "<labelled>",
    "instances/{completed}": "<completed>",
    "waiting?workflow=order-approval": "<labelled>",
    "composer?source=stripe&kind=tampered": "signature-mismatch",
    "workflows": "order-approval",
    "workflows/order-log": "orderId|queued|running",
    "workflows/order-created/start": "[0-9a-f]{32}",
    "sources": "stripe",
    "sources/stripe": "stripe",
    "live?source=stripe&outcome=rejected": "signature-mismatch",
    f"failures?workflow=broken&since={SINCE}": "Warehouse.Closed",
    "keys": "of-copies",
    "jobs": "<job>",
    "jobs/{job}": "<job>",
    f"jobs/new?action=redrive&workflow=broken&since={SINCE}": "1",
}
WAYS = ("curl", "verihook command", "Python")


def copied(page: Watched) -> dict[str, str]:
    """What the menu of the page gives, by the way."""
    menu = page.page.get_by_role("button", name=re.compile("^(Copy|Replay|Start) as"))
    texts = {}
    for way in WAYS:
        menu.click()
        item = page.page.locator(".menu-items").get_by_role("button", name=way, exact=True)
        if item.count():
            item.click()
            texts[way] = str(page.page.evaluate("() => navigator.clipboard.readText()"))
        else:
            page.press("Escape")
    return texts


def run_curl(text: str) -> str:
    done = subprocess.run(["bash", "-ec", text], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def run_command(text: str) -> str:
    told = io.StringIO()
    for line in text.splitlines():
        program, *arguments = shlex.split(line)
        assert program == "verihook"
        with contextlib.redirect_stdout(told):
            assert main(arguments) == 0, text
    return told.getvalue()


def run_python(text: str) -> str:
    told = io.StringIO()
    with contextlib.redirect_stdout(told):
        exec(compile(text, "copied", "exec"), {})  # it is what the console gives to be run
    return told.getvalue()


RUNS: dict[str, Callable[[str], str]] = {"curl": run_curl, "verihook command": run_command, "Python": run_python}


@pytest.fixture
def at_home(served: Deployed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder in which a person has the key, as the texts say."""
    (tmp_path / "auth").write_text(f"Authorization: Bearer {served.key}")
    (tmp_path / ".curlrc").write_text("silent\nshow-error\nfail-with-body\n")
    for name, value in {
        "HOME": str(tmp_path),
        "AUTH": str(tmp_path / "auth"),
        "VERIHOOK_URL": served.url,
        "VERIHOOK_KEY": served.key,
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def labelled(served: Deployed) -> str:
    served.call("POST", "keys", {"name": "of-copies", "scopes": ["instances:read"]})
    start = {"input": {"orderId": "c", "amount": 1}, "tags": ["of-copies"], "metadata": {"customer": "42"}}
    return str(served.call("POST", "workflows/order-approval/instances", start)["instanceId"])


@pytest.mark.usefixtures("at_home")
@pytest.mark.parametrize("path", COPIED)
def test_each_way_says_what_the_page_is_about(visited: Watched, served: Deployed, labelled: str, path: str) -> None:
    visited.visit(filled(path, served))
    texts = copied(visited)
    assert set(WAYS) == texts.keys()
    names = {**served.ids, "labelled": labelled}
    wanted = re.sub(r"<(\w+)>", lambda found: names[found[1]], COPIED[path])
    for way, text in texts.items():
        # The browser has a loop of asyncio in this thread; a person who runs this has none.
        with ThreadPoolExecutor(1) as elsewhere:
            assert re.search(wanted, elsewhere.submit(RUNS[way], text).result()), text


@pytest.mark.usefixtures("at_home")
def test_a_key_that_is_bound_to_workflows_copies_what_it_may_ask(
    opened: Open, served: Deployed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request of it names one workflow, so there is one for each."""
    key = made_key(served, "instances:read", "workflows:read", workflows=("brok*", "late"), name="bound-copies")
    (tmp_path / "auth").write_text(f"Authorization: Bearer {key}")
    monkeypatch.setenv("VERIHOOK_KEY", key)
    page = opened("failures", key=key)
    page.find("link", "Warehouse.Closed").wait_for()
    texts = copied(page)
    assert set(WAYS) == texts.keys()
    for way, text in texts.items():
        assert ("broken" in text, "late" in text) == (True, True), way
        with ThreadPoolExecutor(1) as elsewhere:
            assert "Warehouse.Closed" in elsewhere.submit(RUNS[way], text).result(), way
