from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.unit.cli.test_jobs import COUNT, FAILED, JOB
from tests.unit.client.scripted import Script
from verihook.client import JobFailure, Unavailable

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_start(script: Callable[..., Script]) -> None:
    told = script((202, {"count": COUNT, "job": JOB}))
    begun = told.call("start_job", "redrive", rate=5, workflow="w", metadata={"a": "1"}, since=NOON, tag=None)
    assert ("running", False, 4, ("a", "b")) == (
        begun.job.status,
        begun.job.ended,
        begun.count.matched,
        begun.count.examples,
    )
    assert NOON == begun.count.looked_to == begun.job.created_at
    filters = {"workflow": "w", "metadata": {"a": "1"}, "since": "2026-03-01T12:00:00+00:00"}
    assert [{"action": "redrive", "filter": filters, "rate": 5, "dryRun": False}] == told.bodies()


def test_a_start_is_sent_once(script: Callable[..., Script]) -> None:
    told = script(httpx.ReadTimeout("too slow"))
    with pytest.raises(Unavailable):
        told.call("start_job", "redrive", workflow="w")
    assert 1 == len(told.requests)


def test_a_time_without_an_offset_is_refused(script: Callable[..., Script]) -> None:
    with pytest.raises(ValueError, match="until: must be an aware datetime"):
        script().call("start_job", "redrive", until=datetime(2026, 3, 1))  # noqa: DTZ001


def test_a_look(script: Callable[..., Script]) -> None:
    found = script((200, FAILED)).call("job", JOB["id"])
    assert (True, NOON, 3) == (found.ended, found.ended_at, found.failed)
    assert (JobFailure("a", "not-active", "It is a dr\naft."),) == found.failures


def test_a_page(script: Callable[..., Script]) -> None:
    told = script((200, {"jobs": [JOB], "cursor": "c"}))
    page = told.call("jobs", limit=1, cursor="b")
    assert ("c", JOB) == (page.cursor, page.jobs[0].raw)
    assert "limit=1&cursor=b" == told.requests[0].url.query.decode()


@pytest.mark.parametrize("answer", [httpx.Response(503), httpx.ReadTimeout("too slow")])
def test_a_stop_may_be_sent_again(script: Callable[..., Script], answer: Any) -> None:
    told = script(answer, (200, {**JOB, "status": "stopped"}))
    assert told.call("stop_job", JOB["id"]).ended
    assert 2 == len(told.requests)


def test_all_that_it_failed_on(script: Callable[..., Script]) -> None:
    told = script((200, {"failures": FAILED["failures"], "cursor": "a"}))
    page = told.call("job_failures", JOB["id"], limit=1, cursor="0")
    assert ("a", (JobFailure("a", "not-active", "It is a dr\naft."),)) == (page.cursor, page.failures)
    assert (f"/prod/v1/jobs/{JOB['id']}/failures", "limit=1&cursor=0") == (
        told.requests[0].url.path,
        told.requests[0].url.query.decode(),
    )
