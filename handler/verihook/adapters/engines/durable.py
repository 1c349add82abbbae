"""The engine of Lambda durable functions, over a client of boto3's names: AWS itself or the runner of one machine.

https://docs.aws.amazon.com/lambda/latest/dg/durable-functions.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from verihook.adapters.aws.errors import AwsError, ServiceError
from verihook.adapters.engines.durable_history import error_of, steps_of
from verihook.adapters.engines.durable_names import durable_name, instance_of, with_instance
from verihook.adapters.input_size import check_size
from verihook.adapters.translation import ErrorTranslation
from verihook.errors import EngineRefused, EngineUnavailable, NotSupported
from verihook.model.instance import Progress, Status, Step
from verihook.strict_json import parse

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

    from verihook.adapters.engine_parts import EngineParts

#: Lambda's words and ours. Only an execution that has ended is deleted.
#: https://docs.aws.amazon.com/lambda/latest/api/API_GetDurableExecution.html
STATUSES: Mapping[str, Status] = {
    "RUNNING": "running",
    "PAUSING": "suspended",
    "PAUSED": "suspended",
    "SUCCEEDED": "completed",
    "FAILED": "failed",
    "TIMED_OUT": "timed_out",
    "STOPPED": "terminated",
    "DELETING": "terminated",
}

#: The largest answer to a callback, in bytes of UTF-8. Lambda's own limit is higher; what Step Functions takes is the
#: same for every engine, so that an event does not depend on the engine that waits for it.
MAX_ANSWER = 262144

#: Codes that come again at every try: the input is not acceptable. A function that is not durable, or has no alias, is
#: a mistake of the operator (InvalidParameterValueException): accepted instances wait until it is corrected.
_NEVER_ACCEPTED = frozenset(
    {
        "InvalidRequestContentException",
        "RequestTooLargeException",
        "UnsupportedMediaTypeException",
        "ValidationException",
    }
)

#: The callback was answered, has timed out, or never was.
_NOT_AWAITED = frozenset(
    {
        "ResourceNotFoundException",
        "CallbackTimeoutException",
        "InvalidParameterValueException",
        "ValidationException",
    }
)

#: There is no such function or execution.
_NO_EXECUTION = "ResourceNotFoundException"

_translated_errors = ErrorTranslation(AwsError, lambda _: EngineUnavailable("Lambda did not answer."))

_HAS_ENDED = frozenset({_NO_EXECUTION, "ResourceConflictException"})


def progress_of(detail: Mapping[str, Any]) -> Progress:
    """Read an answer of GetDurableExecution, or the ``detail`` of EventBridge's "Durable Execution Status Change".

    Such an event (source ``aws.lambda``) has ``durableExecutionArn``, ``durableExecutionName``, ``functionArn``,
    ``status`` and ``startTimestamp``, but neither output nor error: ``describe`` has them. Its shape is taken from
    AWS's guide, not from a service model, so that a recorder should take it as a hint and ask ``describe``.
    A status that we do not know is never an end: ``running``.
    https://docs.aws.amazon.com/lambda/latest/dg/durable-monitoring.html
    """
    status = STATUSES.get(str(detail.get("Status") or detail.get("status")), "running")
    error, cause = error_of(detail.get("Error"))
    return Progress(status, detail.get("Result"), error, cause)


def attempt_of(detail: Mapping[str, Any]) -> tuple[str, int] | None:
    """Return the instance id and attempt of such an event or answer; None if it is not of an instance of ours."""
    name = str(detail.get("DurableExecutionName") or detail.get("durableExecutionName") or "")
    return instance_of(name, lambda: parse(str(detail.get("InputPayload") or "null")))


#: The AWS service that the engine asks.
SERVICE = "lambda"


def make(parts: EngineParts) -> DurableEngine:
    """The engine of a deployment."""
    return DurableEngine(parts.client(SERVICE), parts.function_prefix, parts.alias)


class DurableEngine:
    """Executions of durable functions. A definition is a function's name without the prefix, or its full ARN.

    The client brings timeouts and retries; it may be shared by threads.
    """

    #: Bytes of UTF-8 that an asynchronous start is sure to take.
    #: https://docs.aws.amazon.com/lambda/latest/api/API_GetDurableExecution.html
    max_input = 262144

    #: Lambda takes the name of an execution once.
    keeps_names = True

    continues = False

    def __init__(self, client: LambdaClient, function_prefix: str, qualifier: str = "$LATEST") -> None:
        """``function_prefix + definition`` is the function's name.

        ``qualifier``: the version or alias that new executions run; Lambda starts no durable execution without one.
        An execution stays with the version that it began with.
        """
        self._client: Any = client  # the stubs do not know Pause, Resume and Delete yet
        self._prefix = function_prefix
        self._qualifier = qualifier

    def start(self, definition: str, name: str, input: str, connection: str | None = None) -> Status:
        """Invoke asynchronously, idempotent by name. EngineUnavailable for a function that is not deployed yet."""
        check_size(input, self.max_input, "input", "Lambda")
        try:
            content = parse(input)
            self._client.invoke(
                FunctionName=self._function(definition),
                Qualifier=self._version(definition),
                InvocationType="Event",
                DurableExecutionName=durable_name(name),
                Payload=with_instance(name, input, content, connection).encode(),
            )
        except ServiceError as error:
            if error.code == "DurableExecutionAlreadyStartedException":
                return "running"
            if error.code in _NEVER_ACCEPTED:
                raise EngineRefused("Lambda does not take this input or name.") from error
            unavailable = EngineUnavailable("Lambda could not start the execution.")
            unavailable.throttled = error.throttled
            raise unavailable from error
        except (ValueError, RecursionError) as error:
            raise EngineRefused("Lambda does not take this input or name.") from error
        except AwsError as error:
            raise EngineUnavailable("Lambda could not be reached.") from error
        return "running"

    def run(self, definition: str, name: str, input: str) -> Progress:  # noqa: ARG002  # the port's
        """Raise NotSupported: a durable function may wait for days, and a request cannot."""
        raise NotSupported("The engine 'durable' cannot run an instance to its end within a request.")

    def describe(self, definition: str, name: str, arn: str | None = None) -> Progress | None:
        """GetDurableExecution; None if there is no such execution, or its retention is over.

        Without ``arn`` the execution is looked for by ListDurableExecutionsByFunction, which may lag behind.
        """
        with _translated_errors:
            if arn is not None:
                return self._get(arn)
            found = self._find(definition, name)
            if found is None:
                return None
            status = STATUSES.get(found["Status"], "running")
            if status in ("running", "suspended") or found["Status"] == "DELETING":
                return Progress(status)
            return self._get(found["DurableExecutionArn"])

    def stop(self, definition: str, name: str, cause: str) -> None:
        """StopDurableExecution; an execution that has ended is left as it is."""
        error = {"ErrorType": "Terminated", "ErrorMessage": cause[:32768]}
        self._act_on(
            definition, name, lambda arn: self._client.stop_durable_execution(DurableExecutionArn=arn, Error=error)
        )

    def suspend(self, definition: str, name: str) -> bool:
        """PauseDurableExecution: the code runs on to its next checkpoint. Lambda pauses it a moment later."""
        self._act_on(definition, name, lambda arn: self._client.pause_durable_execution(DurableExecutionArn=arn))
        return True

    def resume(self, definition: str, name: str) -> None:
        """ResumeDurableExecution."""
        self._act_on(definition, name, lambda arn: self._client.resume_durable_execution(DurableExecutionArn=arn))

    def owns(self, definition: str, execution: str) -> bool:
        """By the function's name in ``arn:aws:lambda:REGION:ACCOUNT:function:NAME:VERSION/durable-execution/...``."""
        function = execution.partition("/")[0].split(":")
        return len(function) > 6 and function[6] == self._function(definition).rpartition(":")[2]

    def machine(self, definition: str) -> str | None:  # noqa: ARG002  # the port's
        """Raise NotSupported: a durable workflow is a Python function."""
        raise NotSupported("A durable workflow is a Python function: it has no state machine.")

    def check_events(self) -> None:
        """Do nothing: a durable function can wait for events."""

    def answer(self, token: str, payload: str) -> bool:
        """SendDurableExecutionCallbackSuccess; ``token`` is the callback's id.

        EngineRefused for a payload of more than MAX_ANSWER bytes.
        """
        check_size(payload, MAX_ANSWER, "payload", "a durable function")
        with _translated_errors:
            try:
                self._client.send_durable_execution_callback_success(CallbackId=token, Result=payload.encode())
            except ServiceError as error:
                if error.code not in _NOT_AWAITED:
                    raise
                if error.retried:
                    # The first try may have been taken, and its answer lost.
                    raise EngineUnavailable("Lambda did not say whether it took the answer.") from error
                return False
        return True

    def redrive(self, definition: str, name: str, token: str = "") -> bool:  # noqa: ARG002  # the port's
        """Return False: Lambda cannot go on with an execution that has failed."""
        return False

    def steps(self, definition: str, name: str) -> list[Step]:
        """GetDurableExecutionHistory, all its pages."""
        with _translated_errors:
            found = self._find(definition, name)
            if found is None:
                return []
            try:
                return steps_of(self._events(found["DurableExecutionArn"]))
            except ServiceError as error:
                if error.code != _NO_EXECUTION:
                    raise
                return []

    def _events(self, arn: str) -> Iterator[Any]:
        asked: dict[str, Any] = {"DurableExecutionArn": arn, "IncludeExecutionData": True}
        while True:
            answer = self._client.get_durable_execution_history(**asked)
            yield from answer["Events"]
            if not answer.get("NextMarker"):
                return
            asked["Marker"] = answer["NextMarker"]

    def delete(self, definition: str, name: str) -> None:
        """DeleteDurableExecution; an execution that has not ended is left alone."""
        self._act_on(definition, name, lambda arn: self._client.delete_durable_execution(DurableExecutionArn=arn))

    def _act_on(self, definition: str, name: str, act: Any) -> None:
        """Call ``act`` with the ARN of the execution, unless it is unknown or has ended."""
        with _translated_errors:
            found = self._find(definition, name)
            if found is None or found["Status"] == "DELETING":
                return
            try:
                act(found["DurableExecutionArn"])
            except ServiceError as error:
                if error.code not in _HAS_ENDED:
                    raise

    def _get(self, arn: str) -> Progress | None:
        try:
            return progress_of(self._client.get_durable_execution(DurableExecutionArn=arn))
        except ServiceError as error:
            if error.code != _NO_EXECUTION:
                raise
            return None

    def _find(self, definition: str, name: str) -> Any:
        """Return the execution of this name, of any version: names are unique within a function."""
        wanted = durable_name(name)
        function = self._function(definition)
        try:
            answer = self._client.list_durable_executions_by_function(
                FunctionName=function, DurableExecutionName=wanted
            )
        except ServiceError as error:
            if error.code != _NO_EXECUTION:
                raise
            return None
        return next((one for one in answer["DurableExecutions"] if one["DurableExecutionName"] == wanted), None)

    def _function(self, definition: str) -> str:
        return ":".join(definition.split(":")[:7]) if definition.startswith("arn:") else self._prefix + definition

    def _version(self, definition: str) -> str:
        """Return the version or alias in a full ARN, else that of the engine."""
        parts = definition.split(":")
        return parts[7] if definition.startswith("arn:") and len(parts) == 8 else self._qualifier
