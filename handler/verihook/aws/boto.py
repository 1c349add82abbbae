"""boto3's clients with our own errors: the only file that knows botocore's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from verihook.aws.errors import ServiceError, Unreachable


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
