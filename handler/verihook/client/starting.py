"""Operations that start instances.

Each start has an idempotency key, which the client makes if the caller gives none, so that a request that is sent
again starts one instance.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, TypedDict, Unpack

from verihook.client import decoding
from verihook.client.errors import InstanceFailed, WaitTimeout
from verihook.client.reading import longest_wait, wait
from verihook.client.records import BatchItem, Content, Result, Started
from verihook.client.wire import Answer, Request, Work, path


class StartOptions(TypedDict, total=False):
    """The options of a start, besides its input.

    ``id``: of the instance; made by the server if absent. ``on_conflict``: what to do if the id is taken.
    ``start_at``: when to start, an aware datetime; or ``delay``: seconds, such as ``"15m"``, or a timedelta.
    ``version``: refused if the workflow has another. ``connection``: one of the workflow's connections.
    ``callback_url``: gets a signed POST when the instance ends. ``clear_on_failure``: the idempotency key is free again
    if the instance that it began has failed.
    """

    id: str | None
    idempotency_key: str | None
    on_conflict: Literal["fail", "return", "restart"]
    tags: Sequence[str]
    metadata: Mapping[str, str]
    start_at: datetime | None
    delay: int | str | timedelta | None
    version: int | None
    connection: str | None
    callback_url: str | None
    clear_on_failure: bool | None


class BatchStart(StartOptions, total=False):
    """One start of a batch: its options, and its input."""

    input: Any


_MEMBERS = {
    "id": "id",
    "idempotency_key": "idempotencyKey",
    "on_conflict": "onConflict",
    "tags": "tags",
    "metadata": "metadata",
    "start_at": "startAt",
    "delay": "delay",
    "version": "version",
    "connection": "connection",
    "callback_url": "callbackUrl",
    "clear_on_failure": "clearOnFailure",
}


def start(workflow: str, input: Any = None, **options: Unpack[StartOptions]) -> Work[Started]:
    """Start an instance; it is durable when this returns. ``input`` is anything that JSON can hold.

    Raises InvalidInput, Conflict (the id is taken), NotFound, RateLimited, Unauthorized, Forbidden, Unavailable.
    """
    answer = yield _request(workflow, input, options)
    return answer.read(lambda content: _started(content, answer))


def start_and_wait(
    workflow: str,
    input: Any = None,
    *,
    timeout: float | None = 60,
    **options: Unpack[StartOptions],
) -> Work[Result]:
    """Start an instance and wait for its end, up to ``timeout`` seconds; None for no limit.

    Raises as :func:`start` does, InstanceFailed if it does not complete, WaitTimeout if it has not ended.
    """
    until = None if timeout is None else time.monotonic() + timeout
    answer = yield _request(workflow, input, options, until, longest_wait(until))
    result: Result
    if answer.status == 200:
        result = answer.read(decoding.result)
    else:
        begun = answer.read(lambda content: _started(content, answer))
        left = None if until is None else max(0.0, until - time.monotonic())
        try:
            result = yield from wait(begun.id, left)
        except WaitTimeout as error:
            # With the timeout that the caller gave, and not what was left of it after the start.
            raise WaitTimeout(error.instance_id, error.status, timeout or 0) from None
    if result.status != "completed":
        raise InstanceFailed(result.id, result.status, result.error, result.cause)
    return result


def batch(
    workflow: str, starts: Sequence[BatchStart], *, idempotency_key: str | None = None
) -> Work[tuple[BatchItem, ...]]:
    """Make up to 100 starts in one request; return the result of each, in their order.

    A start that is refused is an item with an error; the others are made. Raises as :func:`start` does for the whole.
    """
    bodies = [{"input": each.get("input"), **_members({**each})} for each in starts]
    headers = {"idempotency-key": _key(idempotency_key)}
    # The server makes several at the same time, and takes longer for more of them.
    answer = yield Request(
        "POST", path("workflows", workflow, "instances:batch"), {}, headers, {"instances": bodies}, wait_s=len(bodies)
    )
    return answer.read(lambda content: tuple(decoding.batch_item(each) for each in content["results"]))


def _request(
    workflow: str, content: Any, options: StartOptions, until: float | None = None, wait_s: int = 0
) -> Request:
    members = _members({**options}, besides=())
    headers = {"idempotency-key": _key(members.pop("idempotencyKey", None))}
    if wait_s:
        headers["prefer"] = f"wait={wait_s}"
    body = {"input": content, **members}
    return Request("POST", path("workflows", workflow, "instances"), {}, headers, body, wait_s=wait_s, deadline=until)


def _members(options: dict[str, Any], besides: Sequence[str] = ("input",)) -> dict[str, Any]:
    """Return the members of a start, with the API's names. Raises TypeError for an unknown option."""
    for name in options:
        if name not in _MEMBERS and name not in besides:
            raise TypeError(f"Unknown option {name!r} of a start; allowed: {', '.join(_MEMBERS)}.")
    return {member: _json_value(options[name]) for name, member in _MEMBERS.items() if options.get(name) is not None}


def _json_value(value: Any) -> Any:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("start_at: must be an aware datetime, such as datetime.now(UTC).")
        return value.isoformat()
    if isinstance(value, timedelta):
        return round(value.total_seconds())
    if isinstance(value, Mapping):
        return dict(value)
    return [*value] if isinstance(value, Sequence) and not isinstance(value, str) else value


def _key(given: str | None) -> str:
    """Return the header's value: a string in quotes, so that ``"a"`` and ``a`` are two keys. Raises ValueError.

    https://www.rfc-editor.org/rfc/rfc9651#section-3.3.3
    """
    key = str(uuid.uuid4()) if given is None else given
    if not (0 < len(key) <= 255 and key.isascii() and key.isprintable() and key == key.strip()):
        raise ValueError("idempotency_key: must be 1 to 255 printable ASCII characters.")
    return '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _started(content: Content, answer: Answer) -> Started:
    replayed = answer.headers.get("idempotent-replayed") == "true"
    return decoding.started(content, replayed, answer.headers.get("instance-status") if replayed else None)
