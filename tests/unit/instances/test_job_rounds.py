"""Rounds of jobs: at which rate, until when, by which runner, and what is reported."""

from __future__ import annotations

import pytest

from tests.contracts.instances import NOW
from tests.unit.instances.test_jobs import NONE, failed
from tests.unit.parts import Parts
from verihook import instances
from verihook.errors import LedgerUnavailable, RecordDamaged
from verihook.instances import jobs
from verihook.instances.job_rounds import LEASE_MS, MAX_TRIES, JobRounds
from verihook.model.instance import Progress
from verihook.model.job import Action, Job
from verihook.model.listing import Search
from verihook.model.ports import Document


def begun(parts: Parts, action: Action = "restart", rate: int = 20, workflow: str = "w") -> Job:
    wanted = jobs.bounded(Search(workflow=workflow), parts.services)
    job = jobs.begin(action, wanted, rate, NONE, "", parts.services)
    parts.clock.at += 1
    return job


def look(parts: Parts, job: Job) -> Job:
    return jobs.get_job(job.id, parts.services)


def rounds(parts: Parts, job: Job, runner: JobRounds, number: int = 20) -> Job:
    for _ in range(number):
        runner.run(parts.services)
        parts.clock.at += 1_000
    return look(parts, job)


def test_nothing_is_to_do(parts: Parts) -> None:
    assert 0 == JobRounds().run(parts.services)


def test_so_many_actions_a_second_and_no_more(parts: Parts) -> None:
    failed(parts, 10)
    job, runner = begun(parts, rate=3), JobRounds()
    runner.run(parts.services)  # writes down what to do
    began = parts.clock.at
    acted = []
    for at in range(0, 4_000, 250):
        parts.clock.at = began + at
        acted.append(runner.run(parts.services))
    assert [3, 0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0] == acted
    assert ("completed", 10) == ((ended := look(parts, job)).status, ended.done)


def test_what_begins_later_is_none_of_it(parts: Parts) -> None:
    failed(parts, 2)
    job = begun(parts)
    instances.submit(instances.StartRequest("w", {"n": 1}, id="later"), "", parts.services)
    assert 2 == rounds(parts, job, JobRounds()).done
    assert [1, 2, 2] == [parts.row(id).attempt for id in ("later", "w0", "w1")]


def test_a_job_that_is_stopped_acts_on_nothing_more(parts: Parts) -> None:
    failed(parts, 10)
    job, runner = begun(parts, rate=3), JobRounds()
    rounds(parts, job, runner, 2)
    assert "stopping" == jobs.stop_job(job.id, parts.services).status
    # Even before its next action is due.
    parts.clock.at -= 500
    assert look(parts, job).next_at > parts.clock.at
    runner.run(parts.services)
    assert ("stopped", 3, ()) == ((ended := look(parts, job)).status, ended.done, ended.doing)
    rounds(parts, job, runner, 3)
    assert 3 == look(parts, job).done == sum(parts.row(f"w{each}").attempt - 1 for each in range(10))


@pytest.mark.parametrize("text", ["{", "[]", '{"id": 1}'])
def test_a_job_that_cannot_be_read_stops_no_other(parts: Parts, text: str) -> None:
    failed(parts, 2)
    broken, job = begun(parts), begun(parts)
    parts.services.documents.write(jobs.PARTITION, Document(broken.id, text, 2), parts.clock.at)
    runner = JobRounds()
    for _ in range(20):
        with pytest.raises(RecordDamaged, match="A job cannot be read, it is damaged"):
            runner.run(parts.services)
        parts.clock.at += 1_000
    assert ("completed", 2) == ((ended := look(parts, job)).status, ended.done)


def test_a_stop_that_comes_while_it_acts_keeps_the_counts(parts: Parts) -> None:
    failed(parts, 3)
    job, runner = begun(parts), JobRounds()
    runner.run(parts.services)
    start = parts.engine.start

    def stopped(*given: object) -> object:
        jobs.stop_job(job.id, parts.services)
        return start(*given)  # type: ignore[arg-type]

    parts.engine.start = stopped  # type: ignore[method-assign, assignment]
    parts.clock.at += 1
    runner.run(parts.services)
    assert ("stopped", 3) == ((ended := look(parts, job)).status, ended.done)


def test_another_runner_waits_for_the_lease_unless_it_is_alone(parts: Parts) -> None:
    failed(parts, 30)
    job, first = begun(parts, rate=1), JobRounds()
    first.run(parts.services)
    parts.clock.at += 1
    assert 1 == first.run(parts.services)
    parts.clock.at += LEASE_MS - 1
    assert 0 == JobRounds().run(parts.services)
    parts.clock.at += 1
    second = JobRounds()
    assert 1 == second.run(parts.services)
    assert 0 == first.run(parts.services)
    parts.clock.at += 2_000
    assert 1 == JobRounds(alone=True).run(parts.services)
    assert 3 == look(parts, job).done


