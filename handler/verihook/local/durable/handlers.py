"""How the handlers of durable workflows are called: one that leaves its process ends itself alone."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from typing import Any
from uuid import uuid4

from aws_durable_execution_sdk_python import execution
from aws_durable_execution_sdk_python.lambda_service import (
    DurableExecutionInvocationOutput,
    ErrorObject,
    InvocationStatus,
)
from aws_durable_execution_sdk_python_testing.child_dispatcher import FunctionRegistry, RegisteredFunction
from aws_durable_execution_sdk_python_testing.client import InMemoryServiceClient
from aws_durable_execution_sdk_python_testing.exceptions import ResourceNotFoundException
from aws_durable_execution_sdk_python_testing.invoker import InProcessInvoker, InvokeResponse
from aws_durable_execution_sdk_python_testing.model import LambdaContext

from verihook.local.durable.arns import REGION, VERSION, function_arn, instance_of
from verihook.local.durable.store import Store
from verihook.local.durable.workflows import Handler, Workflows
from verihook.worker.current_instance import INSTANCE

_log = logging.getLogger(__name__)

#: The longest that Lambda lets an execution take, in seconds: 366 days.
#: https://docs.aws.amazon.com/lambda/latest/api/API_DurableConfig.html
LONGEST = 31_622_400


class Invoker(InProcessInvoker):
    """Calls handlers; the store knows which."""

    def __init__(self, workflows: Workflows, client: InMemoryServiceClient, store: Store) -> None:
        super().__init__(_no_handler, client, region=REGION)
        self._workflows = workflows
        self._kept = store

    def _resolve_handler(self, function_name: str) -> Handler:
        return self._workflows.handler(function_name.partition(":")[0])

    def invoke(self, function_name: str, input: Any, *_: Any, **__: Any) -> Any:
        """One call of a handler; what it makes of the execution."""
        request = str(uuid4())
        arn = input.durable_execution_arn
        self._kept.call_begins(arn)
        INSTANCE.set(instance_of(arn))
        try:
            output = self._resolve_handler(function_name)(input, context_of(function_name.partition(":")[0], request))
        except Exception:
            raise
        except BaseException as error:  # noqa: BLE001  # sys.exit() of a workflow ends that execution, not this loop
            # The execution keeps the error's name alone, and the SDK says nothing of what is no Exception.
            _log.error("the workflow ended its thread", exc_info=error, extra={"executionArn": arn})
            output = _failed(error)
        finally:
            # After a stop the file is another process's. On a full disk the row stays: at most it counts as one death.
            with suppress(sqlite3.Error):
                self._kept.call_ends(arn)
        return InvokeResponse.from_output(output, request)


def carry_context() -> None:
    """The SDK runs a handler in a thread of its own, which from now on has the context of who called it."""
    replace: Any = setattr  # on purpose
    replace(execution, "ThreadPoolExecutor", _InContext)


class _InContext(ThreadPoolExecutor):
    def submit(self, work: Callable[..., Any], /, *arguments: Any, **options: Any) -> Future[Any]:
        return super().submit(copy_context().run, work, *arguments, **options)


def _failed(error: BaseException) -> dict[str, Any]:
    """What Lambda makes of a handler that leaves its process: the execution has failed."""
    failure = ErrorObject.from_exception(error)
    return dict(DurableExecutionInvocationOutput(status=InvocationStatus.FAILED, error=failure).to_dict())


def _no_handler(_event: Any, _context: Any) -> Any:
    raise ResourceNotFoundException("There is no such function")


def context_of(function: str, request: str) -> LambdaContext:
    """What Lambda gives a handler beside its event."""
    return LambdaContext(
        aws_request_id=request,
        function_name=function,
        function_version=VERSION,
        invoked_function_arn=function_arn(function),
    )


class Functions(FunctionRegistry):
    """Every workflow may invoke every other."""

    def __init__(self, workflows: Workflows) -> None:
        super().__init__()
        self._workflows = workflows

    def get(self, function_name: str) -> RegisteredFunction | None:
        """The workflow of this name; None if there is none."""
        name = function_name.partition(":")[0]
        if name not in self._workflows:
            return None
        handler = self._workflows.handler(name)
        return RegisteredFunction(handler, is_durable=True, execution_timeout_seconds=LONGEST)
