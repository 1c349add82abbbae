"""Resume and reconcile at the same moment: before whatever call of the one the other comes, the instance goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.crashes.test_races import running, statuses
from tests.unit.parts import Parts, parts
from verihook import instances
from verihook.instances.reconcile import reconcile

__all__ = ["parts"]


class Nth:
    """Stands for a part; ``act`` comes before the call of this number, of whatever operation."""

    def __init__(self, part: Any, number: int, act: Callable[[], object]) -> None:
        self._part, self._left, self._act = part, number, act

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._part, name)
        if not callable(operation):
            return operation
        self._left -= 1
        if self._left == 0:
            self._act()
        return operation


@pytest.mark.parametrize("engine_has", ["running", "suspended"])
@pytest.mark.parametrize("part", ["engine", "ledger"])
@pytest.mark.parametrize("number", range(1, 7))
@pytest.mark.parametrize("first", ["resume", "reconcile"])
def test_what_is_resumed_goes_on_wherever_reconcile_comes(
    parts: Parts, first: str, number: int, part: str, engine_has: str
) -> None:
    """The row is held; the engine has it as the operator wants, or runs it, as after a start that was under way."""
    running(parts)
    if engine_has == "suspended":
        instances.suspend("a", parts.services)
    assert parts.ledger.amend(replace(parts.row("a"), held=True, status="suspended", due_at=parts.clock.at))
    acts: dict[str, Callable[[Any], object]] = {
        "resume": lambda ports: instances.resume("a", ports),
        "reconcile": reconcile,
    }

    def second() -> None:
        acts["reconcile" if first == "resume" else "resume"](parts.services)

    engines: Any = {name: Nth(engine, number, second) for name, engine in parts.services.engines.items()}
    ledger: Any = Nth(parts.ledger, number, second)
    acts[first](replace(parts.services, **({"engines": engines} if part == "engine" else {"ledger": ledger})))
    if parts.row("a").held:
        # The first one has fewer calls than that.
        second()
    row = parts.row("a")
    assert ({"a": "running"}, "running", False) == (statuses(parts), row.status, row.held)
