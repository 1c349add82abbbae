"""boto3's clients with our own errors: the only file of the deployed functions that imports it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from verihook import deadline
from verihook.aws.errors import ServiceError, Unreachable


def client(
    service: str, proxies: dict[str, str] | None = None, *, read_timeout: int = 3, attempts: int = 2, **options: Any
) -> Any:
    """A client of boto3's that gives up early. ``options``: those of ``boto3.client``.

    ``proxies``: None for those of the environment, {} for none. ``read_timeout`` in seconds.
    """
    config = Config(
        connect_timeout=1,
        read_timeout=read_timeout,
        max_pool_connections=64,
        retries={"mode": "standard", "total_max_attempts": attempts},
        parameter_validation=False,
        proxies=proxies,
        # Else a synchronous execution is asked of sync-127.0.0.1.
        inject_host_prefix="endpoint_url" not in options,
    )
    make: Any = boto3.client  # its stubs have an overload for every service of AWS
    return Boto(make(service, config=config, **options))


class Boto:
    """A boto3 client, or the body of an answer of its, whose methods raise :class:`~verihook.aws.errors.AwsError`.

    Everything else is boto3's. Threads may share it, as they may share the client.
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        return _translated(found) if callable(found) else found


def _translated(method: Any) -> Any:
    def call(*arguments: Any, **options: Any) -> Any:
        if deadline.left_s() == 0:
            raise Unreachable("The time of this request is over.")
        with _our_errors():
            answer = method(*arguments, **options)
        if isinstance(answer, dict) and "Body" in answer:
            # S3's, which is read later and may break off.
            answer["Body"] = Boto(answer["Body"])
        return answer

    return call


@contextmanager
def _our_errors() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        response: dict[str, Any] = {**error.response}
        told = response.get("Error", {})
        retried = bool(response.get("ResponseMetadata", {}).get("RetryAttempts"))
        raise ServiceError(str(told.get("Code")), str(told.get("Message", "")), response, retried=retried) from error
    except ParamValidationError as error:
        raise ServiceError("ValidationException", str(error)) from error
    except BotoCoreError as error:
        raise Unreachable(str(error)) from error
