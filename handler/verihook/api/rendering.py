"""Instances, steps and attempts as JSON, in the shapes of :mod:`verihook.api.openapi_models`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fastapi import Request, Response

from verihook import instances
from verihook.errors import EventMalformed, RequestInvalid
from verihook.instances import Attempt, replays
from verihook.model.instance import Instance, Step, iso, iso_or_none
from verihook.model.trace_context import trace_id
from verihook.request import json_text
from verihook.strict_json import parse_json

if TYPE_CHECKING:
    from verihook.model.ports.sets import ControlPorts, RecordPorts, RowPorts


def json_response(status: int, content: object, headers: Mapping[str, str] | None = None) -> Response:
    """Return a JSON response that no cache keeps. One of status 200 has an ETag, by which a caller who has it asks."""
    body = json_text(content).encode()
    told = {"content-type": "application/json", "cache-control": "no-store", **(headers or {})}
    if status == 200:
        told.setdefault("etag", f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"')
    return Response(body, status, told)


def unless_known(request: Request, response: Response) -> Response:
    """Return 304 without the body if the caller has it already, as ``If-None-Match`` says; else the response."""
    tag = response.headers.get("etag")
    if request.method != "GET" or response.status_code != 200 or tag is None:
        return response
    known = [each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")]
    if tag not in known and known != ["*"]:
        return response
    return Response(status_code=304, headers={"etag": tag, "cache-control": response.headers["cache-control"]})


def check_query(request: Request, *known: str, prefix: str = "") -> None:
    """Raise RequestInvalid for a query parameter that is not among ``known``, or that is given twice.

    ``prefix``: a name that begins with it is known, too.
    """
    names = [name for name, _ in request.query_params.multi_items()]
    for name in names:
        if name not in known and not (prefix and name.startswith(prefix) and name != prefix):
            allowed = ", ".join([*known, *([prefix + "KEY"] if prefix else [])]) or "none"
            raise RequestInvalid(f"Unknown query parameter {name[:60]!r}; allowed: {allowed}.")
        if names.count(name) > 1:
            raise RequestInvalid(f"Query parameter {name[:60]!r} is given twice; give it once.")


def accepted(instance: Instance) -> dict[str, Any]:
    """Return the body of the answer to a start: the same at every repetition, however the instance stands by then."""
    return {
        "instanceId": instance.id,
        "workflow": instance.workflow,
        "version": instance.version,
        "status": "queued",
        "createdAt": iso(instance.created_at),
        "startAt": iso_or_none(instance.start_at),
    }


def retry_after(instance: Instance, ports: RowPorts) -> str:
    """Return the Retry-After of an instance that has not ended, in seconds: until it begins, or 1."""
    left_ms = (instance.start_at or 0) - ports.clock.now_ms()
    return str(max(1, -(-left_ms // 1000)))


def result(instance: Instance, ports: RecordPorts) -> dict[str, Any]:
    """Return the status of an instance with its output or error. Blocks if the output is kept as a payload."""
    return {
        "instanceId": instance.id,
        "workflow": instance.workflow,
        "status": instance.status,
        "output": instances.output_of(instance, ports.payloads),
        "error": failure(instance.error, instance.cause),
    }


def listed(instance: Instance) -> dict[str, Any]:
    """Return an instance as lists show it: without its input and output."""
    return {
        "instanceId": instance.id,
        "workflow": instance.workflow,
        "version": instance.version,
        "engine": instance.engine,
        "status": instance.status,
        "held": instance.held,
        "attempt": instance.attempt,
        "createdAt": iso(instance.created_at),
        "updatedAt": iso(instance.updated_at),
        "startAt": iso_or_none(instance.start_at),
        "source": instance.source,
        "eventId": instance.event_id,
        "eventType": instance.event_type,
        "tags": list(instance.tags),
        "metadata": dict(instance.metadata),
        "connection": instance.connection,
        "callbackUrl": instance.callback_url,
        "error": failure(instance.error, instance.cause),
    }


def detail(instance: Instance, ports: ControlPorts) -> dict[str, Any]:
    """Return an instance with its input and output. Blocks: they may be payloads, and a replay is looked up."""
    contents = {
        "input": instances.input_of(instance, ports.payloads),
        "output": instances.output_of(instance, ports.payloads),
    }
    lease = {"leasedUntil": None if instance.final else iso_or_none(instance.leased_until)}
    told = {"replayOf": replays.replay_of(instance, ports), "traceId": trace_id(instance.passed)}
    return {**listed(instance), **lease, **told, **contents}


def step(each: Step) -> dict[str, Any]:
    """Return a step of an instance."""
    return {
        "name": each.name,
        "status": each.status,
        "startedAt": iso(each.started_at),
        "endedAt": iso_or_none(each.ended_at),
        "input": _json_or_text(each.input),
        "output": _json_or_text(each.output),
        "error": failure(each.error, each.cause),
    }


def attempt(each: Attempt) -> dict[str, Any]:
    """Return an attempt of an instance."""
    return {
        "number": each.number,
        "status": each.status,
        "startedAt": iso(each.started_at),
        "endedAt": iso_or_none(each.ended_at),
        "error": failure(each.error, each.cause),
    }


def failure(error: str | None, cause: str | None) -> dict[str, Any] | None:
    """Return an error with its words; None if there is neither."""
    return None if error is None and cause is None else {"code": error, "message": cause}


def _json_or_text(text: str | None) -> object:
    """Return the text parsed as JSON, or as it is if it is not JSON: an engine's history can cut it short."""
    try:
        return None if text is None else parse_json(text, "The step")
    except EventMalformed:
        return text
