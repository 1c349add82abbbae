"""What a Task calls on one machine: functions of this process, and payloads by S3's GetObject."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from verihook.adapters.printable import words
from verihook.errors import VerihookError
from verihook.local.runner.arns import ACCOUNT, REGION
from verihook.local.states import lambda_calls
from verihook.local.states.effects import Call, Failed, Stimulus, Submitted, Succeeded
from verihook.local.states.errors import StateError
from verihook.local.states.resources import Resource
from verihook.strict_json import parse

_log = logging.getLogger(__name__)

#: A function takes the event and gives what can be written as JSON; what it raises is the task's failure.
Function = Callable[[Any], object]

#: (bucket, key) -> the text, None if there is none.
ReadPayload = Callable[[str, str], str | None]


@dataclass(frozen=True, slots=True)
class Integrations:
    """``functions``: by name, read at each call. A call that is offered here always gets an answer."""

    functions: Mapping[str, Function] = field(default_factory=dict)
    read_payload: ReadPayload | None = None

    def make(self, call: Call) -> Stimulus:
        """Make the call in this thread, and return what it led to."""
        resource = call.resource
        if _is_lambda(resource):
            return self._invoke(call)
        if _reads_object(resource):
            return self._read(call)
        return Failed(call.call, "States.Runtime", why_not_offered(resource))

    def _invoke(self, call: Call) -> Stimulus:
        request = str(uuid.uuid4())
        try:
            asked = lambda_calls.invocation(call.resource, call.arguments)
        except StateError as error:
            return Failed(call.call, error.name, error.cause)
        function = self.functions.get(asked.name)
        if function is None:
            error_and_cause = lambda_calls.not_found(call.resource, asked.function, request, REGION, ACCOUNT)
            return Failed(call.call, *error_and_cause)
        try:
            given = parse(json.dumps(function(asked.event), allow_nan=False))
        except Exception as error:  # noqa: BLE001  # whatever it raises is its own failure, and the task's
            if not isinstance(error, VerihookError):
                _log.error("a function of a state machine failed", exc_info=error)
            # The stack is in the log alone: a caller of the API may read this as the cause.
            return Failed(call.call, *lambda_calls.raised(type(error).__name__, words(error), request, []))
        result = lambda_calls.result(call.resource, given, request, log_tail=asked.log_tail)
        return Submitted(call.call, result) if call.resource.pattern == "callback" else Succeeded(call.call, result)

    def _read(self, call: Call) -> Stimulus:
        asked = call.arguments if isinstance(call.arguments, dict) else {}
        text = self.read_payload(str(asked.get("Bucket")), str(asked.get("Key"))) if self.read_payload else None
        if text is None:
            return Failed(call.call, "S3.NoSuchKeyException", "The specified key does not exist.")
        if not call.resource.sdk:  # an ItemReader, which takes the text itself
            return Succeeded(call.call, text)
        return Succeeded(call.call, {"Body": text, "ContentLength": len(text.encode("utf-8", "surrogatepass"))})


def _is_lambda(resource: Resource) -> bool:
    return resource.kind == "lambda" or (resource.service, resource.action) == ("lambda", "invoke")


def _reads_object(resource: Resource) -> bool:
    return (resource.service, resource.action) == ("s3", "getObject")


def why_not_offered(resource: Resource) -> str | None:
    """Say in words why this cannot be called on one machine; None if it can."""
    starts = (resource.service, resource.action, resource.sdk) == ("states", "startExecution", False)
    if _is_lambda(resource) or _reads_object(resource) or starts:
        return None
    if resource.kind == "activity":
        return f"{resource.arn}: activities are in AWS alone"
    if resource.service == "http":
        return f"{resource.arn}: an HTTP Task calls through an EventBridge connection, which is in AWS alone"
    return f"{resource.arn} is not offered on one machine"
