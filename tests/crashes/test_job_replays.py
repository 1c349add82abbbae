"""A job that replays deliveries is stopped at every call: one new attempt of each, or one linked instance, ever."""

from __future__ import annotations

import json

import pytest

from tests.crashes.faults import When, every_position
from tests.crashes.test_jobs import NONE, assert_counted
from tests.crashes.world import World
from verihook import instances
from verihook.instances import job_rounds, jobs, redelivery
from verihook.instances.job_rounds import JobRounds
from verihook.model.instance import Progress
from verihook.model.job import Job
from verihook.model.listing import Search


@pytest.fixture(autouse=True)
def _one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_rounds, "AT_ONCE", 1)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("as_new", [False, True], ids=["again", "as new"])
def test_each_delivery_is_replayed_once(whole: World, as_new: bool, when: When) -> None:
    begun: dict[int, tuple[Job, list[str]]] = {}

    def once(trial: int) -> None:
        whole.faults.plan(0, when)
        # Later than what the trial before has made.
        whole.clock.at += 10
        ids = []
        for each in range(2):
            answer = whole.deliver("stepfunctions", f"evt_{as_new}_{when}_{trial}_{each}")
            row = whole.row(json.loads(answer.body)["instanceId"])
            assert row is not None
            whole.hand.end(row.id, "failed", None)
            instances.record_progress(row.id, 1, Progress("failed"), whole.clock.at, whole.services, row.workflow)
            ids.append(row.id)
        whole.clock.at += 1
        wanted = Search(source="stepfunctions", since=whole.clock.at - 1, until=whole.clock.at)
        begun[trial] = jobs.begin("replay", wanted, 100, NONE, "", whole.services, as_new=as_new), ids
        whole.clock.at += 1
        whole.faults.plan(trial, when)
        runner = JobRounds()
        for _ in range(3):
            runner.run(whole.services)
            whole.clock.at += 1_000

    def check(trial: int, call: str) -> None:
        job, ids = begun[trial]
        assert_counted(whole, job, 2, call)
        rows = [row for id in ids if (row := whole.row(id)) is not None]
        assert ([1, 1] if as_new else [2, 2]) == [row.attempt for row in rows], call
        links = [redelivery.links(id, whole.services) for id in ids]
        assert ([1, 1] if as_new else [0, 0]) == [len(each) for each in links], call
        made = whole.rows()
        for row, linked in zip(rows, links, strict=True):
            same = [each for each in made if each.event_id == row.event_id]
            assert {row.id, *linked} == {each.id for each in same}, call
            for new in map(whole.row, linked):
                assert new is not None
                assert (row.id, row.input) == (new.delivery and new.delivery.replay_of, new.input), call
        every = {*ids, *(id for each in links for id in each)}
        starts = [name for name in whole.hand.starts if name.partition(".")[0] in every]
        assert len(set(starts)) == len(starts), call

    calls = every_position(whole.faults, once, check, when)
    assert 2 == calls.count("ledger.claim" if as_new else "ledger.amend")
