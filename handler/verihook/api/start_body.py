"""A start as a caller sends it becomes one of the core's."""

from __future__ import annotations

import re

from fastapi import Request

from verihook.api.parameters import Start
from verihook.api.times import span_ms, time_ms
from verihook.errors import RequestInvalid
from verihook.instances import StartRequest
from verihook.model import trace_context
from verihook.model.ports import Services

_KEY = re.compile(r"[\x21-\x7e][\x20-\x7e]{0,254}", re.ASCII)


def start_request(
    workflow: str, body: Start, key: str | None, services: Services, trace: str | None = None
) -> StartRequest:
    """``key``: of the header, checked; ``trace``: of :func:`trace_of`.

    Raises RequestInvalid if header and body, or ``startAt`` and ``delay``, disagree.
    """
    if key is not None and body.idempotency_key not in (None, key):
        raise RequestInvalid("idempotencyKey: the header Idempotency-Key has another value; give one of the two.")
    return StartRequest(
        workflow,
        body.input,
        id=body.id,
        idempotency_key=_checked(body.idempotency_key) or key,
        on_conflict=body.on_conflict,
        tags=tuple(body.tags),
        metadata=body.metadata,
        start_at=_start_at(body, services),
        version=body.version,
        connection=body.connection,
        callback_url=body.callback_url,
        clear_on_failure=body.clear_on_failure,
        trace=trace,
    )


def trace_of(request: Request) -> str | None:
    """Return the header ``traceparent`` if it is exact and came once, else None: a wrong one is as good as none."""
    values = request.headers.getlist(trace_context.HEADER)
    return trace_context.valid(values[0]) if len(values) == 1 else None


def idempotency_key(request: Request) -> str | None:
    """The header ``Idempotency-Key``, with or without the quotes of a structured field; None if there is none.

    https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header-07#section-2.1
    Raises RequestInvalid if it came with two values.
    """
    values = {value.strip(" \t") for value in request.headers.getlist("idempotency-key")}
    if len(values) > 1:
        raise RequestInvalid("Idempotency-Key: is given twice.")
    for value in values:
        quoted = len(value) > 1 and value[0] == value[-1] == '"'
        return _checked(value[1:-1].replace('\\"', '"').replace("\\\\", "\\") if quoted else value)
    return None


def _checked(key: str | None) -> str | None:
    if key is not None and not _KEY.fullmatch(key):
        raise RequestInvalid("Idempotency-Key: must be 1 to 255 printable ASCII characters.")
    return key


def _start_at(body: Start, services: Services) -> int | None:
    if body.start_at is not None and body.delay is not None:
        raise RequestInvalid("delay: startAt is given, too; give one of them.")
    if body.delay is not None:
        return services.clock.now_ms() + span_ms(body.delay, "delay")
    return None if body.start_at is None else time_ms(body.start_at, "startAt")
