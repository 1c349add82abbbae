"""Errors of AWS's services as Step Functions names them: by the SDK for Java 1 if the integration is optimized, else 2.

https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from verihook.adapters.aws.errors import AwsError, ServiceError
from verihook.local.runner.optimized import optimized
from verihook.local.runner.sdk_names import service_name
from verihook.local.states.data import text_of
from verihook.local.states.errors import RUNTIME, StateError
from verihook.local.states.resources import Resource


def unusable(given: Any, why: str) -> StateError:
    """Return the error of parameters that cannot be sent."""
    said = " ".join(why.split())
    return StateError(RUNTIME, f"The Parameters '{text_of(given)}' could not be used to start the Task: [{said}]")


def state_error(resource: Resource, model: Any, error: AwsError, given: Any) -> StateError:
    """Return the error of a Task. ``model``: botocore's of the service; ``given``: the parameters."""
    found = optimized(resource)
    prefix = service_name(str(model.service_id)) if found is None else found.prefix
    if not isinstance(error, ServiceError):
        return StateError(f"{prefix}.SdkClientException", str(error))
    if not error.response:  # boto3 has not sent it
        return unusable(given, error.message)
    name = _name(model, error)
    if name is None:
        name = prefix if found is None else f"Amazon{prefix}"
    cause = _cause(prefix, error) if found is None else _cause_of_optimized(found.spoken, error)
    return StateError(f"{prefix}.{name}Exception", cause)


def _name(model: Any, error: ServiceError) -> str | None:
    """The name of an error that the service's model has, without the ending."""
    for code in (error.code, str(_details(error).get("QueryErrorCode"))):
        shape = model.shape_for_error_code(code)
        if shape is not None:
            return str(shape.name).removesuffix("Exception")
    return None


def _details(error: ServiceError) -> Mapping[str, Any]:
    details: Mapping[str, Any] = error.response.get("Error", {})
    return details


def _cause(prefix: str, error: ServiceError) -> str:
    told = error.response.get("ResponseMetadata", {})
    said = f"Service: {prefix}, Status Code: {told.get('HTTPStatusCode')}, Request ID: {told.get('RequestId')}"
    extended = f", Extended Request ID: {told['HostId']}" if told.get("HostId") else ""
    return f"{error.message} ({said}{extended})"


def _cause_of_optimized(spoken: str, error: ServiceError) -> str:
    told = error.response.get("ResponseMetadata", {})
    said = f"Service: {spoken}; Status Code: {told.get('HTTPStatusCode')}; Error Code: {error.code}"
    return f"{error.message} ({said}; Request ID: {told.get('RequestId')}; Proxy: null)"
