"""How large a result may be: Lambda's own bounds, which the testing SDK does not know.

Lambda refuses a step's result above 256 KiB; the SDK keeps one above 750 KiB waiting for ever. Here such a step has
failed, without another try: its next result would be as large.
https://github.com/aws/aws-durable-execution-sdk-python/issues/342
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import Any

from aws_durable_execution_sdk_python.exceptions import ExecutionError, StepError
from aws_durable_execution_sdk_python.execution import LAMBDA_RESPONSE_SIZE_LIMIT as MAX_OUTPUT
from aws_durable_execution_sdk_python.lambda_service import (
    ErrorObject,
    OperationAction,
    OperationType,
    OperationUpdate,
)
from aws_durable_execution_sdk_python.operation.step import StepOperationExecutor
from aws_durable_execution_sdk_python.state import ExecutionState

#: The largest result of a step, or state of a condition, in bytes of UTF-8.
MAX_STEP = 262_144


class OutputTooLarge(ExecutionError):
    """The handler returned more than Lambda answers: the execution has failed."""


class StepResultTooLarge(Exception):
    """A step returned more than Lambda keeps."""


@cache
def mend_results() -> None:
    """Have the SDK of the handlers heed the bounds, once in a process."""
    replace: Any = setattr  # the methods are replaced on purpose
    replace(ExecutionState, "create_checkpoint", _bounded(ExecutionState.create_checkpoint))
    replace(StepOperationExecutor, "retry_handler", _without_retry(StepOperationExecutor.retry_handler))


def _bounded(checkpoint: Callable[..., None]) -> Callable[..., None]:
    @wraps(checkpoint)
    def create_checkpoint(self: Any, operation_update: OperationUpdate | None = None, is_sync: bool = True) -> None:
        if operation_update is not None and operation_update.payload is not None:
            _check(operation_update, len(operation_update.payload.encode("utf-8", "surrogatepass")))
        checkpoint(self, operation_update, is_sync)

    return create_checkpoint


def _check(update: OperationUpdate, size: int) -> None:
    if update.operation_type is OperationType.STEP and size > MAX_STEP:
        raise StepResultTooLarge(
            f"The result of the step {update.name or ''!r} has {size:,} bytes, and {MAX_STEP:,} at most are kept: "
            "keep it elsewhere, and return where it is."
        )
    # Only what Lambda's answer has no room for is written so.
    if update.operation_type is OperationType.EXECUTION and update.action is OperationAction.SUCCEED:
        raise OutputTooLarge(
            f"The output has {size:,} bytes, and {MAX_OUTPUT:,} at most are kept: "
            "keep it elsewhere, and return where it is."
        )


def _without_retry(retry: Callable[..., None]) -> Callable[..., None]:
    @wraps(retry)
    def retry_handler(self: Any, error: Exception, checkpointed_result: Any) -> None:
        if not isinstance(error, StepResultTooLarge):
            retry(self, error, checkpointed_result)
            return
        failure = ErrorObject.from_exception(error)
        self.state.create_checkpoint(OperationUpdate.create_step_fail(self.operation_identifier, failure))
        failure.raise_as_operation_error(StepError)

    return retry_handler
