"""The engine of rows that run nothing: a delivery that resumes instances is handed over, and has no execution."""

from __future__ import annotations

from typing import NoReturn

from verihook.errors import NotSupported
from verihook.model.instance import Progress, Status, Step
from verihook.model.ports import MAX_INLINE


class RowEngine:
    """Implements :class:`verihook.model.ports.Engine`. Makes no call: all there is of such an instance is its row."""

    max_input = MAX_INLINE

    keeps_names = False

    continues = False

    def start(self, definition: str, name: str, input: str, connection: str | None = None) -> Status:  # noqa: ARG002  # the port's
        """Return ``queued``: reconcile hands it over, if what has claimed the row has not done so."""
        return "queued"

    def run(self, definition: str, name: str, input: str) -> Progress:  # noqa: ARG002  # the port's
        """Raise NotSupported: nothing runs."""
        _refuse("answer at once (express)")

    def describe(self, definition: str, name: str, arn: str | None = None) -> Progress | None:  # noqa: ARG002  # the port's
        """Return None: there is no execution."""
        return None

    def stop(self, definition: str, name: str, cause: str) -> None:
        """Nothing runs: the end of the row is all."""

    def suspend(self, definition: str, name: str) -> bool:  # noqa: ARG002  # the port's
        """Return True: what is held in the row is not handed over."""
        return True

    def resume(self, definition: str, name: str) -> None:
        """Reconcile looks at the row."""

    def owns(self, definition: str, execution: str) -> bool:  # noqa: ARG002  # the port's
        """Return False: there are no executions."""
        return False

    def machine(self, definition: str) -> str | None:  # noqa: ARG002  # the port's
        """Raise NotSupported: no workflow is behind it."""
        _refuse("show a state machine")

    def check_events(self) -> None:
        """Raise NotSupported: a delivery waits for nothing."""
        _refuse("wait for events")

    def answer(self, token: str, payload: str) -> bool:  # noqa: ARG002  # the port's
        """Raise NotSupported: a delivery waits for nothing."""
        _refuse("wait for events")

    def redrive(self, definition: str, name: str, token: str = "") -> bool:  # noqa: ARG002  # the port's
        """Return False: it is handed over again from the start."""
        return False

    def steps(self, definition: str, name: str) -> list[Step]:  # noqa: ARG002  # the port's
        """Return no steps."""
        return []

    def delete(self, definition: str, name: str) -> None:
        """Nothing is kept but the row."""


def _refuse(operation: str) -> NoReturn:
    raise NotSupported(f"A delivery that resumes an instance cannot {operation}; look at that instance.")
