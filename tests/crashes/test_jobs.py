"""The process is stopped at every call of a job: what matched has the action once each, and is counted once each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from tests.crashes.faults import Stopped, When, every_position
from tests.crashes.world import World
from verihook import instances
from verihook.instances import StartRequest, job_rounds, jobs
from verihook.instances.job_rounds import JobRounds
from verihook.model.instance import Instance, Progress, Status, execution_name
from verihook.model.job import Action, Count, Job
from verihook.model.listing import Search

NONE = Count(0, 0, complete=True)


@pytest.fixture(autouse=True)
def _one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The calls of a trial come in the same order as those of the one before."""
    monkeypatch.setattr(job_rounds, "AT_ONCE", 1)


def made(whole: World, trial: int, workflow: str, status: Status, number: int = 2) -> list[str]:
    """Instances in this status, which their engine knows."""
    ids = [f"{workflow}-{trial}-{each}" for each in range(number)]
    for id in ids:
        instances.submit(StartRequest(workflow, {"n": 1}, id=id), "", whole.services)
        if id in whole.hand.executions:
            whole.hand.end(id, status, None)
        instances.record_progress(id, 1, Progress(status), whole.clock.at, whole.services, workflow)
    whole.clock.at += 1
    return ids


def begun(whole: World, action: Action, workflow: str, status: Status, trial: int = 0) -> Job:
    """A job on what was made since the trial before."""
    wanted = Search(workflow=workflow, status=status, since=whole.clock.at - 1, until=whole.clock.at)
    job = jobs.begin(action, wanted, 100, NONE, "", whole.services)
    whole.clock.at += 1
    return job


def driven(whole: World, job: Job) -> Job:
    """The job after as many rounds as it takes, each by a process of its own."""
    for _ in range(50):
        whole.clock.at += 10_000
        JobRounds(alone=True).run(whole.services)
        if (found := jobs.get_job(job.id, whole.services)).ended:
            return found
    raise AssertionError(f"no end: {found}")


def rows(whole: World, ids: Sequence[str]) -> list[Instance]:
    found = [whole.row(id) for id in ids]
    return [row for row in found if row is not None]


def assert_counted(whole: World, job: Job, number: int, note: str) -> None:
    ended = driven(whole, job)
    assert ("completed", number, 0, 0) == (ended.status, ended.done, ended.skipped, ended.failed), note
    assert [] == whole.plain.documents.all(jobs.OPEN, 9, whole.clock.at), note


@dataclass
class Trials:
    """A job for each trial, whose process is stopped at the call of that number. ``begun``: the job and its ids."""

    whole: World
    action: Action
    workflow: str
    status: Status
    when: When
    begun: dict[int, tuple[Job, list[str]]] = field(default_factory=dict)

    def once(self, trial: int) -> None:
        """Begin it, and drive it for three rounds."""
        self.whole.faults.plan(0, self.when)
        ids = made(self.whole, trial, self.workflow, self.status)
        self.begun[trial] = begun(self.whole, self.action, self.workflow, self.status), ids
        self.whole.faults.plan(trial, self.when)
        runner = JobRounds()
        for _ in range(3):
            runner.run(self.whole.services)
            self.whole.clock.at += 1_000


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("workflow", "action"), [("function", "redrive"), ("machine", "restart")])
def test_one_new_attempt_each(whole: World, workflow: str, action: Action, when: When) -> None:
    whole.hand.continues = False
    trials = Trials(whole, action, workflow, "failed", when)

    def check(trial: int, call: str) -> None:
        job, ids = trials.begun[trial]
        assert_counted(whole, job, 2, call)
        assert [2, 2] == [row.attempt for row in rows(whole, ids)], call
        starts = [name for name in whole.hand.starts if name.partition(".")[0] in ids]
        assert len(set(starts)) == len(starts), call

    calls = every_position(whole.faults, trials.once, check, when)
    assert 2 == calls.count("ledger.amend")


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_redrive_within_the_engine_is_made_once(whole: World, when: When) -> None:
    trials = Trials(whole, "redrive", "machine", "failed", when)

    def check(trial: int, call: str) -> None:
        job, ids = trials.begun[trial]
        # What was redriven before the crash has failed again by then: that is no reason to redrive it again.
        for id in ids:
            if any(id == name for name, _ in whole.hand.redriven):
                whole.hand.end(id, "failed", None)
                instances.record_progress(id, 1, Progress("failed"), whole.clock.at, whole.services, "machine")
        assert_counted(whole, job, 2, call)
        assert ids == sorted(name for name, _ in whole.hand.redriven if name in ids), call
        assert [1, 1] == [row.attempt for row in rows(whole, ids)], call

    every_position(whole.faults, trials.once, check, when)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("action", "status", "then"),
    [
        ("terminate", "running", {"terminated"}),
        ("suspend", "running", {"suspended"}),
        ("resume", "suspended", {"running"}),
        ("delete", "failed", {"failed"}),
    ],
)
def test_what_is_done_twice_is_done_once(
    whole: World, action: Action, status: Status, then: set[str], when: When
) -> None:
    trials = Trials(whole, action, "machine", status, when)

    def check(trial: int, call: str) -> None:
        job, ids = trials.begun[trial]
        assert_counted(whole, job, 2, call)
        found = rows(whole, ids)
        assert (then, {action == "delete"}) == ({row.status for row in found}, {row.purged for row in found}), call

    every_position(whole.faults, trials.once, check, when)


def test_three_hundred_with_a_kill_at_ever_later_calls(on_sqlite: World) -> None:
    whole = on_sqlite
    ids = made(whole, 0, "function", "failed", 300)
    job = begun(whole, "redrive", "function", "failed")
    kills = 0
    while not jobs.get_job(job.id, whole.plain).ended:
        kills += 1
        whole.clock.at += 10_000
        # The kills go over every kind of call, and reach further each time, or no process would get anywhere.
        whole.faults.plan(kills * 7, "before" if kills % 2 else "after")
        try:
            JobRounds(alone=True).run(whole.services)
        except Stopped:
            whole.faults.plan(0, "before")
    assert kills > 10
    ended = jobs.get_job(job.id, whole.plain)
    assert (300, 0, 0) == (ended.done, ended.skipped, ended.failed)
    assert {2} == {row.attempt for row in rows(whole, ids)}
    assert 300 == len({execution_name(row.id, row.attempt) for row in rows(whole, ids)})
