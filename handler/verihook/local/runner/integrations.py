"""What a Task calls on one machine: functions of this process, payloads, services at an endpoint, APIs over HTTP."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from verihook.adapters.printable import words
from verihook.errors import VerihookError
from verihook.local.runner.arns import ACCOUNT, REGION
from verihook.local.runner.aws_services import AwsServices, no_workers
from verihook.local.runner.http_tasks import HttpTasks
from verihook.local.states import lambda_calls
from verihook.local.states.effects import Call, Failed, Stimulus, Submitted, Succeeded
from verihook.local.states.errors import RUNTIME, StateError
from verihook.local.states.resources import Resource, check_resource
from verihook.model.instance import parse_execution_name
from verihook.strict_json import parse
from verihook.worker.current_instance import INSTANCE

_log = logging.getLogger(__name__)

#: A function takes the event and gives what can be written as JSON; what it raises is the task's failure.
Function = Callable[[Any], object]

#: Of an environment without endpoints.
NO_SERVICES = AwsServices({})
#: Of a hooks.toml without connections.
NO_CONNECTIONS = HttpTasks()

#: Why a Task with Credentials is not run.
NO_ROLES = "one machine assumes no role, so the call would not be made as the account that is meant"

#: (bucket, key) -> the text, None if there is none.
ReadPayload = Callable[[str, str], str | None]


@dataclass(frozen=True, slots=True)
class Integrations:
    """``functions``: by name, read at each call. A call that is offered here always gets an answer."""

    functions: Mapping[str, Function] = field(default_factory=dict)
    read_payload: ReadPayload | None = None
    services: AwsServices = NO_SERVICES
    http: HttpTasks = NO_CONNECTIONS

    def make(self, call: Call, arns: tuple[str, ...] = ()) -> Stimulus:
        """Make the call in this thread, and return what it led to. ``arns``: of the machine and the execution."""
        # What a function logs is of this instance; what this thread does next may be of another.
        token = INSTANCE.set(_instance_of(arns))
        try:
            return self._make(call, arns)
        finally:
            INSTANCE.reset(token)

    def _make(self, call: Call, arns: tuple[str, ...]) -> Stimulus:
        resource = call.resource
        if call.credentials is not None:
            return Failed(call.call, RUNTIME, f"Credentials: {NO_ROLES}")
        if _is_lambda(resource):
            return self._invoke(call)
        if _reads_object(resource):
            return self._read(call)
        return self._ask(call, arns)

    def _ask(self, call: Call, arns: tuple[str, ...] = ()) -> Stimulus:
        try:
            if why := why_not_offered(call.resource, self.services, self.http):
                return Failed(call.call, RUNTIME, why)
            over_http = _is_http(call.resource)
            told = self.http.call(call.arguments) if over_http else self.services.call(call, arns)
        except StateError as error:
            return Failed(call.call, error.name, error.cause)
        except Exception as error:  # noqa: BLE001  # a task that gets no answer would wait for ever
            _log.error("a call of a state machine failed", exc_info=error)
            return Failed(call.call, RUNTIME, f"The call could not be made: {words(error)}")
        return Submitted(call.call, told) if call.resource.pattern == "callback" else Succeeded(call.call, told)

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
        if text is None and self.services.why_not(_GET_OBJECT) is None:
            told = self._ask(replace(call, resource=_GET_OBJECT))
            # An ItemReader takes the text itself.
            if isinstance(told, Succeeded) and not call.resource.sdk:
                return Succeeded(call.call, told.output["Body"])
            return told
        if text is None:
            return Failed(call.call, "S3.NoSuchKeyException", "The specified key does not exist.")
        if not call.resource.sdk:  # an ItemReader, which takes the text itself
            return Succeeded(call.call, text)
        return Succeeded(call.call, {"Body": text, "ContentLength": len(text.encode("utf-8", "surrogatepass"))})


#: Of a machine that calls nothing.
NO_INTEGRATIONS = Integrations()

#: GetObject at an endpoint, for a Task and for an ItemReader.
_GET_OBJECT = check_resource("arn:aws:states:::aws-sdk:s3:getObject", express=False)


def _instance_of(arns: tuple[str, ...]) -> str:
    name = parse_execution_name(arns[1].split(":")[7]) if arns else None
    return name[0] if name else ""


def _is_lambda(resource: Resource) -> bool:
    return resource.kind == "lambda" or (resource.service, resource.action) == ("lambda", "invoke")


def _reads_object(resource: Resource) -> bool:
    return (resource.service, resource.action) == ("s3", "getObject")


def _is_http(resource: Resource) -> bool:
    return resource.service == "http" and not resource.sdk


def why_not_offered(
    resource: Resource, services: AwsServices = NO_SERVICES, http: HttpTasks = NO_CONNECTIONS
) -> str | None:
    """Say in words why this cannot be called on one machine; None if it can. Raises ConfigurationError."""
    if _is_ours(resource):
        return None
    if resource.kind == "activity":
        return None if services.has_workers else no_workers(resource)
    return http.why_not(resource) if _is_http(resource) else services.why_not(resource)


def wrong_in(
    resource: Resource, given: object, services: AwsServices, http: HttpTasks
) -> Iterator[tuple[str, str, bool]]:
    """Yield (field, what is wrong, whether AWS would take it) of the Arguments or Parameters of what can be called."""
    if resource.kind != "service" or _is_ours(resource) or not isinstance(given, dict):
        return
    if _is_http(resource):
        yield from http.wrong_in(given)
        return
    for name in services.unknown_fields(resource, given):
        yield name, f"The field {name!r} is not supported by Step Functions", False


def _is_ours(resource: Resource) -> bool:
    starts = (resource.service, resource.action, resource.sdk) == ("states", "startExecution", False)
    return _is_lambda(resource) or _reads_object(resource) or starts
