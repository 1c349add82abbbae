"""What executes instances."""

from __future__ import annotations

from typing import Protocol

from verihook.model.instance import Progress, Status, Step


class Engine(Protocol):
    """``definition`` is the workflow's, ``name`` comes from ``execution_name``.

    Every method may raise EngineUnavailable (throttled, unreachable, answer lost: asking again is safe), and those
    that say so NotSupported, which names engine and operation.
    """

    #: The largest input in bytes that an execution can be started with.
    max_input: int

    #: Whether the engine itself remembers names. False if the ledger's row is all there is of an execution.
    keeps_names: bool

    def start(self, definition: str, name: str, input: str, connection: str | None = None) -> Status:
        """Start the execution under this name; a name that is taken already counts as started.

        ``connection``: the one that the start chose, for an engine whose workflows cannot read it from the row.
        ``running`` if the engine has it, ``queued`` if a worker will fetch it from the ledger.
        Raises EngineRefused if this input can never start.
        """
        ...

    def run(self, definition: str, name: str, input: str) -> Progress:
        """Run an express execution to its end and say how it ended. Raises EngineRefused, NotSupported."""
        ...

    def describe(self, definition: str, name: str, arn: str | None = None) -> Progress | None:
        """How the execution stands; None if the engine knows no such name.

        ``arn``: what the engine itself calls the execution, if that is known: it saves the look into a list that may
        trail.
        """
        ...

    def stop(self, definition: str, name: str, cause: str) -> None:
        """Stop it; one that has ended or is unknown is left alone."""
        ...

    def suspend(self, definition: str, name: str) -> bool:
        """Start no new step of it. False if only a gate in the workflow can: nothing was changed then.

        Raises NotSupported if not even a gate can.
        """
        ...

    def resume(self, definition: str, name: str) -> None:
        """Undo :meth:`suspend`; one that is not suspended is left alone."""
        ...

    def owns(self, definition: str, execution: str) -> bool:
        """Whether the execution of this ARN is one of the definition's. No call."""
        ...

    def check_events(self) -> None:
        """Raise NotSupported if no workflow of this engine can wait for an event."""
        ...

    def answer(self, token: str, payload: str) -> bool:
        """Give what a wait was waiting for, JSON text; False if nothing waits with this token any more."""
        ...

    def redrive(self, definition: str, name: str) -> bool:
        """Go on with a failed execution where it failed. False if it has to begin from its start: a restart does it.

        Nothing was changed then.
        """
        ...

    def steps(self, definition: str, name: str) -> list[Step]:
        """Its steps in the order they started, [] if it is unknown."""
        ...

    def delete(self, definition: str, name: str) -> None:
        """Delete what the engine keeps of an ended execution, if it can."""
        ...
