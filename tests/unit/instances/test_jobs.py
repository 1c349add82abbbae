"""Jobs: what is counted, what is refused, what is kept."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contracts.instances import NOW
from tests.unit.parts import Parts, request
from verihook import instances
from verihook.errors import Conflict, JobNotFound, RequestInvalid
from verihook.instances import jobs
from verihook.model.instance import Progress, iso
from verihook.model.job import Count, Job
from verihook.model.listing import Search

NONE = Count(0, 0, complete=True)


def failed(parts: Parts, number: int, workflow: str = "w") -> None:
    for each in range(number):
        id = f"{workflow}{each}"
        instances.submit(request(workflow, id=id), "", parts.services)
        instances.record_progress(id, 1, Progress("failed"), NOW, parts.services, workflow)
    parts.clock.at += 1


def begin(parts: Parts, **fields: object) -> Job:
    wanted = jobs.bounded(Search(workflow="w"), parts.services)
    job = jobs.begin("redrive", wanted, 20, NONE, "", parts.services)
    return jobs.change(job.id, lambda found: replace(found, **fields), parts.services)  # type: ignore[arg-type]


def test_what_an_action_would_touch_is_counted_with_examples(parts: Parts) -> None:
    failed(parts, 12)
    instances.submit(request(id="other"), "", parts.services)
    count = jobs.count("redrive", Search(workflow="w"), parts.services)
    assert (12, 13, True, 10) == (count.matched, count.looked, count.complete, len(count.examples))
    assert NOW == count.looked_to
    assert 1 == jobs.count("terminate", Search(workflow="w"), parts.services).matched


def test_a_count_says_that_it_has_stopped(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    failed(parts, 12)
    monkeypatch.setattr(jobs, "_AT_A_TIME", 5)
    monkeypatch.setattr(jobs, "COUNT_ROWS", 10)
    count = jobs.count("redrive", Search(workflow="w"), parts.services)
    assert (10, 10, False) == (count.matched, count.looked, count.complete)
    monkeypatch.setattr(jobs, "COUNT_MS", 0)
    assert (0, False) == ((late := jobs.count("redrive", Search(workflow="w"), parts.services)).looked, late.complete)


def test_a_job_is_about_what_began_before_it(parts: Parts) -> None:
    assert NOW == jobs.bounded(Search(workflow="w"), parts.services).until
    assert NOW == jobs.bounded(Search(until=NOW + 5), parts.services).until
    assert NOW - 5 == jobs.bounded(Search(until=NOW - 5), parts.services).until


def test_a_job_on_everything_is_refused(parts: Parts) -> None:
    with pytest.raises(RequestInvalid, match="filter: must have one of"):
        jobs.bounded(Search(), parts.services)


@pytest.mark.parametrize("rate", [0, -1, 501])
def test_a_rate_that_is_none_is_refused(parts: Parts, rate: int) -> None:
    with pytest.raises(RequestInvalid, match="rate: must be a whole number from 1 to 500"):
        jobs.begin("redrive", Search(until=1), rate, NONE, "", parts.services)


def test_so_many_are_under_way_at_once(parts: Parts) -> None:
    begun = [begin(parts) for _ in range(jobs.MAX_OPEN)]
    with pytest.raises(Conflict, match="10 jobs are under way"):
        begin(parts)
    jobs.stop_job(begun[3].id, parts.services)
    begin(parts)


def test_the_newest_comes_first_and_a_page_begins_after_an_id(parts: Parts) -> None:
    begun = []
    for _ in range(3):
        begun.append(begin(parts).id)
        parts.clock.at += 1
    listed = [job.id for job in jobs.list_jobs(9, "", lambda _: True, parts.services)]
    assert begun[::-1] == listed
    assert listed[1:] == [job.id for job in jobs.list_jobs(9, listed[0], lambda _: True, parts.services)]
    assert begun == [job.id for job in jobs.open_jobs(parts.services)]


def test_it_is_kept_as_it_is(parts: Parts) -> None:
    labels = (("tag", "vip"), ("metadata.customer", "42"))
    wanted = Search("w", "failed", "orders", labels, 1, 2)
    job = jobs.begin(
        "restart", wanted, 7, Count(1, 2, complete=False, looked_to=3, examples=("a",)), "k", parts.services
    )
    parts.clock.at += 1
    edited = jobs.change(job.id, lambda found: replace(found, doing=(("a", 1),)), parts.services)
    assert edited == jobs.get_job(job.id, parts.services)
    assert job == replace(edited, doing=())


@pytest.mark.parametrize("id", ["", "x", "0" * 19, "0" * 20, "g" * 19])
def test_an_unknown_id(parts: Parts, id: str) -> None:
    for ask in (jobs.get_job, jobs.stop_job):
        with pytest.raises(JobNotFound, match=r"^There is no job with this id\.$"):
            ask(id, parts.services)


def test_one_that_nothing_drives_is_stopped_at_once(parts: Parts) -> None:
    job = begin(parts)
    assert ("stopped", NOW) == ((stopped := jobs.stop_job(job.id, parts.services)).status, stopped.ended_at)
    assert [] == jobs.open_jobs(parts.services)
    parts.clock.at += 1
    assert stopped == jobs.stop_job(job.id, parts.services)


def test_one_that_is_driven_is_stopped_by_its_runner(parts: Parts) -> None:
    job = begin(parts, leased_until=NOW + 1)
    assert "stopping" == jobs.stop_job(job.id, parts.services).status
    assert [job.id] == [each.id for each in jobs.open_jobs(parts.services)]
    assert "stopping" == jobs.stop_job(job.id, parts.services).status


def test_marks_that_a_crash_left_go(parts: Parts) -> None:
    job = begin(parts)
    parts.services.documents.remove(jobs.PARTITION, job.id)
    # It may be written still.
    assert [] == jobs.open_jobs(parts.services)
    assert job.id in {mark.name for mark in parts.services.documents.all(jobs.OPEN, 9, NOW)}
    parts.clock.at += 200_000
    assert [] == jobs.open_jobs(parts.services)
    assert job.id not in {mark.name for mark in parts.services.documents.all(jobs.OPEN, 9, parts.clock.at)}


def test_its_public_form(parts: Parts) -> None:
    labels = (("tag", "vip"), ("metadata.customer", "42"))
    wanted = Search("w", "failed", None, labels, until=NOW)
    shown = jobs.begin("redrive", wanted, 20, NONE, "k", parts.services).public()
    filters = {"workflow": "w", "status": "failed", "source": None, "tag": "vip", "metadata": {"customer": "42"}}
    assert {**filters, "since": None, "until": iso(NOW)} == shown["filter"]
    assert "k" not in shown.values()
