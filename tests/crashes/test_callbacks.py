"""The process is stopped at every call by which the end of an instance is called back: that is done, and no more."""

from __future__ import annotations

import json

import pytest

from tests.crashes.faults import When, every_position
from tests.crashes.world import LATER_MS, World
from verihook import instances
from verihook.instances import StartRequest
from verihook.instances.reconcile import call_back
from verihook.model.instance import Progress
from verihook.model.ports import Answer


def ended(whole: World, trial: int) -> str:
    """An instance that has just ended, whose starter waits to be called back."""
    name = f"called-{trial}"
    url = "https://receiver.example/ended"
    instances.submit(StartRequest("machine", {"n": trial}, id=name, callback_url=url), "", whole.services)
    whole.hand.end(name)
    instances.record_progress(name, 1, Progress("completed", '"done"'), whole.clock.at, whole.services, "machine")
    return name


def rounds(whole: World, number: int = 3) -> None:
    for _ in range(number):
        whole.clock.at += LATER_MS
        call_back(whole.services)


def told(whole: World, name: str) -> list[bytes]:
    """The bodies, all under one id: that of this end."""
    posts = [(message, body) for message, body in whole.receiver.posts if message.startswith(f"msg_{name}_1_")]
    assert 1 == len({message for message, _ in posts})
    return [body for _, body in posts]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_callback(whole: World, when: When) -> None:
    made: dict[int, str] = {}

    def once(trial: int) -> None:
        whole.faults.plan(0, when)
        made[trial] = ended(whole, trial)
        whole.faults.plan(trial, when)
        call_back(whole.services)

    def check(trial: int, call: str) -> None:
        rounds(whole)
        bodies = told(whole, made[trial])
        # Sent twice only if no one could know that it was sent; both are the same to the byte.
        again = (when, trial) in (("after", 3), ("before", 4))
        assert 1 + again == len(bodies), call
        assert 1 == len(set(bodies))
        assert made[trial] == json.loads(bodies[0])["data"]["instanceId"]
        assert "completed" == whole.assert_one(made[trial], call).status

    calls = every_position(whole.faults, once, check, when)
    assert ["ledger.due", "ledger.amend", "caller.post", "ledger.amend"] == calls


def test_a_receiver_that_is_away_is_told_later(whole: World) -> None:
    whole.receiver.answers = [Answer(0), Answer(503, 60), Answer(429)]
    name = ended(whole, 1)
    call_back(whole.services)
    row = whole.row(name)
    assert row is not None
    assert ("completed", 1) == (row.status, row.callback_tries)
    assert row.due_at is not None
    rounds(whole, 6)
    assert 4 == len(told(whole, name))
    whole.assert_one(name, "told")


def test_an_end_that_is_recorded_twice_is_told_once(whole: World) -> None:
    name = ended(whole, 1)
    rounds(whole, 1)
    for status in ("completed", "failed"):
        assert not instances.record_progress(name, 1, Progress(status), whole.clock.at, whole.services, "machine")
    rounds(whole)
    whole.settle()
    assert 1 == len(told(whole, name))
