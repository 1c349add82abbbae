"""A planned stop: a step that runs goes to its end and its result is kept; no other operation begins.

The SDK knows it not: an invocation whose checkpoint is answered without a token has to end, and throws away what a
step makes that began just before. Here a workflow that would begin an operation is suspended in its place, as by a
wait, branch by branch; the next process calls its handler again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from functools import cache, wraps
from typing import Any

from aws_durable_execution_sdk_python.exceptions import SuspendExecution
from aws_durable_execution_sdk_python.lambda_service import InvocationStatus, OperationAction, OperationUpdate
from aws_durable_execution_sdk_python.state import ExecutionState
from aws_durable_execution_sdk_python_testing.client import InMemoryServiceClient
from aws_durable_execution_sdk_python_testing.invoker import InvokeResponse
from aws_durable_execution_sdk_python_testing.worker.status import InvocationState

from verihook.local.durable.arns import execution_name
from verihook.local.durable.handler_pool import FairExecutor

#: How long the loop may take to answer, in seconds.
_ANSWER_S = 1.0


class Client(InMemoryServiceClient):
    """What the handlers' SDK writes its checkpoints with. ``holding``: no operation is to begin."""

    holding = False


@cache
def mend_beginnings() -> None:
    """Have the SDK of the handlers heed ``holding``, once in a process."""
    replace: Any = setattr  # the method is replaced on purpose
    replace(ExecutionState, "create_checkpoint", _heeding(ExecutionState.create_checkpoint))


def _heeding(checkpoint: Callable[..., None]) -> Callable[..., None]:
    @wraps(checkpoint)
    def create_checkpoint(self: Any, operation_update: OperationUpdate | None = None, is_sync: bool = True) -> None:
        begins = operation_update is not None and operation_update.action is OperationAction.START
        if begins and getattr(self._service_client, "holding", False):
            raise SuspendExecution("The process stops; the next one goes on here.")
        checkpoint(self, operation_update, is_sync)

    return create_checkpoint


class StoppingExecutor(FairExecutor):
    """The SDK's executor, with a stop that loses no step. ``client``: of the invoker that it was given."""

    client: Client

    def hold(self) -> None:
        """Call no handler any more, and let those that run begin no operation."""
        self.client.holding = True

    def answers(self) -> bool:
        """Whether the loop that calls the handlers takes part."""
        answered = threading.Event()
        with suppress(RuntimeError):  # it is closed
            self._scheduler._loop.call_soon_threadsafe(answered.set)
        return answered.wait(_ANSWER_S)

    def busy(self) -> list[str]:
        """The names of the executions whose handler is being called."""
        workers = dict(self._registry._workers)
        return sorted(execution_name(arn) for arn, each in workers.items() if each.status is InvocationState.INVOKING)

    def _begin_invocation(self, execution_arn: str) -> Any:
        return None if self.client.holding else super()._begin_invocation(execution_arn)

    def _finish_invocation(self, execution_arn: str, invoke_response: InvokeResponse, *times: Any) -> None:
        if self.client.holding and invoke_response.invocation_output.status is InvocationStatus.PENDING:
            # It may wait for nothing, which the SDK takes for a fault of the handler.
            self._set_invocation_gate(execution_arn, InvocationState.PRE_INVOKE)
            return
        super()._finish_invocation(execution_arn, invoke_response, *times)
