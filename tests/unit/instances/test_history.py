"""The attempts of an instance."""

from __future__ import annotations

import pytest

from tests.contracts.instances import NOW
from tests.unit.parts import Parts, request
from verihook import instances
from verihook.errors import InstanceNotFound
from verihook.instances import history
from verihook.model.instance import Progress


def rerun(parts: Parts, cause: str) -> None:
    """One second after the last attempt began it fails, and a second later the next begins."""
    attempt = parts.row("a").attempt
    parts.clock.at += 1000
    parts.engine.end("a" if attempt == 1 else f"a.{attempt}", "failed", None)
    instances.record_progress("a", attempt, Progress("failed", None, "E", cause), NOW, parts.services)
    parts.clock.at += 1000
    instances.restart("a", parts.services)


def test_the_first_is_the_present_one(parts: Parts) -> None:
    instances.submit(request(id="a"), "", parts.services)
    (only,) = history.attempts("a", parts.services)
    assert (1, "queued", NOW, None) == (only.number, only.status, only.started_at, only.ended_at)


def test_each_is_kept_with_how_it_ended(parts: Parts) -> None:
    instances.submit(request(id="a"), "", parts.services)
    for cause in ("first", "x" * 2000):
        rerun(parts, cause)
    first, second, third = history.attempts("a", parts.services)
    assert (1, "failed", NOW, NOW + 1000, "E", "first") == (
        first.number,
        first.status,
        first.started_at,
        first.ended_at,
        first.error,
        first.cause,
    )
    assert (2, NOW + 2000, "x" * 1000) == (second.number, second.started_at, second.cause)
    assert (3, None) == (third.number, third.ended_at)


def test_who_is_stopped_in_between_keeps_it_again(parts: Parts) -> None:
    instances.submit(request(id="a"), "", parts.services)
    parts.engine.end("a", "failed", None)
    instances.record_progress("a", 1, Progress("failed", None, "E", "first"), NOW, parts.services)
    history.save_attempt(parts.row("a"), parts.services)
    instances.restart("a", parts.services)
    assert [(1, "first"), (2, None)] == [(each.number, each.cause) for each in history.attempts("a", parts.services)]


def test_forgotten(parts: Parts) -> None:
    instances.submit(request(id="a"), "", parts.services)
    rerun(parts, "first")
    history.remove_attempts("a", parts.services)
    assert [2] == [each.number for each in history.attempts("a", parts.services)]


def test_of_an_unknown_one_there_are_none(parts: Parts) -> None:
    with pytest.raises(InstanceNotFound):
        history.attempts("a", parts.services)
