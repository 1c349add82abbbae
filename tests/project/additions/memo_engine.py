"""An engine whose executions end at once, with their input as the output."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from verihook.errors import NotSupported
from verihook.model.instance import Progress, Status, Step

if TYPE_CHECKING:
    from verihook.adapters.engine_parts import EngineParts

SERVICE = ""


def make(_: EngineParts) -> MemoEngine:
    """The engine of a deployment."""
    return MemoEngine()


class MemoEngine:
    """Implements :class:`verihook.model.ports.Engine`."""

    max_input = 1024
    keeps_names = True
    continues = False

    def __init__(self) -> None:
        self._inputs: dict[str, str] = {}

    def start(self, definition: str, name: str, input: str, connection: str | None = None) -> Status:
        """It has ended when this comes back."""
        self._inputs.setdefault(name, input)
        return "running"

    def run(self, definition: str, name: str, input: str) -> Progress:
        """As a start does."""
        return Progress("completed", self._inputs.setdefault(name, input))

    def describe(self, definition: str, name: str, arn: str | None = None) -> Progress | None:
        """Completed, if it was started."""
        return Progress("completed", self._inputs[name]) if name in self._inputs else None

    def stop(self, definition: str, name: str, cause: str) -> None:
        """It has ended already."""

    def suspend(self, definition: str, name: str) -> NoReturn:
        """Raise NotSupported."""
        raise NotSupported("The engine 'memo' cannot suspend.")

    def resume(self, definition: str, name: str) -> None:
        """Nothing is suspended."""

    def owns(self, definition: str, execution: str) -> bool:
        """It has no ARNs."""
        return False

    def machine(self, definition: str) -> NoReturn:
        """Raise NotSupported."""
        raise NotSupported("The engine 'memo' has no state machines.")

    def check_events(self) -> NoReturn:
        """Raise NotSupported."""
        raise NotSupported("The engine 'memo' has no events.")

    def answer(self, token: str, payload: str) -> bool:
        """Nothing waits."""
        return False

    def redrive(self, definition: str, name: str, token: str = "") -> bool:
        """A restart does it."""
        return False

    def steps(self, definition: str, name: str) -> list[Step]:
        """None."""
        return []

    def delete(self, definition: str, name: str) -> None:
        """Delete it."""
        self._inputs.pop(name, None)
