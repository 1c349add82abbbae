"""The process is stopped where an event meets the wait for it: it is handed over once."""

from __future__ import annotations

import pytest

from tests.crashes.faults import When, every_position
from tests.crashes.test_operations import accepted
from tests.crashes.world import World
from verihook import instances


def waiting(whole: World, trial: int) -> str:
    instance_id = accepted(whole, trial)
    token = f"token of {instance_id}"
    whole.hand.tokens.add(token)
    instances.await_event(instance_id, 1, "approved", token, whole.services)
    return instance_id


def raised(whole: World, trial: int) -> str:
    instance_id = accepted(whole, trial)
    whole.hand.tokens.add(f"token of {instance_id}")
    instances.raise_event(instance_id, "approved", {"by": "kim"}, whole.services, "1")
    return instance_id


@pytest.mark.parametrize("again", [True, False], ids=["asked again", "reconcile alone"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("first", ["wait", "event"])
def test_an_event_meets_its_wait_once(whole: World, first: str, when: When, again: bool) -> None:
    """Whichever comes first, and wherever the second one's process stops."""
    prepare = waiting if first == "wait" else raised
    made: dict[int, str] = {}

    def meet(instance_id: str) -> None:
        if first == "wait":
            instances.raise_event(instance_id, "approved", {"by": "kim"}, whole.services, "1")
        else:
            instances.await_event(instance_id, 1, "approved", f"token of {instance_id}", whole.services)

    def once(trial: int) -> None:
        whole.faults.plan(0, when)
        made[trial] = prepare(whole, trial)
        whole.faults.plan(trial, when)
        meet(made[trial])

    def check(trial: int, call: str) -> None:
        instance_id = made[trial]
        if again:
            meet(instance_id)
        whole.settle(1, ending=False)
        given = [payload for token, payload in whole.hand.answers if token == f"token of {instance_id}"]
        # Before the mailbox is written no caller knows that it was taken; the other side waits on.
        nothing = not again and not given
        assert given == ([] if nothing else ['{"by":"kim"}']), call
        if nothing:
            assert 1 == len(instances.mailbox(instance_id, whole.services)), call
        else:
            # A wait that is reported again after it was answered is forgotten at the next event of its name.
            assert [] == [
                entry for entry in instances.mailbox(instance_id, whole.services) if entry.state == "buffered"
            ]
        whole.settle()
        whole.assert_one(instance_id, call)

    calls = every_position(whole.faults, once, check, when)
    changed = ["documents.read", "documents.write"]
    unlisted = ["documents.remove"] if first == "wait" else []
    expected = ["ledger.get", *changed, *unlisted, *changed, "engine.answer"]
    assert expected == calls[: len(expected)]
