"""An execution that could not be saved, on a full disk, goes on from what is saved as soon as writing works.

The SDK calls the handler again and counts that; but if it cannot save the count either, nothing ever calls it again.
Here nothing is counted, and the execution is taken up as by the start of a next process: a step whose result could not
be saved runs again, and one whose result is saved does not.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Awaitable, Callable
from typing import Any

from aws_durable_execution_sdk_python.lambda_service import ErrorObject
from aws_durable_execution_sdk_python_testing.exceptions import ResourceNotFoundException
from aws_durable_execution_sdk_python_testing.execution import Execution
from aws_durable_execution_sdk_python_testing.worker.status import InvocationState

from verihook.adapters.repeats import RepeatFilter
from verihook.local.durable.stopping import StoppingExecutor
from verihook.local.durable.store import Store
from verihook.local.full_disk import PACE_S

_log = logging.getLogger(__name__)


class SavingExecutor(StoppingExecutor):
    """The SDK's executor, which gives up nothing that could not be saved. ``watch`` first."""

    def watch(self, store: Store) -> None:
        """Hear of what cannot be saved in it."""
        self._kept = store
        self._unsaved: dict[str, str] = {}
        self._is_armed = False
        self._marking = threading.Lock()
        self._repeats = RepeatFilter()
        store.unsaved = self._mark

    def unsaved(self) -> str | None:
        """What waits for room, in words for a person; None if nothing does."""
        why = next(iter(self._unsaved.values()), None)
        if why is None:
            return None
        return (
            f"{self._kept.db_path} cannot be written ({why}). The executions that could not be saved in it "
            f"({len(self._unsaved)}) go on by themselves when it can: make room."
        )

    def _go_on(self, execution: Execution) -> None:
        """Go on from what is saved."""
        raise NotImplementedError

    def _mark(self, arn: str, error: Exception) -> None:
        if self.client.holding:
            return  # the next process finds it in the store
        with self._marking:
            self._unsaved[arn] = str(error.__cause__ or error)
            armed, self._is_armed = self._is_armed, True
        if not armed:
            self._scheduler.call_later(self._take_up, delay=PACE_S)
        if self._repeats.suppressed("unsaved") is not None:
            _log.error("%s", self.unsaved())

    def _take_up(self) -> None:
        """Go on with those whose handler has come back, if as much can be written as a step may write."""
        with self._marking:
            self._is_armed = False
            waiting = dict(self._unsaved)
        try:
            self._kept.try_writing()
        except sqlite3.Error as error:
            for arn in waiting:
                self._mark(arn, error)
            return
        for arn, why in waiting.items():
            self._take_up_one(arn, why)

    def _take_up_one(self, arn: str, why: str) -> None:
        if self._invocation_gate(arn) is InvocationState.INVOKING:
            self._mark(arn, RuntimeError(why))
            return
        with self._marking:
            self._unsaved.pop(arn, None)
        try:
            execution = self._kept.load(arn)
            if not execution.is_complete:
                self._go_on(execution)
        except ResourceNotFoundException:
            pass  # its start was refused: who asked for it asks again
        except Exception as error:  # noqa: BLE001  # the next round tries again, whatever it was
            self._mark(arn, error)

    def _invoke_handler(self, execution_arn: str) -> Callable[[], Awaitable[None]]:
        invoke = super()._invoke_handler(execution_arn)

        async def free_the_gate() -> None:
            try:
                await invoke()
            except Exception:
                if execution_arn not in self._unsaved:
                    raise
                self._set_invocation_gate(execution_arn, InvocationState.PRE_INVOKE)

        return free_the_gate

    def _retry_after_error(self, execution_arn: str, error: ErrorObject) -> Any:
        if execution_arn in self._unsaved:
            self._set_invocation_gate(execution_arn, InvocationState.PRE_INVOKE)
        else:
            super()._retry_after_error(execution_arn, error)
