"""When reconcile looks again."""

from __future__ import annotations

from verihook.model.ports import Pace


def test_pace() -> None:
    pace = Pace(first_ms=100, again_ms=200, longest_ms=10_000)
    assert 1_200 == pace.next_look(0, 1_000)
    assert 11_000 == pace.next_look(0, 10_000)
    assert 10_010_000 == pace.next_look(0, 10_000_000)
