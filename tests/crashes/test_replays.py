"""A captured delivery under other ids, while processes stop at every call and 64 come at once, on both ledgers."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from tests.contracts.instances import at_once
from tests.crashes.faults import Kind, When, every_position
from tests.crashes.world import World
from tests.flows.signing import order
from verihook.request import Reply

#: What a fresh delivery calls, by source: before the claim if a replay is refused, after it else.
CALLS = {
    "captured": ["ledger.claim", "documents.add", "engine.start"],
    "guarded": ["documents.add", "ledger.claim", "engine.start"],
}


def send(whole: World, source: str, body: bytes, event: str) -> Reply:
    return whole.send(source, body, ("X-Event", event))


@pytest.mark.parametrize("redelivered", [True, False], ids=["redelivered", "reconcile alone"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("kind", ["crash", "outage"])
@pytest.mark.parametrize("source", CALLS)
def test_a_fresh_one_starts_once_wherever_the_process_stops(
    whole: World, source: str, kind: Kind, when: When, redelivered: bool
) -> None:
    bodies: dict[int, bytes] = {}

    def act(trial: int) -> None:
        bodies[trial] = order(note=str(trial))
        answer = send(whole, source, bodies[trial], f"evt_{trial}")
        # What could not be remembered after a claim keeps no event.
        refused = {"captured": ["ledger.claim"], "guarded": ["ledger.claim", "documents.add"]}[source]
        assert (503 if whole.faults.met in refused else 200) == answer.status

    def check(trial: int, call: str) -> None:
        known = {row.event_id for row in whole.rows()}
        if redelivered:
            # The same id passes, whatever was remembered of its bytes by then.
            assert 200 == send(whole, source, bodies[trial], f"evt_{trial}").status
        whole.settle()
        rows = [row for row in whole.rows() if row.event_id == f"evt_{trial}"]
        assert (redelivered or f"evt_{trial}" in known) == (1 == len(rows)), call
        for row in rows:
            assert "completed" == whole.assert_one(row.id, call).status
            assert 1 == whole.hand.starts.count(row.id)
            if source == "guarded":
                assert 409 == send(whole, source, bodies[trial], f"other_{trial}").status

    assert CALLS[source] == every_position(whole.faults, act, check, when, kind)


@pytest.mark.parametrize(("source", "taken"), [("captured", 64), ("guarded", 1)])
def test_64_ids_of_one_delivery_at_once(whole: World, source: str, taken: int) -> None:
    body = order()
    answers = at_once([lambda id=f"evt_{number}": send(whole, source, body, id) for number in range(64)])  # type: ignore[misc]
    statuses = Counter({200: taken, 409: 64 - taken})
    assert +statuses == Counter(answer.status for answer in answers)
    # All but one are replays, of that one.
    assert 63 == len(whole.quiet.replays)
    (first,) = {trace.replay_of for trace in whole.quiet.replays}
    started = {json.loads(answer.body)["instanceId"] for answer in answers if answer.status == 200}
    assert first in started
    assert taken == len(started) == len(whole.rows()) == len(whole.hand.starts)


def test_what_is_refused_calls_once_and_writes_nothing(whole: World) -> None:
    body = order(note="x" * 2_000)
    assert 200 == send(whole, "guarded", body, "evt_1").status
    whole.faults.plan(0, "before")
    assert 409 == send(whole, "guarded", body, "evt_2").status
    assert ["documents.add"] == whole.faults.calls
    assert 1 == len(whole.rows())
