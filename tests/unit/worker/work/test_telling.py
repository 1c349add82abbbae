"""What the log says of a try, once its row says what became of it."""

from __future__ import annotations

from pathlib import Path
from threading import Event
from typing import Any

from tests.unit.working import working
from verihook.worker.work import run_try


class NoStock(Exception):
    pass


def failing(event: Any, context: Any) -> Any:
    raise NoStock("sold out")


def test_what_happened_is_recorded_before_it_is_told(tmp_path: Path) -> None:
    with working(tmp_path, {"w": failing}, retries=1) as w:
        w.claim()
        seen: list[tuple[str, str | None]] = []
        w.told.failure = lambda where, error: seen.append((w.row().status, w.row().error))  # type: ignore[method-assign]
        run_try("a", 1, w.functions, w.services)
        assert [("queued", "NoStock")] == seen


def test_an_exception_without_a_text_is_recorded_too(tmp_path: Path) -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no text")

    def run(event: Any, context: Any) -> Any:
        raise Mute

    with working(tmp_path, {"w": run}, retries=0) as w:
        w.claim()
        assert "failed" == run_try("a", 1, w.functions, w.services)
        assert ("failed", "Mute", "(its text cannot be made)") == (w.row().status, w.row().error, w.row().cause)


def test_a_try_without_an_exception_of_its_own_is_told_of_too(tmp_path: Path) -> None:
    never = Event()

    def leaving(event: Any, context: Any) -> Any:
        raise SystemExit(3)

    runs = {
        "late": lambda event, context: never.wait(60),
        "odd": lambda event, context: {1, 2},
        "leaving": leaving,
        "large": lambda event, context: "x" * 13_000_000,
    }
    with working(tmp_path, runs, retries=0) as w:
        for name in runs:
            w.claim(name, name)
            run_try(name, 1, w.functions, w.services, limit_ms=20 if name == "late" else None)
    never.set()
    assert ["OutOfTime", "TypeError", "Exited", "TooLarge"] == [type(error).__name__ for _, error in w.told.failures]
    assert isinstance(w.told.failures[2][1].__cause__, SystemExit)
