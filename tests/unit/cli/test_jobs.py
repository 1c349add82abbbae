from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.cli.scripted_api import scripted_api
from tests.unit.client.scripted import AT
from verihook import cli
from verihook.cli.jobs import progress
from verihook.client import Job
from verihook.client.managing_jobs import _job

COUNT: dict[str, Any] = {"matched": 4, "looked": 9, "complete": True, "lookedTo": AT, "examples": ["a", "b"]}
JOB: dict[str, Any] = {
    "id": "0e5b2c8d4f13a9c2e77",
    "action": "redrive",
    "filter": {
        "workflow": "w",
        "status": "failed",
        "source": None,
        "tag": None,
        "metadata": {"customer": "42"},
        "since": None,
        "until": AT,
    },
    "rate": 20,
    "status": "running",
    "createdAt": AT,
    "updatedAt": AT,
    "endedAt": None,
    "count": COUNT,
    "looked": 4,
    "done": 1,
    "skipped": 0,
    "failed": 0,
    "failures": [],
}
ENDED = {**JOB, "status": "completed", "endedAt": AT, "done": 4}
FAILED = {
    **ENDED,
    "done": 1,
    "failed": 3,
    "failures": [{"instanceId": "a", "code": "not-active", "detail": "It is a dr\naft."}],
}
ONE = f"GET /v1/jobs/{JOB['id']}"
STOP = f"POST /v1/jobs/{JOB['id']}/stop"


def job(**changes: Any) -> Job:
    return _job({**JOB, **changes})


def test_a_dry_run_is_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_api({"POST /v1/jobs": (200, {"count": COUNT, "job": None})}) as api:
        line = [
            "redrive",
            "--workflow",
            "w",
            "--status",
            "failed",
            "--metadata",
            "a=1",
            "--metadata",
            "b=2",
            "--dry-run",
        ]
        assert 0 == cli.main(["jobs", "start", *line, "--url", api.url])
    assert "redrive would act on 4 instances.\n  a\n  b\n" == capsys.readouterr().out
    filters = {"workflow": "w", "status": "failed", "metadata": {"a": "1", "b": "2"}}
    assert {"action": "redrive", "filter": filters, "rate": 20, "dryRun": True} == api.asked[0][3]


def test_a_count_that_was_stopped_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    content = {"count": {**COUNT, "complete": False, "examples": []}, "job": None}
    with scripted_api({"POST /v1/jobs": (200, content)}) as api:
        assert 0 == cli.main(["jobs", "start", "restart", "--tag", "vip", "--dry-run", "--url", api.url])
    words = "4 instances or more: the count stopped after the 9 newest, back to 2026-03-01 12:00:00Z."
    assert f"restart would act on {words}\n" == capsys.readouterr().out


def test_one_that_begins_says_how_to_look(capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_api({"POST /v1/jobs": (202, {"count": COUNT, "job": JOB})}) as api:
        assert 0 == cli.main(["jobs", "start", "suspend", "--source", "s", "--rate", "7", "--url", api.url])
    out = capsys.readouterr().out
    assert f"Job {JOB['id']} has begun: 4 instances.\nLook at it: verihook jobs show {JOB['id']}\n" == out
    assert 7 == api.asked[0][3]["rate"]


@pytest.mark.parametrize(("end", "code"), [(ENDED, 0), (FAILED, 1), ({**ENDED, "status": "stopped"}, 1)])
def test_it_is_waited_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, end: dict[str, Any], code: int
) -> None:
    monkeypatch.setattr("verihook.cli.jobs._LOOK_S", 0.01)
    monkeypatch.setattr("verihook.cli.jobs._LINE_S", 0.0)
    answers = {"POST /v1/jobs": (202, {"count": COUNT, "job": JOB}), ONE: [(200, JOB), (200, end)]}
    with scripted_api(answers) as api:
        assert code == cli.main(["jobs", "start", "redrive", "--workflow", "w", "--wait", "--url", api.url])
    out, err = capsys.readouterr()
    assert f"Job {JOB['id']}: 4 instances.\n[#######.......................] 1 of 4, 0 failed\n" in out
    assert f"status   {end['status']}, since 2026-03-01 12:00:00Z\n" in out
    assert "" == err


