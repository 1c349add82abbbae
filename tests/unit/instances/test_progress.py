"""What an engine says, as the ledger keeps it."""

from __future__ import annotations

import json

import pytest

from tests.contracts.instances import NOW
from tests.unit.parts import Parts, request
from verihook import instances
from verihook.errors import BodyTooLarge
from verihook.instances import payload
from verihook.model.instance import Progress
from verihook.model.ports import MAX_OUTPUT

DAY = 86_400


@pytest.fixture
def started(parts: Parts) -> Parts:
    instances.submit(request("short", id="a"), "", parts.services)
    parts.engine.calls.clear()
    return parts


def tell(parts: Parts, progress: Progress, workflow: str | None = "short", attempt: int = 1) -> bool:
    return instances.record_progress("a", attempt, progress, NOW, parts.services, workflow)


def test_an_end_is_kept_as_long_as_the_workflow_says(started: Parts) -> None:
    assert tell(started, Progress("completed", '{"n":1}'))
    row = started.row("a")
    assert ("completed", '{"n":1}', None, NOW // 1000 + DAY) == (row.status, row.output, row.due_at, row.expires_at)


def test_of_an_unknown_workflow_as_long_as_the_longest(started: Parts) -> None:
    assert tell(started, Progress("failed"), None)
    assert NOW // 1000 + 90 * DAY == started.row("a").expires_at


def test_the_first_end_counts(started: Parts) -> None:
    assert tell(started, Progress("failed", None, "E", "first"))
    for late in (Progress("completed", "1"), Progress("running"), Progress("failed", None, "E", "second")):
        assert not tell(started, late)
    assert ("failed", "first") == (started.row("a").status, started.row("a").cause)
    assert [] == started.engine.calls


@pytest.mark.parametrize("attempt", [2, 7])
def test_another_attempt_is_not_this_one(started: Parts, attempt: int) -> None:
    assert not tell(started, Progress("completed"), attempt=attempt)
    assert not started.row("a").final


@pytest.mark.parametrize("size", [MAX_OUTPUT - 1, MAX_OUTPUT, MAX_OUTPUT + 1])
def test_a_large_output_is_kept_as_a_payload(started: Parts, size: int) -> None:
    text = json.dumps("x" * (size - 2))
    tell(started, Progress("completed", text))
    row = started.row("a")
    assert (size > MAX_OUTPUT) == (payload.key_of(row.output) is not None)
    assert json.loads(text) == instances.output_of(row, started.services.payloads)


@pytest.mark.parametrize("output", ["no JSON", "", "{", "\ud800", '"\ud800"'])
def test_an_output_that_is_no_text_of_json_is_kept_all_the_same(started: Parts, output: str) -> None:
    assert tell(started, Progress("completed", output))
    kept = instances.output_of(started.row("a"), started.services.payloads)
    assert output.strip('"') == kept


@pytest.mark.parametrize(("text", "size"), [('"xxxxxxxxx"', 11), ('"é€é€"', 12), ('"' + "x" * 4000 + '"', 4002)])
def test_an_output_that_could_not_be_read_again_ends_it_in_words(started: Parts, text: str, size: int) -> None:
    started.services.payloads.max_output = 10
    assert tell(started, Progress("completed", text))
    row = started.row("a")
    words = f"The output has {size:,} bytes, and 10 at most are kept: keep it elsewhere, and return where it is."
    assert ("failed", None, "OutputTooLarge", words) == (row.status, row.output, row.error, row.cause)
    assert row.expires_at is not None


def test_an_output_at_the_bound_is_kept(started: Parts) -> None:
    started.services.payloads.max_output = 10
    assert tell(started, Progress("completed", '"xxxxxxxx"'))
    assert ("completed", '"xxxxxxxx"') == (started.row("a").status, started.row("a").output)


def test_a_terminated_one_gets_no_larger_output_and_goes_on(started: Parts) -> None:
    started.services.payloads.max_output = 10
    with pytest.raises(BodyTooLarge, match="has 11 bytes, and 10 at most"):
        instances.terminate("a", started.services, "no more", "xxxxxxxxx")
    assert not started.row("a").final
    assert [] == started.engine.calls
    assert "terminated" == instances.terminate("a", started.services, "no more", "xxxxxxxx").status


def test_what_runs_although_it_was_terminated_is_stopped(started: Parts) -> None:
    tell(started, Progress("terminated"))
    assert not tell(started, Progress("running"))
    assert ["stop"] == started.engine.calls
