"""Events and waits, in every order, once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from tests.contracts.instances import MINUTE, NOW
from tests.crashes.faults import Faults, Stopped, Watched
from tests.unit.parts import Parts, request
from verihook import instances
from verihook.errors import BodyTooLarge, Conflict, EngineUnavailable, InstanceNotFound, NotSupported, RequestInvalid
from verihook.instances.reconcile import reconcile
from verihook.model.instance import Progress


@pytest.fixture
def instance(parts: Parts) -> str:
    instances.submit(request(id="a"), "", parts.services)
    instances.record_progress("a", 1, Progress("running"), NOW, parts.services)
    return "a"


def wait(parts: Parts, token: str, name: str = "approved", attempt: int = 1) -> None:
    parts.engine.tokens.add(token)
    instances.await_event("a", attempt, name, token, parts.services)


def test_an_event_comes_to_whoever_waits(parts: Parts, instance: str) -> None:
    wait(parts, "t1")
    wait(parts, "t2")
    wait(parts, "other", "rejected")
    instances.raise_event("a", "approved", {"by": "ann"}, parts.services)
    assert [("t1", '{"by":"ann"}')] == parts.engine.answers
    instances.raise_event("a", "approved", None, parts.services)
    assert ("t2", "null") == parts.engine.answers[1]
    assert [("rejected", "waiting")] == [(one.name, one.state) for one in instances.mailbox("a", parts.services)]


def test_an_event_waits_until_somebody_does(parts: Parts, instance: str) -> None:
    for number in (1, 2):
        instances.raise_event("a", "approved", number, parts.services)
    assert ["buffered", "buffered"] == [one.state for one in instances.mailbox("a", parts.services)]
    wait(parts, "t1")
    wait(parts, "t2")
    assert [("t1", "1"), ("t2", "2")] == parts.engine.answers


def test_an_event_with_an_id_is_raised_once(parts: Parts, instance: str) -> None:
    for _ in range(3):
        instances.raise_event("a", "approved", 1, parts.services, event_id="e1")
    wait(parts, "t1")
    wait(parts, "t2")
    instances.raise_event("a", "approved", 1, parts.services, event_id="e1")
    assert [("t1", "1")] == parts.engine.answers


def test_a_wait_that_is_told_again_is_one_wait(parts: Parts, instance: str) -> None:
    wait(parts, "t1")
    wait(parts, "t1")
    instances.raise_event("a", "approved", 1, parts.services)
    instances.raise_event("a", "approved", 2, parts.services)
    assert [("t1", "1")] == parts.engine.answers
    assert ["buffered"] == [one.state for one in instances.mailbox("a", parts.services)]


def test_an_event_for_a_wait_whose_time_is_over_waits_for_the_next(parts: Parts, instance: str) -> None:
    wait(parts, "t1")
    parts.engine.tokens.clear()
    instances.raise_event("a", "approved", 1, parts.services)
    wait(parts, "t2")
    assert [("t2", "1")] == parts.engine.answers


def test_events_and_waits_at_once_meet_each_other_once(parts: Parts, instance: str) -> None:
    numbers = range(24)

    def raise_or_wait(number: int) -> None:
        if number % 2:
            instances.raise_event("a", "approved", number, parts.services)
        else:
            wait(parts, f"t{number}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(raise_or_wait, numbers))
    assert (12, 12) == (
        len({token for token, _ in parts.engine.answers}),
        len({text for _, text in parts.engine.answers}),
    )
    assert [] == instances.mailbox("a", parts.services)


@pytest.mark.parametrize("how", ["failing", "lost"])
def test_an_engine_that_is_down_loses_and_doubles_nothing(parts: Parts, instance: str, how: str) -> None:
    wait(parts, "t1")
    setattr(parts.engine, how, {"answer"})
    with pytest.raises(EngineUnavailable):
        instances.raise_event("a", "approved", 1, parts.services, event_id="e")
    setattr(parts.engine, how, set())
    # The caller tries again; who comes soon waits for the handover that may still be under way.
    instances.raise_event("a", "approved", 1, parts.services, event_id="e")
    parts.clock.at += MINUTE
    reconcile(parts.services)
    assert [("t1", "1")] == parts.engine.answers
    wait(parts, "t2")
    assert 1 == len(parts.engine.answers)


def test_an_event_is_kept_where_its_wait_has_died_before_it_was_handed_over(parts: Parts, instance: str) -> None:
    """The process stops between the two, the state machine waits again, with another token."""
    wait(parts, "t1")
    faults = Faults(stop_at=2, when="after")
    stopping = replace(parts.services, documents=Watched(parts.services.documents, "documents", faults))
    with pytest.raises(Stopped):
        instances.raise_event("a", "approved", 1, stopping, event_id="e")
    assert ["documents.read", "documents.write"] == faults.calls
    parts.engine.tokens.clear()
    wait(parts, "t2")
    parts.clock.at += MINUTE
    reconcile(parts.services)
    assert [("t2", "1")] == parts.engine.answers


def test_waits_of_another_attempt_are_left_alone(parts: Parts, instance: str) -> None:
    instances.restart("a", parts.services)
    wait(parts, "old", attempt=1)
    wait(parts, "new", attempt=2)
    instances.raise_event("a", "approved", 1, parts.services)
    assert [("new", "1")] == parts.engine.answers


def test_the_gate(parts: Parts, instance: str) -> None:
    parts.engine.tokens = {"g1", "g2"}
    instances.pass_gate("a", 1, "g1", parts.services)
    assert [("g1", "{}")] == parts.engine.answers
    instances.suspend("a", parts.services)
    instances.pass_gate("a", 1, "g2", parts.services)
    assert 1 == len(parts.engine.answers)
    assert [] == instances.mailbox("a", parts.services)
    instances.resume("a", parts.services)
    assert ("g2", "{}") == parts.engine.answers[1]


def test_an_event_can_start_what_is_missing(parts: Parts) -> None:
    with pytest.raises(InstanceNotFound):
        instances.raise_event("b", "approved", 1, parts.services)
    instances.raise_event("b", "approved", 1, parts.services, start=request(id="b"))
    assert ["b"] == parts.engine.starts
    assert ["approved"] == [one.name for one in instances.mailbox("b", parts.services)]


def test_what_is_refused(parts: Parts, instance: str) -> None:
    for name in ("", "$resume", "a b", "x" * 129):
        with pytest.raises(RequestInvalid):
            instances.raise_event("a", name, 1, parts.services)
    with pytest.raises(RequestInvalid):
        instances.raise_event("a", "approved", 1, parts.services, event_id="")
    with pytest.raises(BodyTooLarge):
        instances.raise_event("a", "approved", "x" * 131_072, parts.services)
    for _ in range(2):
        instances.raise_event("a", "approved", "x" * 130_000, parts.services)
    with pytest.raises(Conflict, match="Too many"):
        instances.raise_event("a", "approved", "x" * 130_000, parts.services)
    parts.engine.events = False
    with pytest.raises(NotSupported):
        instances.raise_event("a", "approved", 1, parts.services)
    instances.terminate("a", parts.services)
    with pytest.raises(Conflict, match="terminated"):
        instances.raise_event("a", "approved", 1, parts.services)


def test_an_execution_of_another_workflow_takes_no_event_and_passes_no_gate(parts: Parts, instance: str) -> None:
    definition = parts.services.workflows[instances.get(instance, parts.services).workflow].definition
    for token, execution in (("t1", "another:a"), ("t2", f"{definition}-2:a")):
        with pytest.raises(RequestInvalid, match="another workflow"):
            instances.await_event("a", 1, "approved", token, parts.services, execution)
        with pytest.raises(RequestInvalid, match="another workflow"):
            instances.pass_gate("a", 1, token, parts.services, execution)
    assert [] == instances.mailbox("a", parts.services)
    instances.await_event("a", 1, "approved", "t3", parts.services, f"{definition}:a")
    assert ["waiting"] == [one.state for one in instances.mailbox("a", parts.services)]
