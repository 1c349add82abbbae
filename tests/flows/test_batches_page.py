"""The page of batches: its sources are read, its commands are run, and 250 events are started in time."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.flows.commands import verihook
from tests.flows.conftest import LocalFace
from tests.flows.deployment import ROOT, SECRET
from tests.flows.faces import serving
from tests.flows.signing import x_signature
from tests.flows.waiting import FINAL, wait_until, within
from verihook.config import load_hooks

PAGE = (ROOT / "docs" / "batches.md").read_text("utf-8")
BLOCKS = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
WORKFLOW = '[workflows.order-log]\nengine = "function"\ndefinition = "order-log"\n'
VARIABLES = {"PAYMENTS_SECRET": SECRET, "GOCARDLESS_SECRET": "mandates"}

#: The most that the start of all events of one delivery may take, in seconds.
ALL_STARTED_S = 10


def write_hooks(folder: Path, *blocks: str) -> Path:
    workflows = folder / "workflows"
    workflows.mkdir(parents=True)
    workflows.joinpath("order_log.py").write_text("def run(event, context):\n    return event\n")
    path = folder / "hooks.toml"
    path.write_text("\n".join([*blocks, WORKFLOW]))
    return path


@pytest.fixture(scope="module")
def face(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalFace]:
    folder = tmp_path_factory.mktemp("batches")
    hooks = write_hooks(folder / "handler", *BLOCKS[:2])
    with serving(folder / "data", VARIABLES, "--hooks", str(hooks)) as server:
        yield LocalFace(server.url, folder / "data")


def ended(face: LocalFace, events: list[Any]) -> tuple[str, Any]:
    """The id of a delivery of these events, and what became of them."""
    body = json.dumps({"events": events}).encode()
    delivery_id = face.send("POST", "/hooks/payments", x_signature(body), body).json["instanceId"]

    def look() -> Any:
        found = face.ask(f"/v1/deliveries/{delivery_id}").json
        return found["events"] if found["status"] in FINAL else None

    return delivery_id, wait_until(look, what=f"{delivery_id} did not end")


def test_the_sources_of_the_page_are_right(tmp_path: Path) -> None:
    table = '[sources.{}]\nsender = "generic"\nsecrets = ["env:PAYMENTS_SECRET"]\nworkflow = "order-log"\n'
    tables = [table.format(name) + block for name, block in zip(("updates", "pages"), BLOCKS[2:4], strict=True)]
    sources = load_hooks(write_hooks(tmp_path / "handler", *BLOCKS[:2], *tables)).sources
    assert {"payments", "mandates", "updates", "pages"} == sources.keys()
    for source in sources.values():
        assert source.sender.places.each is not None


def test_the_commands_of_the_page(face: LocalFace) -> None:
    delivery_id, _ = ended(face, [{"id": "c1", "type": "order.paid"}, {"type": "order.paid"}, {"id": "x", "type": "y"}])
    commands = dict.fromkeys(re.findall(r"`verihook ([^`]* (?:ID|failed))`", PAGE))
    assert 4 == len(commands)
    said = {}
    for command in commands:
        words = [delivery_id if word == "ID" else word for word in command.split()]
        done = verihook(*words, "--data", str(face.data))
        assert 0 == done.returncode, done.stderr
        said[command] = done.stdout
    shown = said["deliveries show ID"]
    assert "1 started" in shown
    assert "1 ignored" in shown
    assert "1 failed" in shown
    assert "event-malformed" in shown
    assert delivery_id in said["instances list --status failed"]
    assert '"c1"' in said["deliveries body ID"]


def test_250_events_are_started_in_time(face: LocalFace) -> None:
    run = iter(range(10))

    def act() -> None:
        number = next(run)
        _, found = ended(face, [{"id": f"{number}-{each}", "type": "order.paid"} for each in range(250)])
        assert (250, 250) == (found["count"], found["started"])

    within(ALL_STARTED_S, act)
