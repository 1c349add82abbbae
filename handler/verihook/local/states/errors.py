"""What goes wrong: in an execution (:class:`StateError`), and in a definition (:class:`Refused`)."""

from __future__ import annotations

from dataclasses import dataclass

RUNTIME = "States.Runtime"
QUERY = "States.QueryEvaluationError"
TIMEOUT = "States.Timeout"
HEARTBEAT = "States.HeartbeatTimeout"
DATA_LIMIT = "States.DataLimitExceeded"
REFERENCE = "States.ReferencePathConflict"
ITEM_READER = "States.ItemReaderFailed"
THRESHOLD = "States.ExceedToleratedFailureThreshold"


class StateError(Exception):
    """A state has failed.

    ``located`` is for errors of evaluation: their cause begins with the state and the event that entered it.
    ``location`` is the field of a JSONata expression, for the event EvaluationFailed.
    """

    def __init__(
        self, name: str | None, cause: str | None = None, *, located: bool = False, location: str | None = None
    ) -> None:
        super().__init__(f"{name}: {cause}")
        self.name = name
        self.cause = cause
        self.located = located
        self.location = location

    def at(self, state: str, event: int) -> StateError:
        """Return the error as AWS words it for a state that the event of this number entered."""
        if not self.located:
            return self
        where = f"An error occurred while executing the state '{state}' (entered at the event id #{event}). "
        return StateError(self.name, where + (self.cause or ""), location=self.location)


def runtime(cause: str) -> StateError:
    """Return an error that no Catch sees: the definition and the data do not fit."""
    return StateError(RUNTIME, cause, located=True)


def too_large(task: str) -> str:
    """Return the cause of DATA_LIMIT for a result; ``task``: what AWS calls it, a state's name or a service's."""
    return f"The state/task '{task}' returned a result with a size exceeding the maximum number of bytes service limit."


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding of ValidateStateMachineDefinition: ``code`` and ``location`` (a JSON pointer, or "" for none)."""

    code: str
    message: str
    location: str = ""
    severity: str = "ERROR"

    def __str__(self) -> str:
        return f"{self.code}: {self.message} at {self.location or 'null'}"


class Refused(ValueError):
    """CreateStateMachine would refuse the definition with InvalidDefinition; ``diagnostics`` say why."""

    def __init__(self, diagnostics: list[Diagnostic]) -> None:
        super().__init__("Invalid State Machine Definition: '" + ", ".join(map(str, diagnostics)) + "'")
        self.diagnostics = diagnostics
