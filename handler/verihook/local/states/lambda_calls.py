"""What Step Functions makes of Lambda: the event of a call, its result, and the words of its errors.

https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from verihook.local.states.data import text_of, value_of
from verihook.local.states.errors import StateError
from verihook.local.states.resources import Resource
from verihook.local.states.sdk_metadata import with_metadata


@dataclass(frozen=True, slots=True)
class Invocation:
    """A call of a function: its name or ARN as given, and the event that it gets."""

    function: str
    event: Any
    log_tail: bool = False

    @property
    def name(self) -> str:
        """The function's name alone, without account and version."""
        return self.function.split(":function:")[-1].split(":")[0] if ":" in self.function else self.function


def invocation(resource: Resource, arguments: Any) -> Invocation:
    """Return whom a Task calls with what. Raises StateError for arguments that lambda:invoke does not take."""
    if resource.kind == "lambda":
        return Invocation(resource.arn, arguments)
    name = arguments.get("FunctionName") if isinstance(arguments, dict) else None
    if not isinstance(name, str):
        raise StateError("States.Runtime", "The field 'FunctionName' is required but was missing", located=True)
    return Invocation(name, _event(arguments.get("Payload")), arguments.get("LogType") == "Tail")


def _event(payload: Any) -> Any:
    """A text that is JSON was seen to arrive as what it says."""
    if payload is None:
        return {}
    try:
        return value_of(payload) if isinstance(payload, str) else payload
    except ValueError:
        return payload


def result(resource: Resource, given: Any, request_id: str, *, log_tail: bool = False) -> Any:
    """Return the Task's result for what the function gave back."""
    if resource.kind == "lambda":
        return given
    headers = {
        "Connection": "keep-alive", "Content-Length": str(len(text_of(given).encode())),
        "Content-Type": "application/json", "X-Amz-Executed-Version": "$LATEST", "x-amzn-RequestId": request_id,
    }  # fmt: skip
    log = {"LogResult": ""} if log_tail else {}
    answer = {"ExecutedVersion": "$LATEST", **log, "Payload": given, "StatusCode": 200}
    return with_metadata(answer, headers, request_id, 200)


def raised(error_type: str, message: str, request_id: str, trace: list[str]) -> tuple[str, str]:
    """Return error and cause of a function that raised."""
    cause = {"errorMessage": message, "errorType": error_type, "requestId": request_id, "stackTrace": trace}
    return error_type, text_of(cause)


def not_found(resource: Resource, function: str, request_id: str, region: str, account: str) -> tuple[str, str]:
    """Return error and cause of a function that there is not."""
    arn = function if function.startswith("arn:") else f"arn:aws:lambda:{region}:{account}:function:{function}"
    version = "" if resource.kind == "lambda" else ":$LATEST"
    said = f"Service: AWSLambda; Status Code: 404; Error Code: ResourceNotFoundException; Request ID: {request_id}"
    error = "Lambda.ResourceNotFoundException"
    return error, f"Function not found: {arn}{version} ({said}; Proxy: null)"
