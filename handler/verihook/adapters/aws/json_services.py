"""The services that speak JSON: DynamoDB, Step Functions, Secrets Manager, Parameter Store.

An operation is a name in a header, its parameters are the body.
https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from verihook.adapters.aws.connection import Answer
from verihook.adapters.aws.errors import ServiceError, Unreachable
from verihook.adapters.aws.service import Call, Service
from verihook.strict_json import parse

Hook = Callable[[dict[str, Any]], dict[str, Any]]

#: How the names of times end, in Step Functions and in Lambda.
_TIMES = ("Date", "timestamp", "Timestamp")


@dataclass(frozen=True, slots=True)
class Dialect:
    """``target``: what stands before the operation's name. ``operations``: boto3's names of those that there are.

    ``once``: those that are never sent twice. ``hook``: what makes boto3's values of the objects in an answer.
    """

    target: str
    version: str
    operations: frozenset[str]
    once: frozenset[str] = frozenset()
    hook: Hook | None = None


def _with_bytes(value: dict[str, Any]) -> dict[str, Any]:
    """An attribute value of type B with its bytes. A map that happens to have one member ``B`` holds no text there."""
    if len(value) == 1:
        if isinstance(blob := value.get("B"), str):
            return {"B": base64.b64decode(blob)}
        if isinstance(blobs := value.get("BS"), list):
            return {"BS": [base64.b64decode(blob) for blob in blobs]}
    return value


def with_times(value: dict[str, Any]) -> dict[str, Any]:
    """An object whose times, seconds since the epoch, are as boto3 gives them. Inputs and outputs are texts in it."""
    for name, member in value.items():
        if name.endswith(_TIMES) and isinstance(member, int | float):
            value[name] = datetime.fromtimestamp(member, UTC)
    return value


DIALECTS: Mapping[str, Dialect] = {
    "dynamodb": Dialect(
        "DynamoDB_20120810",
        "1.0",
        frozenset(
            {"get_item", "put_item", "update_item", "delete_item", "query", "batch_get_item", "batch_write_item"}
        ),
        hook=_with_bytes,
    ),
    "stepfunctions": Dialect(
        "AWSStepFunctions",
        "1.0",
        frozenset(
            {
                "start_execution",
                "start_sync_execution",
                "describe_execution",
                "describe_state_machine",
                "stop_execution",
                "redrive_execution",
                "get_execution_history",
                "send_task_success",
            }
        ),
        once=frozenset({"start_sync_execution"}),
        hook=with_times,
    ),
    "secretsmanager": Dialect("secretsmanager", "1.1", frozenset({"get_secret_value", "put_secret_value"})),
    "ssm": Dialect("AmazonSSM", "1.1", frozenset({"get_parameter", "get_parameters"})),
}


class JsonClient:
    """A client with boto3's names: ``client.put_item(TableName=..., Item=...)``. Threads may share it.

    Raises ServiceError and Unreachable; AttributeError for an operation that it does not have.
    """

    def __init__(self, service: Service, dialect: Dialect) -> None:
        self._service, self._dialect = service, dialect

    def __getattr__(self, operation: str) -> Callable[..., dict[str, Any]]:
        if operation not in self._dialect.operations:
            there = ", ".join(sorted(self._dialect.operations))
            raise AttributeError(f"{self._dialect.target}: {operation} is not among {there}")
        # Kept as an attribute, so that the next call does not come here.
        made = self.__dict__[operation] = _operation(self._service, self._dialect, operation)
        return made


def _operation(service: Service, dialect: Dialect, operation: str) -> Callable[..., dict[str, Any]]:
    headers = {
        "content-type": f"application/x-amz-json-{dialect.version}",
        "x-amz-target": f"{dialect.target}.{''.join(part.title() for part in operation.split('_'))}",
    }
    repeatable = operation not in dialect.once

    def read(answer: Answer) -> dict[str, Any]:
        return read_json(answer, dialect.hook)

    def error(answer: Answer, retried: bool) -> ServiceError:
        return error_of(answer, read, retried=retried)

    def call(**parameters: Any) -> dict[str, Any]:
        body = json.dumps(parameters, default=_text_of).encode()
        return read(service.send(Call(headers=headers, body=body, repeatable=repeatable), error))

    return call


def read_json(answer: Answer, hook: Hook | None = None) -> dict[str, Any]:
    """Return the JSON object in an answer, ``{}`` for an empty answer. Raises Unreachable for anything else."""
    try:
        content = parse(answer.body or b"{}", hook)
    except ValueError as error:
        raise Unreachable("The answer is not JSON.") from error
    if not isinstance(content, dict):
        raise Unreachable("The answer is not an object.")
    return content


def error_of(answer: Answer, read: Callable[[Answer], dict[str, Any]], *, retried: bool) -> ServiceError:
    """Return the error in an answer. Its code stands in a header or in the body; if in neither, it is the status.

    https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html#operation-error-serialization
    """
    try:
        content = read(answer)
    except Unreachable:
        content = {}
    found = answer.headers.get("x-amzn-errortype") or content.get("__type") or content.get("code") or answer.status
    code = str(found).partition(":")[0].rpartition("#")[2]
    message = content.get("message") or content.get("Message") or ""
    return ServiceError(code, str(message), content, retried=retried)


def _text_of(value: object) -> str:
    """Return how bytes stand in JSON: as base64."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} is not a type of AWS's parameters")
