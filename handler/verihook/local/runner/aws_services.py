"""Services of AWS that a Task calls: at the endpoints that the environment names, and nowhere else.

https://docs.aws.amazon.com/step-functions/latest/dg/integrate-services.html
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

from verihook.adapters.aws.errors import AwsError
from verihook.config import settings
from verihook.local.runner.arns import REGION
from verihook.local.runner.optimized import is_offered, service_of, with_origin
from verihook.local.runner.sdk_names import capitalized, client_name, pascal, service_name
from verihook.local.runner.service_errors import state_error, unusable
from verihook.local.runner.shapes import Names, answer, parameters
from verihook.local.states.data import text_of
from verihook.local.states.effects import Call
from verihook.local.states.errors import StateError
from verihook.local.states.resources import Resource
from verihook.local.states.sdk_metadata import with_metadata
from verihook.model.loopback import is_on_loopback

#: A Task's TimeoutSeconds ends it earlier.
_READ_TIMEOUT_S = 60

#: As often as AWS's own SDK, whatever Retry says.
_ATTEMPTS = 3

#: What a mend can name before boto3 is imported.
_IDS = {"dynamodb": "DynamoDB", "eventbridge": "EventBridge", "s3": "S3", "sns": "SNS", "sqs": "SQS"}

_KEYS = ("aws_access_key_id", "aws_secret_access_key")


@dataclass(frozen=True, slots=True)
class _Service:
    """``id``: as AWS's models have it, "" if there is no such service; ``client``: None if it has no endpoint."""

    id: str = ""
    client: Any = None


class AwsServices:
    """Safe to use from any thread. boto3 is imported once a service is called and the environment has an endpoint."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        """``variables``: of the environment, as AWS's own clients read them. Raises ConfigurationError."""
        self._variables = variables
        self._services: dict[str, _Service] = {}
        self._lock = Lock()
        #: Whether a worker can reach the state machines, and answer a task token.
        self.has_workers = settings.states_door(variables) is not None

    def why_not(self, resource: Resource) -> str | None:
        """Say in words why this is not called here; None if it is. Raises ConfigurationError for a bad endpoint."""
        unknown = f"{resource.arn} is not offered on one machine"
        if not is_offered(resource):
            return unknown
        if resource.pattern == "callback" and not self.has_workers:
            return no_workers(resource)
        name = service_of(resource)
        if not settings.has_aws_endpoint(self._variables):
            return _no_endpoint(resource, _IDS.get(name))
        service = self._service(name)
        if not service.id:
            return f"{unknown}: boto3 knows no service {name!r}"
        if service.client is None:
            return _no_endpoint(resource, service.id)
        model, operation = service.client.meta.service_model, capitalized(resource.action)
        if operation not in model.operation_names or model.operation_model(operation).has_event_stream_output:
            return f"{unknown}: {name} has no action {resource.action!r}"
        return None

    def unknown_fields(self, resource: Resource, given: Mapping[str, Any]) -> list[str]:
        """Return what an action that is called here does not take of its Arguments or Parameters."""
        shape, names = self._operation(resource).input_shape, _names(resource)
        known = {names(name) for name in (shape.members if shape else ())}
        return [name for name in given if name.removesuffix(".$") not in known]

    def call(self, call: Call, arns: tuple[str, ...] = ()) -> Any:
        """Make a call of what :meth:`why_not` has nothing against, and return the answer as JSON. Raises StateError.

        ``arns``: of the state machine and of the execution that calls.
        """
        resource, names = call.resource, _names(call.resource)
        model, given = self._operation(resource), with_origin(resource, call.arguments, arns)
        client = self._service(service_of(resource)).client
        if not isinstance(given, dict):
            raise unusable(given, "Expected value of type Object")
        try:
            asked = parameters(model.input_shape, given, names, json_texts=not resource.sdk)
        except ValueError as error:
            raise unusable(given, str(error)) from error
        try:
            told = getattr(client, _method(client, model.name))(**asked)
            made: dict[str, Any] = answer(model.output_shape, told, names)
        except AwsError as error:
            raise state_error(resource, client.meta.service_model, error, given) from error
        if resource.sdk:
            return made
        if made.get("FailedEntryCount"):
            raise StateError("EventBridge.FailedEntry", text_of(made))
        beside = told["ResponseMetadata"]
        return with_metadata(made, beside["HTTPHeaders"], beside.get("RequestId", ""), beside["HTTPStatusCode"])

    def _operation(self, resource: Resource) -> Any:
        """What the service's model has of the action."""
        client = self._service(service_of(resource)).client
        return client.meta.service_model.operation_model(capitalized(resource.action))

    def _service(self, name: str) -> _Service:
        with self._lock:
            if name not in self._services:
                self._services[name] = self._made(name)
            return self._services[name]

    def _made(self, name: str) -> _Service:
        # Imported here: most servers call no service of AWS.
        boto = importlib.import_module("verihook.adapters.aws.boto")
        client = client_name(name, boto.known_services())
        service_id = boto.service_id(client) if client else ""
        if service_name(service_id).lower() != name:
            return _Service()
        url = settings.aws_endpoint(self._variables, service_id)
        if not url:
            return _Service(service_id)
        # An emulator takes any keys; those of the environment are used if it names some.
        made_up = {} if settings.has_aws_keys(self._variables) else dict.fromkeys(_KEYS, "verihook")
        region = settings.aws_region(self._variables, REGION)
        # A proxy of the environment is not asked for what is on this machine.
        proxies: dict[str, str] | None = {} if is_on_loopback(url) else None
        timing = {"read_timeout": _READ_TIMEOUT_S, "attempts": _ATTEMPTS}
        made = boto.client(client, proxies, checked=True, endpoint_url=url, region_name=region, **timing, **made_up)
        return _Service(service_id, made)


def no_workers(resource: Resource) -> str:
    """Say what lets a worker answer what the resource waits for."""
    return f"{resource.arn} waits for a worker of yours; set VERIHOOK_STATES_PORT and VERIHOOK_STATES_KEY to let it in"


def _names(resource: Resource) -> Names:
    return pascal if resource.sdk else capitalized


def _method(client: Any, operation: str) -> str:
    """The name of the client's method: ``get_item`` for GetItem."""
    found: Mapping[str, str] = client.meta.method_to_api_mapping
    return next(method for method, name in found.items() if name == operation)


def _no_endpoint(resource: Resource, service_id: str | None) -> str:
    its = f"{settings.aws_endpoint_variable(service_id)} or AWS_ENDPOINT_URL" if service_id else "AWS_ENDPOINT_URL"
    return f"{resource.arn} is called at an endpoint of yours alone; set {its} to the URL of an emulator"
