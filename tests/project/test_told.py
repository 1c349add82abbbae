"""What README, docs and template tell to look for is there: paths of the code, of a data folder, words of the log."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from typing import Any

from tests.flows.deployment import ROOT
from tests.unit.senders.handshake.asking import SECRET, encrypted
from verihook.adapters.telemetry.console import ConsoleTelemetry
from verihook.adapters.telemetry.delivery import own_fields
from verihook.local import data
from verihook.model.ports import Trace

PAGES = [ROOT / "README.md", ROOT / "template.yaml", ROOT / "handler" / "hooks.toml"]
PAGES += sorted(path for folder in ("docs", "examples") for path in (ROOT / folder).rglob("*") if path.suffix == ".md")

#: What a data folder holds, as its module says.
HELD = set(re.findall(r"^``([a-z./]+?)/?``", data.__doc__ or "", re.MULTILINE))


def named(pattern: str) -> Iterator[tuple[str, str]]:
    """Every path of a form that a page names, after the page's own name."""
    for page in PAGES:
        for found in re.findall(pattern, page.read_text("utf-8")):
            yield page.name, found


def test_of_a_data_folder_what_it_holds() -> None:
    paths = list(named(r"\.verihook/([A-Za-z_.-]+)"))
    assert paths
    assert [] == [(page, path) for page, path in paths if path not in HELD]


def test_of_the_code_what_is_there() -> None:
    paths = list(named(r"(?<![\w/.-])((?:handler|tests|benchmarks|infra)/[\w/.-]*[\w/])"))
    assert len(paths) > 100
    # The pages have the reader make workflows, and a sender acme.
    there = [(page, path) for page, path in paths if "/workflows/" not in path and "/acme." not in path]
    assert [] == [(page, path) for page, path in there if not (ROOT / path).exists()]
    ours = list(named(r"`(?:verihook/)?((?:adapters|api|config|instances|local|model|webhooks|worker)/[\w/.]+)`"))
    assert ours
    assert [] == [(page, path) for page, path in ours if not (ROOT / "handler" / "verihook" / path).exists()]


def test_of_the_log_the_words_that_it_has() -> None:
    """Who waits for the end of an old secret searches the log for them, on one machine and in AWS."""
    trace = Trace("r", 0, "orders", "accepted", verified_by="previous", status=200)
    terminal = io.StringIO()
    ConsoleTelemetry(terminal).delivery(trace)
    in_aws = json.dumps(own_fields(trace), separators=(",", ":"))
    for page in ("rotation.md", "operations.md"):
        quoted = re.findall(r"`([^`]*(?:previous-secret|verified_by)[^`]*)`", (ROOT / "docs" / page).read_text("utf-8"))
        assert quoted
        assert [] == [words for words in quoted if words not in terminal.getvalue() + in_aws]


def test_what_decrypts_as_lark_encrypts() -> None:
    found = re.search(r"```python\n(import base64.*?)```", (ROOT / "docs" / "senders.md").read_text("utf-8"), re.DOTALL)
    assert found is not None
    shown: dict[str, Any] = {}
    exec(found[1], shown)
    assert {"event": "é"} == shown["decrypted"](encrypted('{"event": "é"}'.encode(), SECRET, bytes(16)), SECRET)
