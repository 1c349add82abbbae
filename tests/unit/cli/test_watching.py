from __future__ import annotations

import json

import pytest

from tests.unit.cli.scripted_api import scripted_api
from tests.unit.client.scripted import AT, LISTED
from verihook import cli

ONE = "GET /v1/instances/order-1"
STEP = {"name": "charge", "status": "running", "startedAt": AT, "endedAt": None, "error": None}
ENDED = {**STEP, "status": "failed", "endedAt": "2026-03-01T12:00:02Z", "error": {"code": "Payment", "message": "no"}}
FAILED = {
    **LISTED,
    "status": "failed",
    "updatedAt": "2026-03-01T12:00:03Z",
    "error": {"code": "Payment", "message": "no"},
}
WATCH = ["instances", "watch", "order-1", "--interval", "0.01"]


@pytest.mark.parametrize(("status", "code"), [("completed", 0), ("failed", 1), ("timed_out", 1), ("terminated", 1)])
def test_each_change_is_a_line(capsys: pytest.CaptureFixture[str], status: str, code: int) -> None:
    instances = [(200, LISTED), (200, LISTED), (200, {**FAILED, "status": status})]
    steps = [(200, {"steps": [STEP]}), (200, {"steps": [STEP]}), (200, {"steps": [ENDED]})]
    with scripted_api({ONE: instances, f"{ONE}/steps": steps}) as api:
        assert code == cli.main([*WATCH, "--url", api.url])
    assert [
        "2026-03-01 12:00:00Z  instance order-1 running",
        "2026-03-01 12:00:00Z  step charge running",
        "2026-03-01 12:00:02Z  step charge failed (Payment)",
        f"2026-03-01 12:00:03Z  instance order-1 {status} (Payment: no)",
    ] == capsys.readouterr().out.splitlines()


def test_for_programs_each_line_is_in_the_words_of_the_api(capsys: pytest.CaptureFixture[str]) -> None:
    instances, steps = [(200, LISTED), (200, FAILED)], [(200, {"steps": [STEP]}), (200, {"steps": [ENDED]})]
    with scripted_api({ONE: instances, f"{ONE}/steps": steps}) as api:
        assert 1 == cli.main([*WATCH, "--json", "--url", api.url])
    assert [LISTED, STEP, ENDED, FAILED] == [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_where_an_engine_keeps_no_steps(capsys: pytest.CaptureFixture[str]) -> None:
    none = (501, {"status": 501, "code": "not-supported", "detail": "This engine keeps no steps."})
    with scripted_api({ONE: [(200, LISTED), (200, FAILED)], f"{ONE}/steps": none}) as api:
        assert 1 == cli.main([*WATCH, "--json", "--url", api.url])
    assert [LISTED, FAILED] == [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_one_that_is_held_is_told_once_more(capsys: pytest.CaptureFixture[str]) -> None:
    instances = [(200, LISTED), (200, {**LISTED, "held": True}), (200, FAILED)]
    with scripted_api({ONE: instances, f"{ONE}/steps": (200, {"steps": []})}) as api:
        assert 1 == cli.main([*WATCH, "--url", api.url])
    told = [line.partition("order-1 ")[2] for line in capsys.readouterr().out.splitlines()]
    assert ["running", "running, held", "failed (Payment: no)"] == told


def test_not_for_ever(capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_api({ONE: (200, LISTED), f"{ONE}/steps": (200, {"steps": []})}) as api:
        assert 6 == cli.main([*WATCH, "--timeout", "0.1", "--url", api.url])
    assert "is still running after 0.1 seconds" in capsys.readouterr().err


def test_one_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_api({}) as api:
        assert 3 == cli.main([*WATCH, "--url", api.url])
    assert "" == capsys.readouterr().out


def test_steps_are_told_in_the_order_of_their_times(capsys: pytest.CaptureFixture[str]) -> None:
    def step(name: str, began: int, ended: int) -> dict[str, object]:
        at = [f"2026-03-01T12:00:0{second}Z" for second in (began, ended)]
        return {**STEP, "name": name, "status": "completed", "startedAt": at[0], "endedAt": at[1]}

    parallel = {"steps": [step("slow", 0, 2), step("quick", 0, 1)]}
    with scripted_api({ONE: (200, FAILED), f"{ONE}/steps": (200, parallel)}) as api:
        assert 1 == cli.main([*WATCH, "--url", api.url])
    lines = capsys.readouterr().out.splitlines()
    assert lines == sorted(lines)
    assert ["quick", "slow"] == [line.split()[3] for line in lines[:2]]
