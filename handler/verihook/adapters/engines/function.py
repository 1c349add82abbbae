"""The engine of plain Python functions: its instances live in the ledger alone, and workers fetch them there.

A start costs nothing: the row is there, and the worker (:mod:`verihook.worker.work`) learns of it. On one machine
``wake`` puts the name into its queue. In AWS it does nothing, because the ledger's stream brings every write of a row
that is ``queued``: a claim as INSERT; a resume, a restart, and reconcile's record of ``queued`` as MODIFY.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NoReturn

from verihook.adapters.input_size import check_size
from verihook.adapters.translation import ErrorTranslation
from verihook.errors import EngineRefused, EngineUnavailable, EventMalformed, LedgerUnavailable, NotSupported
from verihook.model.instance import Instance, Progress, Status, Step, parse_execution_name
from verihook.model.ports import MAX_CAUSE, MAX_INLINE, Change, Clock, Ledger
from verihook.model.workflow import RETENTION_DAYS, Workflow
from verihook.strict_json import parse_json

if TYPE_CHECKING:
    from verihook.adapters.engine_parts import EngineParts

# This engine needs the ledger for all it does: if the ledger does not answer, the engine is unavailable.
_translated_errors = ErrorTranslation(LedgerUnavailable, lambda _: EngineUnavailable("The ledger did not answer."))


#: The engine asks no AWS service but the ledger.
SERVICE = ""


def make(parts: EngineParts) -> FunctionEngine:
    """The engine of a deployment."""
    return FunctionEngine(parts.ledger, parts.clock, parts.wake, parts.workflows)


class FunctionEngine:
    """Implements :class:`verihook.model.ports.Engine`; threads may share it.

    A running function cannot be interrupted: after a stop its result is thrown away, because the ledger does not write
    another end into a final row.
    """

    name = "function"

    #: In bytes of UTF-8: what a row has room for.
    max_input = MAX_INLINE

    keeps_names = False

    continues = False

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        wake: Callable[[str, str], None],
        workflows: Mapping[str, Workflow] | None = None,
    ) -> None:
        """``wake`` takes an execution's name and its definition, and raises at most EngineUnavailable.

        ``workflows``: all workflows of the deployment, which say what definitions there are and how long an instance is
        kept. Without them any definition is accepted, and an instance is kept for 90 days.
        """
        self._ledger = ledger
        self._clock = clock
        self._wake = wake
        self._workflows = workflows

    def start(self, definition: str, name: str, input: str, connection: str | None = None) -> Status:  # noqa: ARG002  # in the row
        """Wake a worker for the row; the worker leaves an attempt alone that has begun or ended."""
        check_size(input, self.max_input, "input", "a row")
        try:
            parse_json(input, "The input")
        except EventMalformed as error:
            raise EngineRefused(str(error)) from None
        if not self._knows(definition):
            raise EngineUnavailable(f"No workflow of the engine function has the definition {definition[:63]!r}.")
        self._wake(name, definition)
        return "queued"

    def run(self, definition: str, name: str, input: str) -> Progress:  # noqa: ARG002  # the port's
        """Raise NotSupported: a function is not run by the process that takes the webhook."""
        self._refuse("answer at once (express)")

    def describe(self, definition: str, name: str, arn: str | None = None) -> Progress | None:  # noqa: ARG002  # the port's
        """Return the row's progress, if a worker has begun: running, before another try (queued, suspended), or ended.

        Return None if a worker has to begin: none has, the lease is over, or the next try is due.
        """
        row = self._row(name)
        if row is None:
            return None
        if row.final:
            return Progress(row.status, row.output, row.error, row.cause)
        if row.tries == 0 or row.not_before <= self._clock.now_ms():
            return None
        return Progress(row.status, None, row.error, row.cause)

    def stop(self, definition: str, name: str, cause: str) -> None:  # noqa: ARG002  # the port's
        """Write the end. A queued attempt never begins then; the result of a running one is thrown away."""
        row = self._row(name)
        if row is None or row.final:
            return
        now = self._clock.now_ms()
        workflow = (self._workflows or {}).get(row.workflow)
        # The instance of a workflow that hooks.toml has lost is kept for the default retention.
        kept_s = workflow.retention_s if workflow else RETENTION_DAYS * 86_400
        change = Change("terminated", at=now, due_at=now, expires_at=now // 1000 + kept_s, cause=cause[:MAX_CAUSE])
        with _translated_errors:
            self._ledger.record(row.id, row.attempt, change)

    def suspend(self, definition: str, name: str) -> bool:  # noqa: ARG002  # the port's
        """Return True for an attempt that no worker has: its row is held. Raises NotSupported while a function runs."""
        row = self._row(name)
        if row is not None and self._is_leased(row):
            self._refuse("suspend a function that runs")
        return True

    def resume(self, definition: str, name: str) -> None:
        """Wake a worker for the row."""
        self._wake(name, definition)

    def answer(self, token: str, payload: str) -> bool:  # noqa: ARG002  # the port's
        """Raise NotSupported: a function waits for nothing."""
        self._refuse("wait for events")

    def owns(self, definition: str, execution: str) -> bool:  # noqa: ARG002  # the port's
        """Return False: an attempt of this engine has no ARN."""
        return False

    def machine(self, definition: str) -> str | None:  # noqa: ARG002  # the port's
        """Raise NotSupported: a workflow of this engine is one Python function."""
        raise NotSupported("A workflow of the engine 'function' is one Python function: it has no state machine.")

    def check_events(self) -> None:
        """Raise NotSupported: a function waits for nothing."""
        self._refuse("wait for events")

    def redrive(self, definition: str, name: str, token: str = "") -> bool:  # noqa: ARG002  # the port's
        """Return False: a function has no point to continue from."""
        return False

    def steps(self, definition: str, name: str) -> list[Step]:  # noqa: ARG002  # the port's
        """Return one step for each try. Of the tries before the last, the row knows only that they failed."""
        row = self._row(name)
        if row is None or row.tries == 0:
            return []
        former = [
            Step(f"try {number}", "failed", row.created_at, row.updated_at, row.input) for number in range(1, row.tries)
        ]
        return [*former, _last(row)]

    def delete(self, definition: str, name: str) -> None:
        """Nothing is kept but the row."""

    def _refuse(self, operation: str) -> NoReturn:
        raise NotSupported(f"The engine {self.name} cannot {operation}.")

    def _knows(self, definition: str) -> bool:
        return self._workflows is None or any(
            workflow.engine == "function" and workflow.definition == definition for workflow in self._workflows.values()
        )

    def _is_leased(self, row: Instance) -> bool:
        """Return whether a worker has the row. A row that waits for its next try is ``queued``, and not leased."""
        return not row.final and row.status != "queued" and row.tries > 0 and row.not_before > self._clock.now_ms()

    def _row(self, name: str) -> Instance | None:
        """The row of this attempt; None if there is none, or the row is another attempt's."""
        parsed = parse_execution_name(name)
        if parsed is None:
            return None
        with _translated_errors:
            row = self._ledger.get(parsed[0], self._clock.now_ms())
        return row if row is not None and not row.purged and row.attempt == parsed[1] else None


def _last(row: Instance) -> Step:
    """Return the step of the last try, which runs, has failed and waits for the next try, or has ended."""
    name = f"try {row.tries}"
    if row.status == "completed":
        return Step(name, "completed", _began(row), row.updated_at, row.input, row.output)
    if row.final or row.status in ("queued", "suspended"):
        return Step(name, "failed", _began(row), row.updated_at, row.input, None, row.error, row.cause)
    return Step(name, "running", _began(row), None, row.input)


def _began(row: Instance) -> int:
    return row.created_at if row.begun_at is None else row.begun_at
