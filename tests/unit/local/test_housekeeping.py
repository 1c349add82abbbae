"""Payloads whose instances are no more, on one machine."""

from __future__ import annotations

import os
from pathlib import Path

from tests.contracts.instances import NOW
from tests.unit.parts import Parts, parts, request
from verihook import instances
from verihook.local.housekeeping import YOUNG_MS, sweep

__all__ = ["parts"]

DAY = 86_400_000


def start(parts: Parts, instance_id: str, workflow: str) -> None:
    instances.submit(request(workflow, id=instance_id, content={"n": 1, "note": "x" * 300_000}), "", parts.services)
    parts.engine.end(instance_id)
    instances.record_progress(instance_id, 1, parts.engine.executions[instance_id], NOW, parts.services, workflow)


def age(folder: Path, milliseconds: int) -> None:
    """Every payload was kept at this time."""
    for each in folder.iterdir():
        os.utime(each, (milliseconds / 1000,) * 2)


def test_what_the_ledger_has_no_more_goes(parts: Parts, tmp_path: Path) -> None:
    folder = tmp_path / "payloads"
    start(parts, "kept", "w")
    start(parts, "expired", "short")
    age(folder, NOW)
    parts.clock.at = NOW + DAY - 1000
    assert 0 == sweep(folder, parts.services)
    parts.clock.at = NOW + DAY + 1000
    assert 1 == sweep(folder, parts.services)
    assert ["kept"] == [each.name for each in folder.iterdir() if each.name != ".unfinished"]


def test_what_may_still_be_claimed_stays(parts: Parts, tmp_path: Path) -> None:
    folder = tmp_path / "payloads"
    parts.services.payloads.put("not_yet/" + "0" * 64, "{}")
    for at, swept in ((NOW - YOUNG_MS + 1000, 0), (NOW - YOUNG_MS - 1000, 1)):
        age(folder, at)
        assert swept == sweep(folder, parts.services)


def test_nothing_was_ever_kept(parts: Parts, tmp_path: Path) -> None:
    assert 0 == sweep(tmp_path / "none", parts.services)
