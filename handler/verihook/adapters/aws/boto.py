"""boto3's clients with our own errors: the only file of the deployed functions that imports it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from botocore.session import get_session

from verihook.adapters.aws.errors import ServiceError, Unreachable
from verihook.model import deadline

#: The timeouts of the clients for calls within a deadline, in seconds.
_STEPS_S = (0.3, 0.6, 0.9, 1.8, 2.7, 4.0, 6.0, 7.5)


def client(
    service: str,
    proxies: dict[str, str] | None = None,
    *,
    read_timeout: int = 3,
    attempts: int = 2,
    checked: bool = False,
    **options: Any,
) -> Any:
    """Return a boto3 client that gives up early. ``options``: those of ``boto3.client``.

    ``proxies``: None for those of the environment, {} for none. ``read_timeout`` in seconds. ``checked``: parameters
    are checked before they are sent. The client keeps the deadline of a request, unless it has an ``endpoint_url``:
    that is a server on this machine, or one that no request waits for.
    """

    def make(connect: float, read: float, tries: int) -> Any:
        config = Config(
            connect_timeout=connect,
            read_timeout=read,
            max_pool_connections=64,
            retries={"mode": "standard", "total_max_attempts": tries},
            parameter_validation=checked,
            proxies=proxies,
            # With an endpoint_url of this machine, boto3 would send StartSyncExecution to sync-127.0.0.1.
            inject_host_prefix="endpoint_url" not in options,
            # Nor is there a host for each bucket.
            s3={"addressing_style": "path"} if "endpoint_url" in options else None,
        )
        made: Any = boto3.client  # its stubs have an overload for every service of AWS
        return made(service, config=config, **options)

    hurried = None if "endpoint_url" in options else cache(lambda seconds: make(seconds, seconds, 1))
    return Boto(make(1, read_timeout, attempts), hurried)


def known_services() -> list[str]:
    """Return the names of all services that boto3 has a client of."""
    return boto3.Session().get_available_services()


def service_id(service: str) -> str:
    """Return what AWS's models call a service, by its name in boto3: ``logs`` is "CloudWatch Logs"."""
    return str(get_session().get_service_model(service).service_id)


class Boto:
    """A boto3 client, or the body of one of its answers, whose methods raise ``AwsError``.

    Everything else is boto3's. Threads may share it, as they may share the client. ``hurried``: makes a client of the
    same service whose calls take that number of seconds at most, for calls within a deadline: boto3 has no timeout of a
    call.
    """

    def __init__(self, client: Any, hurried: Callable[[float], Any] | None = None) -> None:
        self._client = client
        self._hurried = hurried

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        return self._translated(name) if callable(found) else found

    def _translated(self, name: str) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            method = getattr(self._within_the_deadline(), name)
            with _our_errors():
                answer = method(*arguments, **options)
            if isinstance(answer, dict) and "Body" in answer:
                # The body of an object in S3 is read later, and may break off then.
                answer["Body"] = Boto(answer["Body"])
            return answer

        return call

    def _within_the_deadline(self) -> Any:
        left = deadline.left_s()
        if left == 0:
            raise Unreachable("The time of this request is over.")
        if left is None or self._hurried is None:
            return self._client
        # One of a few clients, which are kept, because making a client takes a while.
        return self._hurried(max((step for step in _STEPS_S if step <= left), default=_STEPS_S[0]))


@contextmanager
def _our_errors() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        response: dict[str, Any] = {**error.response}
        details = response.get("Error", {})
        retried = bool(response.get("ResponseMetadata", {}).get("RetryAttempts"))
        code, message = str(details.get("Code")), str(details.get("Message", ""))
        raise ServiceError(code, message, response, retried=retried) from error
    except ParamValidationError as error:
        raise ServiceError("ValidationException", str(error)) from error
    except BotoCoreError as error:
        raise Unreachable(str(error)) from error
