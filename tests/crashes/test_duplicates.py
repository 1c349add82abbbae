"""The policies for duplicates under 64 deliveries at once, on both ledgers."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from tests.contracts.instances import at_once
from tests.crashes.world import World
from verihook.request import Reply

AT_ONCE = 64


def together(whole: World, source: str, event: str | None = "evt_1") -> list[Reply]:
    return at_once([lambda: whole.deliver(source, event)] * AT_ONCE)


def ids(answers: list[Reply]) -> set[str]:
    return {json.loads(answer.body)["instanceId"] for answer in answers if answer.status == 200}


def test_return_gives_all_the_same_instance(whole: World) -> None:
    answers = together(whole, "stepfunctions")
    assert Counter({200: AT_ONCE}) == Counter(answer.status for answer in answers)
    assert [False] == [said for answer in answers if (said := json.loads(answer.body)["duplicate"]) is False]
    (instance_id,) = ids(answers)
    assert [instance_id] == whole.hand.starts
    assert [instance_id] == [row.id for row in whole.rows()]


def test_reject_takes_one(whole: World) -> None:
    answers = together(whole, "reject")
    assert Counter({200: 1, 409: AT_ONCE - 1}) == Counter(answer.status for answer in answers)
    assert {"duplicate"} == {json.loads(answer.body)["code"] for answer in answers if answer.status == 409}
    (instance_id,) = ids(answers)
    assert [instance_id] == whole.hand.starts


def test_restart_leaves_one_that_runs(whole: World) -> None:
    """Every delivery may stop and start; at no time two run, and at the end one does: that of the row's attempt."""
    answers = together(whole, "restart")
    assert Counter({200: AT_ONCE}) == Counter(answer.status for answer in answers)
    (instance_id,) = ids(answers)
    # A start that was overtaken is repeated by reconcile, which finds the row queued.
    whole.settle(1, ending=False)
    row = whole.row(instance_id)
    assert row is not None
    assert 1 < row.attempt <= AT_ONCE
    assert [f"{instance_id}.{row.attempt}"] == whole.hand.running()
    others = {name for name in whole.hand.starts if name != f"{instance_id}.{row.attempt}"}
    assert {"terminated"} == {whole.hand.executions[name].status for name in others}
    whole.settle()
    assert "completed" == whole.assert_one(instance_id, "restart").status


def test_restart_of_functions_ends_once(whole: World) -> None:
    (instance_id,) = ids(together(whole, "restart-function"))
    whole.settle()
    row = whole.assert_one(instance_id, "restart")
    assert "completed" == row.status
    assert 1 == whole.ran.count(instance_id)


@pytest.mark.parametrize(("source", "status"), [("stepfunctions", 200), ("changed", 409)])
def test_a_redelivery_with_another_body_is_counted(whole: World, source: str, status: int) -> None:
    first = json.loads(whole.deliver(source, "evt_1").body)["instanceId"]
    assert 200 == whole.deliver(source, "evt_1").status
    assert [] == whole.quiet.changes
    answer = whole.deliver(source, "evt_1", note="another")
    assert (status, [source]) == (answer.status, [trace.source for trace in whole.quiet.changes])
    if status == 200:
        content = json.loads(answer.body)
        assert (first, True) == (content["instanceId"], content["duplicate"])
    # A large one is told apart by its digest.
    whole.deliver(source, "evt_1", note="x" * 2_000)
    assert 2 == len(whole.quiet.changes)
    row = whole.row(first)
    assert row is not None
    assert "another" not in row.input
    assert [first] == whole.hand.starts


def test_the_body_is_an_identity_only_where_the_source_says_so(whole: World) -> None:
    same = ids([whole.deliver("by-body", None), whole.deliver("by-body", None)])
    other = ids([whole.deliver("by-body", None, note="another")])
    assert 1 == len(same) == len(other)
    assert same.isdisjoint(other)
    assert 2 == len(ids([whole.deliver("no-id", None), whole.deliver("no-id", None)]))
