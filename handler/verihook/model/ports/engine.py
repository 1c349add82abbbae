"""What executes instances."""

from __future__ import annotations

from typing import Protocol

from verihook.model.instance import Progress, Status, Step


class Engine(Protocol):
    """Runs executions. In all methods, ``definition`` is the workflow's, and ``name`` comes from ``execution_name``.

    Every method may raise EngineUnavailable (throttled, unreachable, answer lost: to ask again is safe). Those that say
    so raise NotSupported, which names the engine and the operation.
    """

    #: The largest input in bytes that an execution can be started with.
    max_input: int

    #: Whether the engine itself remembers the names of executions. False if only the ledger's row knows of one.
    keeps_names: bool

    #: Whether it can go on with an execution that has failed (:meth:`redrive`).
    continues: bool

    def start(self, definition: str, name: str, input: str, connection: str | None = None) -> Status:
        """Start the execution under this name; a name that is taken already counts as started.

        Return ``running`` if the engine has the execution, ``queued`` if a worker will fetch it from the ledger.
        ``connection``: the one that the start chose, for an engine whose workflows cannot read it from the row.
        Raises EngineRefused if this input can never start.
        """
        ...

    def run(self, definition: str, name: str, input: str) -> Progress:
        """Run an express execution to its end, and return how it ended. Raises EngineRefused, NotSupported."""
        ...

    def describe(self, definition: str, name: str, arn: str | None = None) -> Progress | None:
        """Return how the execution stands; None if the engine knows no such name.

        ``arn``: the execution's ARN, if it is known: then the engine need not search a list, which may be out of date.
        """
        ...

    def stop(self, definition: str, name: str, cause: str) -> None:
        """Stop the execution; nothing happens if it has ended or is unknown."""
        ...

    def suspend(self, definition: str, name: str) -> bool:
        """Hold the execution: it starts no new step.

        Return False, without a change, if only a gate in the workflow can hold it. Raises NotSupported if nothing can.
        """
        ...

    def resume(self, definition: str, name: str) -> None:
        """Undo :meth:`suspend`; nothing happens if the execution is not suspended."""
        ...

    def owns(self, definition: str, execution: str) -> bool:
        """Whether the execution of this ARN is one of the definition's. Makes no call."""
        ...

    def machine(self, definition: str) -> str | None:
        """Return the state machine in the Amazon States Language, JSON text; None if there is none of this name.

        Raises NotSupported if the engine's workflows are code.
        """
        ...

    def check_events(self) -> None:
        """Raise NotSupported if no workflow of this engine can wait for an event."""
        ...

    def answer(self, token: str, payload: str) -> bool:
        """End the wait of this token with ``payload``, JSON text. Return False if nothing waits with it any more."""
        ...

    def redrive(self, definition: str, name: str, token: str = "") -> bool:
        """Continue a failed execution in the step that failed.

        ``token``: a call that was made with it before, no more than 15 minutes ago, is not made a second time. Return
        False, without a change, if the execution can only begin again from its start, with a restart.
        """
        ...

    def steps(self, definition: str, name: str) -> list[Step]:
        """Return the execution's steps in the order in which they started, [] if it is unknown."""
        ...

    def delete(self, definition: str, name: str) -> None:
        """Delete what the engine keeps of an ended execution, if it can."""
        ...