def test_what_failed_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_api({ONE: (200, FAILED)}) as api:
        assert 0 == cli.main(["jobs", "show", JOB["id"], "--url", api.url])
    out = capsys.readouterr().out
    assert "filter   workflow=w status=failed until=2026-03-01T12:00:00.000Z metadata.customer=42\n" in out
    assert "done     1, skipped 0, failed 3\n  a  not-active: It is a dr�aft.\n" in out
    assert f"  and 2 more: verihook jobs failures {JOB['id']}\n" in out


def test_a_list(capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_api({"GET /v1/jobs": (200, {"jobs": [ENDED], "cursor": None})}) as api:
        assert 0 == cli.main(["jobs", "list", "--url", api.url])
        assert ["JOB", "ACTION"] == capsys.readouterr().out.split()[:2]
        assert 0 == cli.main(["jobs", "list", "--json", "--url", api.url])
    assert {"jobs": [ENDED], "cursor": None} == json.loads(capsys.readouterr().out)


def test_none(capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_api({"GET /v1/jobs": (200, {"jobs": [], "cursor": None})}) as api:
        assert 0 == cli.main(["jobs", "list", "--url", api.url])
    assert "No jobs.\n" == capsys.readouterr().out


def test_a_stop_is_waited_for(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verihook.cli.jobs._LOOK_S", 0.01)
    stopping, stopped = {**JOB, "status": "stopping"}, {**JOB, "status": "stopped", "endedAt": AT}
    with scripted_api({STOP: (200, stopping), ONE: [(200, stopping), (200, stopped)]}) as api:
        assert 0 == cli.main(["jobs", "stop", JOB["id"], "--url", api.url])
    assert "status   stopped, since" in capsys.readouterr().out


def test_one_that_there_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    problem = {"status": 404, "code": "job-not-found", "detail": "There is no job with this id."}
    with scripted_api({ONE: (404, problem)}) as api:
        assert 3 == cli.main(["jobs", "show", JOB["id"], "--url", api.url])
    assert "There is no job with this id. See verihook jobs list." in capsys.readouterr().err


def test_the_bar() -> None:
    assert "[..............................] 0 of 4, 0 failed" == progress(job(done=0))
    assert "[###############...............] 2 of 4, 1 failed" == progress(job(done=1, failed=1))
    assert "[##############################] 5 of 5, 0 failed" == progress(job(done=4, skipped=1))
    assert "1 of 4 or more, 0 failed" == progress(job(count={**COUNT, "complete": False}))
    # Some were gone before it came to them.
    assert "[##############################] 1 of 4, 0 failed" == progress(job(status="completed"))


def test_all_that_it_failed_on_page_by_page(capsys: pytest.CaptureFixture[str]) -> None:
    failures = [{"instanceId": id, "code": "not-active", "detail": "It is a draft."} for id in ("a", "b")]
    pages = [(200, {"failures": [failures[0]], "cursor": "a"}), (200, {"failures": [failures[1]], "cursor": None})]
    none: dict[str, Any] = {"failures": [], "cursor": None}
    with scripted_api({f"{ONE}/failures": [*pages, *pages, (200, none)]}) as api:
        line = ["jobs", "failures", JOB["id"], "--url", api.url]
        assert 0 == cli.main(line)
        assert [["a", "not-active"], ["b", "not-active"]] == [
            row.split()[:2] for row in capsys.readouterr().out.splitlines()[1:]
        ]
        assert 0 == cli.main([*line, "--json"])
        assert {"failures": failures} == json.loads(capsys.readouterr().out)
        assert 0 == cli.main(line)
        assert "No failures.\n" == capsys.readouterr().out
    assert "cursor=a" in api.asked[1][1]
