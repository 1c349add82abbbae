"""Express machines: their names do not keep them from running twice, so the ledger has to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.crashes.test_races import in_between, settle, started
from tests.unit.parts import Parts, parts
from verihook import instances
from verihook.instances import EXPRESS_MS
from verihook.instances.reconcile import reconcile
from verihook.model.instance import Instance

__all__ = ["parts"]


def test_an_express_machine_is_run_once_however_long_it_takes(parts: Parts) -> None:
    def meanwhile() -> None:
        for _ in range(5):
            parts.clock.at += EXPRESS_MS // 6
            reconcile(parts.services)

    in_between(parts, "run", meanwhile)
    started(parts, "express")
    assert 1 == parts.engine.calls.count("run")


def test_an_express_machine_whose_answer_was_lost_is_run_by_one_round(parts: Parts) -> None:
    parts.engine.failing.add("run")
    started(parts, "express")
    parts.engine.failing.clear()
    in_between(parts, "run", lambda: reconcile(parts.services))
    settle(parts, 2)
    assert (1, "completed") == (len(parts.engine.starts), parts.row("a").status)


def test_terminating_an_express_machine_does_not_run_it(parts: Parts) -> None:
    parts.engine.failing.add("run")
    started(parts, "express")
    instances.terminate("a", parts.services)
    assert ([], "terminated") == (parts.engine.starts, parts.row("a").status)


def test_an_express_machine_that_may_still_run_is_left_to_it(parts: Parts) -> None:
    """Its answer was lost again: the lease stays."""
    parts.engine.lost.add("run")
    started(parts, "express")
    parts.clock.at += EXPRESS_MS
    reconcile(parts.services)
    assert 2 == len(parts.engine.starts)
    parts.clock.at += EXPRESS_MS - 1
    reconcile(parts.services)
    assert 2 == len(parts.engine.starts)


def test_what_has_ended_since_the_index_was_read_is_left_alone(parts: Parts) -> None:
    started(parts, "express", callback_url="https://there.example/")

    class Trailing:
        def __getattr__(self, name: str) -> Any:
            return getattr(parts.ledger, name)

        def due(self, *_: Any, **__: Any) -> list[Instance]:
            return [parts.row("a")]

    ledger: Any = Trailing()
    assert 0 == reconcile(replace(parts.services, ledger=ledger)).looked
    assert ["a"] == parts.engine.starts
