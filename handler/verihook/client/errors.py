"""The errors of the client, as one tree.

    ClientError
    ├── ApiError              the server refused: status, code, detail, violations, request_id
    │   ├── InvalidInput        400 413 415 422   the request is wrong; a repetition is refused, too
    │   ├── Unauthorized        401               no API key, or one that is not valid
    │   ├── Forbidden           403               the API key may not do this
    │   ├── NotFound            404               no such instance, or workflow
    │   ├── Conflict            409               the id is taken, or the status does not allow it
    │   ├── RateLimited         429               too many starts; retry_after
    │   ├── NotSupported        501               the workflow's engine cannot do this
    │   └── Unavailable         502 503 504       not reached, or no answer (status 0); retry_after
    ├── InstanceFailed        the instance ended, but not completed
    └── WaitTimeout           the instance has not ended within the time; it goes on

Any other status is an ApiError itself. Most are read from problem+json: https://www.rfc-editor.org/rfc/rfc9457
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from verihook.model.instance import Status


class ClientError(Exception):
    """The root of the client's errors."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a request failed. ``code``: for programs to compare; "" if the answer was not Verihook's.

    ``violations``: of an input, each ``{"path": [...], "pointer": "/...", "message": "..."}``. ``retry_after``: in
    seconds; None if the server did not say. ``instance_id``: of a conflict, the instance that exists.
    """

    status: int
    code: str = ""
    detail: str = ""
    violations: Sequence[dict[str, Any]] = ()
    request_id: str | None = None
    retry_after: float | None = None
    instance_id: str | None = None


class ApiError(ClientError):
    """The server refused the request, or did not answer. ``str(error)`` is one line for people."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail or f"The server answered {problem.status}.")
        self.problem = problem
        self.status = problem.status
        self.code = problem.code
        self.detail = problem.detail
        self.violations = problem.violations
        self.request_id = problem.request_id
        self.retry_after = problem.retry_after
        self.instance_id = problem.instance_id

    @staticmethod
    def of(problem: Problem) -> ApiError:
        """Return the error, of the class for its status."""
        return _KINDS.get(problem.status, ApiError)(problem)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.problem,)


class InvalidInput(ApiError):
    """The request is wrong; ``violations`` has every fault of an input."""


class Unauthorized(ApiError):
    """No API key, or one that is not valid."""


class Forbidden(ApiError):
    """The API key may not do this, or not with this workflow."""


class NotFound(ApiError):
    """No such instance or workflow, or none that the API key may see."""


class Conflict(ApiError):
    """The id is taken (by ``instance_id``), or the status of the instance does not allow the operation."""


class RateLimited(ApiError):
    """Too many starts, even after the retries."""


class NotSupported(ApiError):
    """The engine of this workflow cannot do this."""


class Unavailable(ApiError):
    """The server cannot be reached or cannot answer, even after the retries. ``status`` 0: there was no answer."""


class InstanceFailed(ClientError):
    """The instance ended, but not ``completed``. ``error`` and ``cause``: the engine's words, if there are any."""

    def __init__(self, instance_id: str, status: Status, error: str | None, cause: str | None) -> None:
        why = ": ".join(text for text in (error, cause) if text)
        super().__init__(f"The instance {instance_id} is {status}{': ' if why else ''}{why}")
        self.instance_id = instance_id
        self.status = status
        self.error = error
        self.cause = cause

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.instance_id, self.status, self.error, self.cause)


class WaitTimeout(ClientError):
    """The instance has not ended within the time; it goes on. ``status``: the last one seen."""

    def __init__(self, instance_id: str, status: Status, seconds: float) -> None:
        super().__init__(f"The instance {instance_id} is still {status} after {seconds:g} seconds; it goes on.")
        self.instance_id = instance_id
        self.status = status
        self.seconds = seconds

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.instance_id, self.status, self.seconds)


_KINDS: dict[int, type[ApiError]] = {
    400: InvalidInput,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    413: InvalidInput,
    415: InvalidInput,
    422: InvalidInput,
    429: RateLimited,
    501: NotSupported,
    0: Unavailable,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}
