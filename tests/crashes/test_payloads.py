"""A large body that comes again: what was not put a second time is there, wherever the process stops."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.crashes.faults import Kind, When, every_position
from tests.crashes.world import World
from verihook.instances import payload
from verihook.model.recent_payloads import RecentPayloads

LARGE = {"note": "x" * 2_000}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("kind", ["crash", "outage"])
def test_a_restart_by_a_large_redelivery(whole: World, kind: Kind, when: When) -> None:
    def act(trial: int) -> None:
        # A process of its own, which takes the event twice.
        whole.services = replace(whole.services, recent_payloads=RecentPayloads())
        for _ in range(2):
            whole.deliver("restart", f"evt_{trial}", **LARGE)

    def check(trial: int, call: str) -> None:
        whole.services = replace(whole.services, recent_payloads=RecentPayloads())
        answer = whole.deliver("restart", f"evt_{trial}", **LARGE)
        assert 200 == answer.status, call
        whole.settle()
        row = whole.assert_one(json.loads(answer.body)["instanceId"], call)
        assert "completed" == row.status, call
        assert "x" * 2_000 == json.loads(payload.load(row.input, whole.plain.payloads))["note"]

    calls = every_position(whole.faults, act, check, when, kind)
    assert ["payloads.put", "ledger.claim", "engine.start", "ledger.claim"] == calls[:4]
    assert 1 == calls.count("payloads.put")


def test_a_large_redelivery_is_one_call(whole: World) -> None:
    for source in ("stepfunctions", "reject", "function"):
        note = "x" * (300_000 if source == "function" else 2_000)
        whole.deliver(source, "evt_1", note=note)
        whole.faults.plan(0, "before")
        whole.deliver(source, "evt_1", note=note)
        assert ["ledger.claim"] == whole.faults.calls
