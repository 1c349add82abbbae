"""Lambda: the start of a durable execution, and the operations on it.

An operation is a method and a path. https://docs.aws.amazon.com/lambda/latest/api/welcome.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from verihook.adapters.aws.connection import Answer
from verihook.adapters.aws.errors import ServiceError
from verihook.adapters.aws.json_services import error_of, read_json, with_times
from verihook.adapters.aws.service import Call
from verihook.adapters.aws.signature import encode

_EXECUTION = "/2025-12-01/durable-executions/{DurableExecutionArn}"


@dataclass(frozen=True, slots=True)
class _Operation:
    """Where the parameters of an operation go: into the path, the query or headers; all others are members of the body.

    ``body``: the name of the parameter that is the whole body, "" if there is none.
    """

    method: str
    path: str
    query: tuple[str, ...] = ()
    headers: Mapping[str, str] | None = None
    body: str = ""


_OPERATIONS: Mapping[str, _Operation] = {
    "invoke": _Operation(
        "POST",
        "/2015-03-31/functions/{FunctionName}/invocations",
        ("Qualifier",),
        {
            "InvocationType": "x-amz-invocation-type",
            "DurableExecutionName": "x-amz-durable-execution-name",
        },
        "Payload",
    ),
    "list_durable_executions_by_function": _Operation(
        "GET",
        "/2025-12-01/functions/{FunctionName}/durable-executions",
        ("Qualifier", "DurableExecutionName", "Marker", "MaxItems"),
    ),
    "get_durable_execution": _Operation("GET", _EXECUTION, ("IncludeExecutionData",)),
    "get_durable_execution_history": _Operation(
        "GET", f"{_EXECUTION}/history", ("IncludeExecutionData", "MaxItems", "Marker")
    ),
    "stop_durable_execution": _Operation("POST", f"{_EXECUTION}/stop", body="Error"),
    "pause_durable_execution": _Operation("POST", f"{_EXECUTION}/pause"),
    "resume_durable_execution": _Operation("POST", f"{_EXECUTION}/resume"),
    "delete_durable_execution": _Operation("DELETE", _EXECUTION),
    "send_durable_execution_callback_success": _Operation(
        "POST", "/2025-12-01/durable-execution-callbacks/{CallbackId}/succeed", body="Result"
    ),
}


class Sends(Protocol):
    """A :class:`~verihook.adapters.aws.service.Service`, or what stands in for one."""

    def send(self, call: Call, error_of: Callable[[Answer, bool], ServiceError]) -> Answer:
        """See :meth:`verihook.adapters.aws.service.Service.send`."""
        ...


class LambdaClient:
    """A client with boto3's names. Raises ServiceError and Unreachable; AttributeError for what it does not have.

    A call whose answer is lost is sent again: that starts no second execution, as Lambda takes its name only once.
    """

    def __init__(self, service: Sends) -> None:
        self._service = service

    def __getattr__(self, operation: str) -> Callable[..., dict[str, Any]]:
        found = _OPERATIONS.get(operation)
        if found is None:
            raise AttributeError(f"Lambda: {operation} is not among {', '.join(sorted(_OPERATIONS))}")
        service = self._service

        def call(**parameters: Any) -> dict[str, Any]:
            answer = service.send(_call(found, parameters), _error)
            return _invoked(answer) if operation == "invoke" else read_json(answer, with_times)

        self.__dict__[operation] = call
        return call


def _invoked(answer: Answer) -> dict[str, Any]:
    """What a function returned, as bytes: ``Payload``; with ``FunctionError`` if it raised."""
    raised = answer.headers.get("x-amz-function-error")
    return {"StatusCode": answer.status, "Payload": answer.body} | ({"FunctionError": raised} if raised else {})


def _call(operation: _Operation, parameters: dict[str, Any]) -> Call:
    names = [part.partition("}")[0] for part in operation.path.split("{")[1:]]
    values = {name: str(parameters.pop(name)) for name in names}
    if not all(values.values()):
        raise ServiceError("ValidationException", f"{', '.join(names)} must not be empty")
    path = operation.path.format(**{name: encode(value) for name, value in values.items()})
    query = [(name, _word(parameters.pop(name))) for name in operation.query if name in parameters]
    headers = {
        header: str(parameters.pop(name)) for name, header in (operation.headers or {}).items() if name in parameters
    }
    body: Any = parameters.pop(operation.body, b"") if operation.body else parameters or b""
    if not isinstance(body, bytes):
        headers["content-type"] = "application/json"
        body = json.dumps(body).encode()
    return Call(operation.method, path, headers, body, query)


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _error(answer: Answer, retried: bool) -> ServiceError:
    return error_of(answer, read_json, retried=retried)
