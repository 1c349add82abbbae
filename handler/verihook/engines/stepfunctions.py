"""The Step Functions engine, over a boto3 client: AWS itself or the interpreter of one machine.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from verihook.engines.steps import steps_of
from verihook.errors import EngineRefused, EngineUnavailable
from verihook.instance import Progress, Status, Step

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

#: Step Functions' words and ours.
#: https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html
STATUSES: Mapping[str, Status] = {
    "RUNNING": "running",
    "PENDING_REDRIVE": "running",
    "SUCCEEDED": "completed",
    "FAILED": "failed",
    "TIMED_OUT": "timed_out",
    "ABORTED": "terminated",
}

#: What no repetition mends: the input or the name is not acceptable.
_NEVER = frozenset({"InvalidExecutionInput", "InvalidName", "ValidationException"})


def progress_of(detail: Mapping[str, Any]) -> Progress:
    """Read an answer of DescribeExecution or the ``detail`` of EventBridge's "Step Functions Execution Status Change".

    EventBridge leaves an output out where the event would be larger than 248 KB (``outputDetails.included`` is false):
    then ``output`` is None although the status is ``completed``, and ``describe`` has it.
    A status that we do not know is never an end: ``running``.
    https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
    """
    status = STATUSES.get(str(detail.get("status")), "running")
    return Progress(status, detail.get("output"), detail.get("error"), detail.get("cause"))


class StepFunctionsEngine:
    """Executions of state machines. A definition is a machine's name, or its full ARN (also of a version or alias).

    The client brings timeouts and retries; it may be shared by threads.
    """

    #: Bytes of UTF-8. https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
    max_input = 262144

    def __init__(self, client: SFNClient, arn_prefix: str) -> None:
        """``arn_prefix`` ends in ``:stateMachine:``; ``arn_prefix + definition`` is the machine's ARN."""
        self._client = client
        self._arn_prefix = arn_prefix

    def start(self, definition: str, name: str, input: str) -> None:
        """StartExecution, idempotent by name. A machine that is missing may be deployed yet: EngineUnavailable."""
        if len(input.encode(errors="surrogatepass")) > self.max_input:
            raise EngineRefused(f"The input is larger than the {self.max_input} bytes that Step Functions takes.")
        try:
            self._client.start_execution(stateMachineArn=self._machine(definition), name=name, input=input)
        except ClientError as error:
            code = _code(error)
            if code == "ExecutionAlreadyExists":
                return
            if code in _NEVER:
                raise EngineRefused("Step Functions does not take this input or name.") from error
            raise EngineUnavailable("Step Functions could not start the execution.") from error
        except ParamValidationError as error:
            raise EngineRefused("Step Functions does not take this input or name.") from error
        except BotoCoreError as error:
            raise EngineUnavailable("Step Functions could not be reached.") from error

    def describe(self, definition: str, name: str) -> Progress | None:
        """DescribeExecution; None where there is none, which is also so 90 days after its end."""
        with _unavailable():
            try:
                return progress_of(self._client.describe_execution(executionArn=self._execution(definition, name)))
            except self._client.exceptions.ExecutionDoesNotExist:
                return None

    def stop(self, definition: str, name: str, cause: str) -> None:
        """StopExecution; ``cause`` is cut to what it holds."""
        with _unavailable():
            try:
                self._client.stop_execution(executionArn=self._execution(definition, name), cause=cause[:32768])
            except self._client.exceptions.ExecutionDoesNotExist:
                return

    def steps(self, definition: str, name: str) -> list[Step]:
        """GetExecutionHistory, all its pages: up to 25,000 events."""
        pages = self._client.get_paginator("get_execution_history")
        with _unavailable():
            try:
                answers = pages.paginate(
                    executionArn=self._execution(definition, name), PaginationConfig={"PageSize": 1000}
                )
                return steps_of(event for answer in answers for event in answer["events"])
            except self._client.exceptions.ExecutionDoesNotExist:
                return []

    def _machine(self, definition: str) -> str:
        return definition if definition.startswith("arn:") else self._arn_prefix + definition

    def _execution(self, definition: str, name: str) -> str:
        """An execution's ARN names the machine without version or alias."""
        parts = self._machine(definition).split(":")
        return ":".join([*parts[:5], "execution", parts[6], name])


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code"))


@contextmanager
def _unavailable() -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise EngineUnavailable("Step Functions did not answer.") from error