def test_what_cannot_be_reached_is_tried_again_and_then_reported(parts: Parts) -> None:
    failed(parts, 2)
    job, runner = begun(parts, "redrive"), JobRounds()
    parts.engine.failing = {"redrive"}
    runner.run(parts.services)
    pauses, last = [], parts.clock.at
    while not (found := look(parts, job)).ended:
        before = found.tries
        parts.clock.at += 250
        runner.run(parts.services)
        if look(parts, job).tries != before:
            pauses.append(round((parts.clock.at - last) / 1000))
            last = parts.clock.at
    assert [0, 1, 2, 4, 8] == pauses
    assert MAX_TRIES == len(pauses)
    assert (0, 0, 2) == (found.done, found.skipped, found.failed)
    assert {("w0", "engine-unavailable"), ("w1", "engine-unavailable")} == {
        (one.id, one.code) for one in found.failures
    }


def test_what_comes_back_in_time_is_no_failure(parts: Parts) -> None:
    failed(parts, 2)
    job, runner = begun(parts, "redrive"), JobRounds()
    parts.engine.failing = {"redrive"}
    rounds(parts, job, runner, 3)
    parts.engine.failing = set()
    ended = rounds(parts, job, runner)
    assert ("completed", 2, 0, 0) == (ended.status, ended.done, ended.failed, ended.tries)


def test_a_failure_is_reported_with_its_code_and_the_others_are_done(parts: Parts) -> None:
    for id in ("put-off", "running"):
        delay = NOW + 9_000_000 if id == "put-off" else None
        instances.submit(instances.StartRequest("w", {"n": 1}, id=id, start_at=delay), "", parts.services)
    parts.clock.at += 1
    parts.engine.pauses = False
    ended = rounds(parts, begun(parts, "suspend"), JobRounds())
    assert (1, [("running", "not-supported")]) == (ended.done, [(one.id, one.code) for one in ended.failures])


def test_no_more_failures_are_kept_than_so_many(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verihook.instances.job_rounds.MAX_FAILURES", 3)
    failed(parts, 5)
    parts.services.workflows["w"] = parts.services.workflows["draft"]  # type: ignore[index]
    ended = rounds(parts, begun(parts), JobRounds())
    assert (5, 3, {"not-active"}) == (ended.failed, len(ended.failures), {one.code for one in ended.failures})
    # All of them are reported, page by page.
    first = jobs.list_failures(ended.id, 3, "", parts.services)
    rest = jobs.list_failures(ended.id, 3, first[-1].id, parts.services)
    assert [f"w{each}" for each in range(5)] == [each.id for each in (*first, *rest)]
    assert {"not-active"} == {each.code for each in (*first, *rest)}


def test_what_does_not_match_any_more_is_skipped(parts: Parts) -> None:
    failed(parts, 3)
    job, runner = begun(parts, "redrive"), JobRounds()
    runner.run(parts.services)
    parts.clock.at += 1
    instances.purge("w0", parts.services)
    ended = rounds(parts, job, runner)
    assert ("completed", 2, 1) == (ended.status, ended.done, ended.skipped)


def test_what_an_operator_has_terminated_is_redriven_only_by_that_name(parts: Parts) -> None:
    failed(parts, 1)
    instances.submit(instances.StartRequest("w", {"n": 1}, id="ended"), "", parts.services)
    instances.terminate("ended", parts.services)
    parts.clock.at += 1
    assert 1 == rounds(parts, begun(parts, "redrive"), JobRounds()).done
    wanted = jobs.bounded(Search(workflow="w", status="terminated"), parts.services)
    job = jobs.begin("redrive", wanted, 20, NONE, "", parts.services)
    parts.clock.at += 1
    assert 1 == rounds(parts, job, JobRounds()).done


def test_rounds_follow_each_other_until_the_time_is_over(parts: Parts) -> None:
    failed(parts, 10)
    job = begun(parts, rate=3)
    ends_at = parts.clock.at + 32_000

    def pause(milliseconds: int) -> None:
        parts.clock.at += milliseconds

    assert 9 == JobRounds().run(parts.services, lambda: ends_at - parts.clock.at, pause)
    assert "running" == look(parts, job).status
    # The next invocation goes on at once.
    ends_at = parts.clock.at + 900_000
    assert 1 == JobRounds().run(parts.services, lambda: ends_at - parts.clock.at, pause)
    assert "completed" == look(parts, job).status


def test_a_ledger_that_fails_ends_the_round_and_repeats_nothing(parts: Parts) -> None:
    failed(parts, 3)
    job, runner = begun(parts), JobRounds()
    runner.run(parts.services)
    parts.clock.at += 1
    write = parts.services.documents.write

    def failing(partition: str, *given: object) -> bool:
        if partition == jobs.PARTITION:
            raise LedgerUnavailable("The ledger did not answer.")
        return write(partition, *given)  # type: ignore[arg-type]

    parts.services.documents.write = failing  # type: ignore[method-assign, assignment]
    with pytest.raises(LedgerUnavailable):
        runner.run(parts.services)
    del parts.services.documents.write
    for each in range(3):
        parts.engine.end(f"w{each}.2", "failed")
        instances.record_progress(f"w{each}", 2, Progress("failed"), NOW, parts.services, "w")
    ended = rounds(parts, job, runner)
    assert ("completed", 3) == (ended.status, ended.done)
    assert [2, 2, 2] == [parts.row(f"w{each}").attempt for each in range(3)]
