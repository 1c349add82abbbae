"""The engine ``function`` tells what the rows of the ledger say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.working import NOW, Working, working
from verihook import instances
from verihook.adapters.engines.function import FunctionEngine
from verihook.errors import Conflict, EngineUnavailable, LedgerUnavailable, NotSupported
from verihook.model.instance import Progress
from verihook.worker.work import run_try


def failing(event: Any, context: Any) -> Any:
    raise ValueError("sold out")


def test_a_start_wakes_and_writes_nothing(tmp_path: Path) -> None:
    with working(tmp_path, {"w": failing}) as w:
        row = w.claim()
        assert ("queued", ["a"]) == (w.engine.start("w", "a", "{}"), w.woken)
        assert row == w.row()
        assert w.engine.describe("w", "a") is None
        assert [] == w.engine.steps("w", "a")


def test_between_two_tries(tmp_path: Path) -> None:
    with working(tmp_path, {"w": failing}, backoff_s=10) as w:
        w.claim()
        run_try("a", 1, w.functions, w.services)
        assert Progress("queued", None, "ValueError", "sold out") == w.engine.describe("w", "a")
        steps = w.engine.steps("w", "a")
        assert [("try 1", "failed", "ValueError", "sold out")] == [
            (step.name, step.status, step.error, step.cause) for step in steps
        ]
        assert w.engine.suspend("w", "a") is True
        w.clock.at += 10_000
        # Somebody is to begin now, so reconcile starts it.
        assert w.engine.describe("w", "a") is None


def test_while_it_runs(tmp_path: Path) -> None:
    holder: list[Working] = []

    def run(event: Any, context: Any) -> Any:
        engine = holder[0].engine
        if context.tries == 1:
            raise ValueError("sold out")
        assert engine.describe("w", "a").status == "running"
        assert ["failed", "running"] == [step.status for step in engine.steps("w", "a")]
        with pytest.raises(NotSupported, match="The engine function cannot suspend a function that runs"):
            instances.suspend("a", holder[0].services)
        assert (holder[0].row().status, holder[0].row().held) == ("running", False)
        return 1

    with working(tmp_path, {"w": run}, backoff_s=0) as w:
        holder.append(w)
        w.claim()
        assert "again" == run_try("a", 1, w.functions, w.services)
        w.clock.at += 5
        assert "completed" == run_try("a", 1, w.functions, w.services)
        assert ["failed", "completed"] == [step.status for step in w.engine.steps("w", "a")]
        last = w.engine.steps("w", "a")[-1]
        assert (last.started_at, last.ended_at, last.output) == (NOW + 5, NOW + 5, "1")


def test_a_stop_of_a_queued_one_is_its_end(tmp_path: Path) -> None:
    with working(tmp_path, {"w": failing}, retention_days=3) as w:
        w.claim()
        w.engine.stop("w", "a", "asked")
        assert Progress("terminated", None, None, "asked") == w.engine.describe("w", "a")
        assert NOW // 1000 + 3 * 86_400 == w.row().expires_at
        assert "skipped" == run_try("a", 1, w.functions, w.services)
        w.engine.stop("w", "a", "again")
        assert "asked" == w.row().cause


def test_terminate_through_the_core(tmp_path: Path) -> None:
    with working(tmp_path, {"w": failing}) as w:
        w.claim()
        ended = instances.terminate("a", w.services, "no more", {"why": 1})
        assert ("terminated", "no more", '{"why":1}') == (ended.status, ended.cause, ended.output)
        with pytest.raises(Conflict):
            instances.terminate("a", w.services)


def test_names_that_are_not_of_this_attempt(tmp_path: Path) -> None:
    with working(tmp_path, {"w": failing}) as w:
        w.claim(attempt=2, status="failed", error="E", cause="c")
        assert Progress("failed", None, "E", "c") == w.engine.describe("w", "a.2")
        for name in ("a", "a.3", "b", "no name of ours!"):
            assert w.engine.describe("w", name) is None
            assert [] == w.engine.steps("w", name)
            w.engine.stop("w", name, "cause")
        assert "failed" == w.row().status


def test_what_it_cannot_do_is_said_in_words(tmp_path: Path) -> None:
    with working(tmp_path, {"w": failing}) as w:
        w.claim()
        for call in (
            lambda: w.engine.run("w", "a", "{}"),
            lambda: w.engine.answer("token", "{}"),
            lambda: instances.raise_event("a", "approved", {}, w.services),
        ):
            with pytest.raises(NotSupported, match=r"^The engine function cannot "):
                call()
        assert w.engine.redrive("w", "a") is False


def test_any_definition_will_do_where_none_are_told(tmp_path: Path) -> None:
    with working(tmp_path, {"w": failing}) as w:
        engine = FunctionEngine(w.services.ledger, w.clock, lambda name, _: w.woken.append(name))
        assert ("queued", ["a"]) == (engine.start("whatever", "a", "{}"), w.woken)
        w.claim()
        engine.stop("w", "a", "asked")
        assert NOW // 1000 + 90 * 86_400 == w.row().expires_at
        with pytest.raises(EngineUnavailable):
            w.engine.start("whatever", "a", "{}")


def test_a_ledger_that_does_not_answer_is_an_engine_that_does_not() -> None:
    class Down:
        def get(self, instance_id: str, now_ms: int) -> Any:
            raise LedgerUnavailable("The ledger did not answer.")

    class Clock:
        def now_ms(self) -> int:
            return NOW

    engine = FunctionEngine(Down(), Clock(), lambda *_: None)  # type: ignore[arg-type]
    for call in (engine.describe, engine.steps, engine.suspend):
        with pytest.raises(EngineUnavailable):
            call("w", "a")
