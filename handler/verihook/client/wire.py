"""What an operation wants from its driver, and what it gets: no I/O in here.

An operation is a generator (:data:`Work`): it yields a :class:`Request` and is sent the :class:`Answer`, or yields a
:class:`Pause`. The blocking and the awaiting client drive one and the same generator.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar
from urllib.parse import quote

from verihook.client.errors import ApiError, Problem

T = TypeVar("T")

#: An operation that has no body.
NO_BODY: Any = object()


@dataclass(frozen=True, slots=True)
class Request:
    """One request. ``path`` is encoded; ``body`` is what becomes JSON.

    ``repeatable``: the same again changes nothing more, so that it may be sent twice. ``wait_s``: the server may take
    that much longer. ``deadline``: on the monotonic clock; no retry begins after it. ``answers``: statuses besides 2xx
    that are an answer and no failure.
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
        """The body as it is sent. Raises TypeError and ValueError for what is not JSON."""
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
        """The JSON of the body, read. Raises ApiError if it is none of Verihook's."""
        try:
            return reader(json.loads(self.body))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            detail = "The answer is none of Verihook's: look at the URL, and at what stands between."
            raise ApiError(Problem(self.status, "not-understood", detail)) from error


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The connection failed. ``sent``: the server may have got the request."""

    why: str
    sent: bool


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing for so many seconds."""

    seconds: float


#: What an operation is. After a pause it is sent an empty answer.
Work: TypeAlias = Generator[Request | Pause, Answer, T]

#: What a driver drives: with the retries, and every error told.
Driven: TypeAlias = Generator[Request | Pause, Answer | NoAnswer, T]

#: What is sent after a pause.
AFTER_PAUSE = Answer(204, {}, b"")


def path(*segments: str) -> str:
    """``/v1/…`` of these segments, each encoded. Raises ValueError for one that would lead elsewhere."""
    for segment in segments:
        if segment in ("", ".", ".."):
            raise ValueError(f"{segment!r} is no id and no name.")
    return "/v1/" + "/".join(quote(segment, safe=":") for segment in segments)
