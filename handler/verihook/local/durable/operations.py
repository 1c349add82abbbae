"""The operations of the Lambda API that durable executions need, with AWS's checks, codes and answers.

https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from aws_durable_execution_sdk_python.lambda_service import ErrorObject
from aws_durable_execution_sdk_python_testing.exceptions import ResourceNotFoundException
from aws_durable_execution_sdk_python_testing.execution import Execution

from verihook.errors import ConfigurationError
from verihook.local.durable.arns import function_arn, is_execution_name, parse_function
from verihook.local.durable.mends import Executions
from verihook.local.durable.messages import ApiAnswer, ApiError, ApiRequest
from verihook.local.durable.store import Store
from verihook.local.durable.workflows import Workflows
from verihook.strict_json import parse

#: 256 KiB, and room for what a long name of an attempt adds.
_MAX_INPUT = 262_144 + 256
_CALLBACK = re.compile(r"[A-Za-z0-9+/]{1,1022}={0,2}", re.ASCII)

_Operation = Callable[["Operations", str, ApiRequest], ApiAnswer]


class Operations:
    """What the endpoint serves."""

    def __init__(self, store: Store, executions: Executions, workflows: Workflows) -> None:
        self._store = store
        self._executions = executions
        self._workflows = workflows

    def answer(self, request: ApiRequest) -> ApiAnswer:
        """Do what is asked. Raises ApiError."""
        match request.path:
            case ("2015-03-31", "functions", subject, "invocations"):
                action = "invoke"
            case ("2025-12-01", "functions", subject, "durable-executions"):
                action = "list"
            case ("2025-12-01", "durable-executions", subject):
                action = "execution"
            case ("2025-12-01", "durable-executions" | "durable-execution-callbacks", subject, action):
                pass
            case _:
                subject, action = "", ""
        operation = _OPERATIONS.get((request.method, action))
        if operation is None:
            raise ApiError("UnknownOperationException", f"{request.method} is not offered on one machine", 404)
        return operation(self, subject, request)

    def invoke(self, function: str, request: ApiRequest) -> ApiAnswer:
        """Invoke, as an event alone."""
        if request.headers.get("x-amz-invocation-type") != "Event":
            raise ApiError("InvalidParameterValueException", "On one machine a workflow is invoked as an Event alone")
        name = request.headers.get("x-amz-durable-execution-name") or str(uuid4())
        if not is_execution_name(name):
            raise ApiError("InvalidParameterValueException", f"'{name[:80]}' is no name of a durable execution")
        known = self._function(function)
        text = _json_text(request.body)
        arn, began = self._executions.start(known, name, text)
        if not began:
            details = self._load(arn).get_operation_execution_started().execution_details
            if not _same(details.input_payload if details else None, text):
                message = f"The execution {name} was started with another input"
                raise ApiError("DurableExecutionAlreadyStartedException", message, 409)
        return ApiAnswer(202, None, {"x-amz-durable-execution-arn": arn})

    def list(self, function: str, request: ApiRequest) -> ApiAnswer:
        """ListDurableExecutionsByFunction, by name or all."""
        for narrower in ("Statuses", "StartedAfter", "StartedBefore"):
            if narrower in request.query:
                raise ApiError("InvalidParameterValueException", f"{narrower} is not offered on one machine")
        found, marker = self._store.query(
            function_name=self._function(function),
            execution_name=request.query.get("DurableExecutionName"),
            limit=_number(request, "MaxItems", 100),
            offset=_number(request, "Marker", 0),
            reverse_order=request.query.get("ReverseOrder") == "true",
        )
        answer: dict[str, Any] = {"DurableExecutions": [self._summary(execution) for execution in found]}
        return ApiAnswer(200, answer | ({"NextMarker": marker} if marker else {}))

    def get(self, arn: str, request: ApiRequest) -> ApiAnswer:
        """GetDurableExecution."""
        execution = self._load(arn)
        details = self._executions.get_execution_details(arn).to_dict()
        details |= self._summary(execution)
        details["ExecutionDataIncluded"] = request.query.get("IncludeExecutionData") != "false"
        if not details["ExecutionDataIncluded"]:
            for member in ("InputPayload", "Result", "Error"):
                details.pop(member, None)
        return ApiAnswer(200, details)

    def history(self, arn: str, request: ApiRequest) -> ApiAnswer:
        """GetDurableExecutionHistory."""
        self._load(arn)
        found = self._executions.get_execution_history(
            arn,
            include_execution_data=request.query.get("IncludeExecutionData") == "true",
            reverse_order=request.query.get("ReverseOrder") == "true",
            marker=request.query.get("Marker"),
            max_items=_number(request, "MaxItems", 1000),
        )
        return ApiAnswer(200, found.to_dict())

    def stop(self, arn: str, request: ApiRequest) -> ApiAnswer:
        """StopDurableExecution; the error that is given is kept."""
        self._load(arn)
        stopped = self._executions.stop_execution(arn, _error(request.body))
        return ApiAnswer(200, {"StopTimestamp": stopped.stop_timestamp})

    def pause(self, arn: str, _request: ApiRequest) -> ApiAnswer:
        """PauseDurableExecution."""
        if self._load(arn).is_complete:
            raise ApiError("ResourceConflictException", "The execution has ended", 409)
        self._executions.pause(arn)
        return ApiAnswer(202, {})

    def resume(self, arn: str, _request: ApiRequest) -> ApiAnswer:
        """ResumeDurableExecution."""
        if not self._load(arn).is_paused:
            raise ApiError("ResourceConflictException", "The execution is not paused", 409)
        self._executions.resume_execution(arn)
        return ApiAnswer(202, {})

    def delete(self, arn: str, _request: ApiRequest) -> ApiAnswer:
        """DeleteDurableExecution; done when it answers."""
        execution = self._load(arn)
        if not execution.is_complete:
            raise ApiError("ResourceConflictException", "The execution has not ended", 409)
        self._store.remove(arn)
        ended = execution.get_operation_execution_started().end_timestamp
        return ApiAnswer(202, {"DeletionRequestTimestamp": ended})

    def succeed(self, callback: str, request: ApiRequest) -> ApiAnswer:
        """SendDurableExecutionCallbackSuccess."""
        return self._callback(callback, lambda id: self._executions.send_callback_success(id, request.body))

    def fail(self, callback: str, request: ApiRequest) -> ApiAnswer:
        """SendDurableExecutionCallbackFailure."""
        return self._callback(callback, lambda id: self._executions.send_callback_failure(id, _error(request.body)))

    def heartbeat(self, callback: str, _request: ApiRequest) -> ApiAnswer:
        """SendDurableExecutionCallbackHeartbeat."""
        return self._callback(callback, self._executions.send_callback_heartbeat)

    def _callback(self, callback: str, act: Callable[[str], Any]) -> ApiAnswer:
        if not _CALLBACK.fullmatch(callback):
            raise ApiError("InvalidParameterValueException", "This is no id of a callback")
        try:
            act(callback)
        except ResourceNotFoundException as error:
            raise ApiError("ResourceNotFoundException", "No execution waits for this callback", 404) from error
        return ApiAnswer(200, {})

    def _function(self, identifier: str) -> str:
        """Return the function's name. Raises ApiError, with the loader's words, if it cannot be loaded."""
        name = parse_function(identifier)
        try:
            self._workflows.handler(name or "")
        except ConfigurationError as error:
            raise ApiError("ResourceNotFoundException", str(error), 404) from error
        return str(name)

    def _load(self, arn: str) -> Execution:
        try:
            return self._store.load(arn)
        except ResourceNotFoundException as error:
            raise ApiError("ResourceNotFoundException", "There is no such durable execution", 404) from error

    def _summary(self, execution: Execution) -> dict[str, Any]:
        own = execution.get_operation_execution_started()
        summary: dict[str, Any] = {
            "DurableExecutionArn": execution.durable_execution_arn,
            "DurableExecutionName": execution.start_input.execution_name,
            "FunctionArn": function_arn(execution.start_input.function_name),
            "Status": self._executions.status(execution),
            "StartTimestamp": own.start_timestamp,
        }
        return summary | ({"EndTimestamp": own.end_timestamp} if own.end_timestamp else {})


_OPERATIONS: dict[tuple[str, str], _Operation] = {
    ("POST", "invoke"): Operations.invoke,
    ("GET", "list"): Operations.list,
    ("GET", "execution"): Operations.get,
    ("DELETE", "execution"): Operations.delete,
    ("GET", "history"): Operations.history,
    ("POST", "stop"): Operations.stop,
    ("POST", "pause"): Operations.pause,
    ("POST", "resume"): Operations.resume,
    ("POST", "succeed"): Operations.succeed,
    ("POST", "fail"): Operations.fail,
    ("POST", "heartbeat"): Operations.heartbeat,
}


def _number(request: ApiRequest, name: str, otherwise: int) -> int:
    given = request.query.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and int(given) > 0 else otherwise


def _json_text(body: bytes) -> str:
    if len(body) > _MAX_INPUT:
        raise ApiError("RequestTooLargeException", f"The input is larger than {_MAX_INPUT} bytes", 413)
    try:
        text = body.decode()
        parse(text)
    except ValueError as error:
        raise ApiError("InvalidRequestContentException", "Could not parse the input as JSON") from error
    return text


def _same(one: str | None, other: str) -> bool:
    """Whether two JSON texts mean the same; 1, 1.0 and true differ, white space and key order do not matter."""
    return one is not None and (one == other or _canonical(one) == _canonical(other))


def _canonical(text: str) -> str:
    return json.dumps(parse(text), sort_keys=True)


def _error(body: bytes) -> ErrorObject | None:
    try:
        content = parse(body or b"{}")
    except ValueError as error:
        raise ApiError("InvalidParameterValueException", "The error is not JSON") from error
    return ErrorObject.from_dict(content) if isinstance(content, dict) and content else None
