"""The Step Functions engine, over a client of boto3's names: AWS itself or the interpreter of one machine.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from verihook.adapters.aws.errors import AwsError, ServiceError
from verihook.adapters.engines.steps import steps_of
from verihook.adapters.input_size import check_size
from verihook.adapters.translation import ErrorTranslation
from verihook.errors import EngineRefused, EngineUnavailable, VerihookError
from verihook.model.instance import Progress, Status, Step

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

    from verihook.adapters.engine_parts import EngineParts

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

#: Codes that come again at every try: the input or the name is not acceptable.
_NEVER_ACCEPTED = frozenset({"InvalidExecutionInput", "InvalidName", "ValidationException"})

#: The codes for a token that no task waits with: it has expired, its task has ended, or there never was one.
_NOT_AWAITED = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken", "ValidationException"})

#: There is no such execution.
_NO_EXECUTION = "ExecutionDoesNotExist"

_translated_errors = ErrorTranslation(AwsError, lambda error: _unavailable(error, "Step Functions did not answer."))


def progress_of(detail: Mapping[str, Any]) -> Progress:
    """Read an answer of DescribeExecution or the ``detail`` of EventBridge's "Step Functions Execution Status Change".

    EventBridge leaves an output out if the event would be larger than 248 KB (``outputDetails.included`` is false):
    then ``output`` is None although the status is ``completed``, and ``describe`` has it.
    A status that we do not know is never an end: ``running``.
    https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
    """
    status = STATUSES.get(str(detail.get("status")), "running")
    return Progress(status, detail.get("output"), detail.get("error"), detail.get("cause"))


#: The AWS service that the engine asks.
SERVICE = "stepfunctions"


def make(parts: EngineParts) -> StepFunctionsEngine:
    """The engine of a deployment."""
    return StepFunctionsEngine(parts.client(SERVICE), parts.machine_prefix, parts.patient(SERVICE))


class StepFunctionsEngine:
    """Executions of state machines. A definition is a machine's name, or its full ARN (also of a version or alias).

    The clients bring timeouts and retries; they may be shared by threads.
    """

    #: Bytes of UTF-8. https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
    max_input = 262144

    #: StartExecution takes a name once, also after its end.
    keeps_names = True

    continues = True

    def __init__(self, client: SFNClient, arn_prefix: str, express: SFNClient | None = None) -> None:
        """``arn_prefix`` ends in ``:stateMachine:``; ``arn_prefix + definition`` is the machine's ARN.

        ``express``: the client of :meth:`run`, which waits as long as an execution may take and never tries again.
        """
        self._client = client
        self._express = express or client
        self._arn_prefix = arn_prefix

    def start(self, definition: str, name: str, input: str, connection: str | None = None) -> Status:  # noqa: ARG002  # a Task asks for it
        """StartExecution, idempotent by name. EngineUnavailable for a missing machine: it may still be deployed."""
        check_size(input, self.max_input, "input", "Step Functions")
        try:
            self._client.start_execution(stateMachineArn=self._machine(definition), name=name, input=input)
        except AwsError as error:
            if _code(error) != "ExecutionAlreadyExists":
                raise _error_of(error, "input or name", _NEVER_ACCEPTED) from error
        return "running"

    def run(self, definition: str, name: str, input: str) -> Progress:
        """StartSyncExecution, which takes up to five minutes. EngineRefused for a Standard machine, too.

        The name does not prevent a second run: if an answer is lost, the machine may have run.
        https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartSyncExecution.html
        """
        check_size(input, self.max_input, "input", "Step Functions")
        try:
            machine = self._machine(definition)
            return progress_of(self._express.start_sync_execution(stateMachineArn=machine, name=name, input=input))
        except AwsError as error:
            raise _error_of(
                error, "input, name or kind of machine", _NEVER_ACCEPTED | {"StateMachineTypeNotSupported"}
            ) from error

    def describe(self, definition: str, name: str, arn: str | None = None) -> Progress | None:  # noqa: ARG002  # from the name
        """DescribeExecution; None if there is no such execution, or it ended more than 90 days ago."""
        with _translated_errors:
            try:
                return progress_of(self._client.describe_execution(executionArn=self._execution(definition, name)))
            except ServiceError as error:
                if error.code != _NO_EXECUTION:
                    raise
                return None

    def stop(self, definition: str, name: str, cause: str) -> None:
        """StopExecution; ``cause`` is cut to the length that it takes."""
        with _translated_errors:
            try:
                self._client.stop_execution(executionArn=self._execution(definition, name), cause=cause[:32768])
            except ServiceError as error:
                if error.code != _NO_EXECUTION:
                    raise

    def suspend(self, definition: str, name: str) -> bool:  # noqa: ARG002  # the port's
        """Step Functions suspends nothing: a gate in the machine asks whether the instance is held."""
        return False

    def resume(self, definition: str, name: str) -> None:
        """Do nothing: the instance's gate is answered instead."""

    def owns(self, definition: str, execution: str) -> bool:
        """Compare the machine's name in ``arn:aws:states:REGION:ACCOUNT:execution:MACHINE:NAME``."""
        return execution == self._execution(definition, execution.rpartition(":")[2])

    def machine(self, definition: str) -> str | None:
        """DescribeStateMachine.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeStateMachine.html
        """
        try:
            return self._client.describe_state_machine(stateMachineArn=self._machine(definition))["definition"]
        except AwsError as error:
            if _code(error) == "StateMachineDoesNotExist":
                return None
            raise EngineUnavailable("Step Functions did not answer.") from error

    def check_events(self) -> None:
        """Do nothing: a machine can wait for events, with a task token."""

    def answer(self, token: str, payload: str) -> bool:
        """SendTaskSuccess. EngineRefused if the payload is no JSON, or larger than an output can be.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html
        """
        check_size(payload, self.max_input, "payload", "Step Functions")
        try:
            self._client.send_task_success(taskToken=token, output=payload)
        except AwsError as error:
            if isinstance(error, ServiceError) and error.retried and error.code in _NOT_AWAITED:
                # The first try may have been taken, and its answer lost.
                raise EngineUnavailable("Step Functions did not say whether it took the answer.") from error
            if _code(error) in _NOT_AWAITED:
                return False
            raise _error_of(error, "payload", frozenset({"InvalidOutput"})) from error
        return True

    def redrive(self, definition: str, name: str, token: str = "") -> bool:
        """RedriveExecution: within 14 days of the end, with the definition that it was started with.

        https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
        https://docs.aws.amazon.com/step-functions/latest/apireference/API_RedriveExecution.html (clientToken)
        """
        once = {"clientToken": token} if token else {}
        try:
            self._client.redrive_execution(executionArn=self._execution(definition, name), **once)
        except AwsError as error:
            if _code(error) == "ExecutionNotRedrivable":
                # The execution may run already: redriven by another, or by a call whose answer was lost.
                found = self.describe(definition, name)
                return found is not None and found.status == "running"
            if _code(error) == _NO_EXECUTION:
                return False
            raise _error_of(error, "execution") from error
        return True

    def steps(self, definition: str, name: str) -> list[Step]:
        """GetExecutionHistory, all its pages: up to 25,000 events."""
        with _translated_errors:
            try:
                return steps_of(self._events(self._execution(definition, name)))
            except ServiceError as error:
                if error.code != _NO_EXECUTION:
                    raise
                return []

    def _events(self, execution: str) -> Iterator[Any]:
        asked: dict[str, Any] = {"executionArn": execution, "includeExecutionData": True, "maxResults": 1000}
        while True:
            answer = self._client.get_execution_history(**asked)
            yield from answer["events"]
            if not answer.get("nextToken"):
                return
            asked["nextToken"] = answer["nextToken"]

    def delete(self, definition: str, name: str) -> None:
        """Do nothing: AWS deletes an execution 90 days after its end, and cannot be asked to do so earlier."""

    def _machine(self, definition: str) -> str:
        return definition if definition.startswith("arn:") else self._arn_prefix + definition

    def _execution(self, definition: str, name: str) -> str:
        """An execution's ARN names the machine without version or alias."""
        parts = self._machine(definition).split(":")
        return ":".join([*parts[:5], "execution", parts[6], name])


def _code(error: AwsError) -> str:
    return error.code if isinstance(error, ServiceError) else ""


def _unavailable(error: AwsError, words: str) -> EngineUnavailable:
    made = EngineUnavailable(words)
    made.throttled = isinstance(error, ServiceError) and error.throttled
    return made


def _error_of(error: AwsError, what: str, never: frozenset[str] = frozenset()) -> VerihookError:
    """Return the error for a failed call: EngineRefused for the codes in ``never``, else EngineUnavailable."""
    if _code(error) in never:
        return EngineRefused(f"Step Functions does not take this {what}.")
    if isinstance(error, ServiceError):
        return _unavailable(error, "Step Functions does not do it now.")
    return EngineUnavailable("Step Functions could not be reached.")
