"""The requests and answers of an operation, as data, without I/O.

An operation is a generator (:data:`Work`): it yields a :class:`Request` and is sent the :class:`Answer`, or yields a
:class:`Pause`. The blocking and the awaited client run the same generator.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar
from urllib.parse import quote

from verihook.client.errors import ApiError, Problem

T = TypeVar("T")

#: The body of a request that has none.
NO_BODY: Any = object()


@dataclass(frozen=True, slots=True)
class Request:
    """A request. ``path`` is encoded; ``body`` is sent as JSON.

    ``repeatable``: a repetition changes nothing, so it may be sent twice. ``wait_s``: how much longer the server may
    take. ``deadline``: on the monotonic clock; no retry begins after it. ``answers``: statuses besides 2xx that are not
    errors.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = NO_BODY
    repeatable: bool = True
    wait_s: float = 0
    deadline: float | None = None
    answers: tuple[int, ...] = ()

    def content(self) -> bytes | None:
        """Return the body as bytes. Raises TypeError and ValueError for what cannot be JSON."""
        if self.body is NO_BODY:
            return None
        return json.dumps(self.body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def read(self, reader: Callable[[Any], T]) -> T:
        """Return what ``reader`` makes of the body's JSON. Raises ApiError if the answer is not Verihook's."""
        try:
            return reader(json.loads(self.body))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            detail = "The answer is not Verihook's. Check the URL, and any proxy in between."
            raise ApiError(Problem(self.status, "not-understood", detail)) from error


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The connection failed. ``sent``: the server may have received the request."""

    why: str
    sent: bool


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause, in seconds."""

    seconds: float


#: An operation that returns T. After a pause it is sent an empty answer.
Work: TypeAlias = Generator[Request | Pause, Answer, T]

#: An operation with its retries: it is sent failures of the connection, too, and raises ApiError.
RetriedWork: TypeAlias = Generator[Request | Pause, Answer | NoAnswer, T]

#: The empty answer after a pause.
AFTER_PAUSE = Answer(204, {}, b"")


def path(*segments: str) -> str:
    """Return ``/v1/…`` of these segments, each encoded. Raises ValueError for one that would change the path."""
    for segment in segments:
        if segment in ("", ".", ".."):
            raise ValueError(f"An id or a name must not be {segment!r}.")
    return "/v1/" + "/".join(quote(segment, safe=":") for segment in segments)
