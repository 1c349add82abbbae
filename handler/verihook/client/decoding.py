"""Make records of the API's JSON. A member that is missing or wrong raises KeyError, TypeError or ValueError."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from verihook.client.delivery_records import Delivery, DeliveryPage, Forgotten, Hit, event_result
from verihook.client.errors import ApiError
from verihook.client.key_records import Key, NewKey
from verihook.client.records import (
    Attempt,
    BatchItem,
    Content,
    Health,
    Instance,
    MailboxEntry,
    Page,
    Rejection,
    Result,
    Sender,
    Source,
    Started,
    Step,
    Workflow,
)
from verihook.client.retries import problem_in


def instance(content: Content) -> Instance:
    """Return an instance, with input and output if the answer has them."""
    error, cause = _failure(content)
    return Instance(
        id=_text(content["instanceId"]),
        workflow=content["workflow"],
        version=content["version"],
        engine=content["engine"],
        status=content["status"],
        attempt=content["attempt"],
        created_at=_time(content["createdAt"]),
        updated_at=_time(content["updatedAt"]),
        held=bool(content.get("held")),
        start_at=_optional_time(content.get("startAt")),
        source=content.get("source"),
        event_id=content.get("eventId"),
        event_type=content.get("eventType"),
        tags=tuple(content.get("tags") or ()),
        metadata=dict(content.get("metadata") or {}),
        connection=content.get("connection"),
        callback_url=content.get("callbackUrl"),
        error=error,
        cause=cause,
        replay_of=content.get("replayOf"),
        trace_id=content.get("traceId"),
        leased_until=_optional_time(content.get("leasedUntil")),
        input=content.get("input"),
        output=content.get("output"),
        raw=content,
    )


def page(content: Content) -> Page:
    """Return a page of a list."""
    return Page(tuple(instance(each) for each in content["instances"]), content["cursor"])


def started(content: Content, replayed: bool, stands: Any = None) -> Started:
    """Return an accepted start."""
    return Started(
        id=_text(content["instanceId"]),
        workflow=content["workflow"],
        version=content["version"],
        created_at=_time(content["createdAt"]),
        start_at=_optional_time(content.get("startAt")),
        status=content["status"],
        replayed=replayed,
        stands=stands,
        raw=content,
    )


def result(content: Content) -> Result:
    """Return the status of an instance, with its output or error."""
    error, cause = _failure(content)
    return Result(
        _text(content["instanceId"]),
        content["workflow"],
        content["status"],
        content.get("output"),
        error,
        cause,
        content,
    )


def batch_item(content: Content) -> BatchItem:
    """Return one start of a batch."""
    if content["instance"] is not None:
        return BatchItem(started(content["instance"], content["replayed"], content.get("instanceStatus")), None)
    return BatchItem(None, ApiError.of(problem_in(content["status"], content["problem"])))


def step(content: Content) -> Step:
    """Return a step."""
    error, cause = _failure(content)
    return Step(
        content["name"],
        content["status"],
        _time(content["startedAt"]),
        _optional_time(content.get("endedAt")),
        content.get("input"),
        content.get("output"),
        error,
        cause,
        content,
    )


def attempt(content: Content) -> Attempt:
    """Return an attempt."""
    error, cause = _failure(content)
    started_at, ended_at = _time(content["startedAt"]), _optional_time(content.get("endedAt"))
    return Attempt(content["number"], content["status"], started_at, ended_at, error, cause, content)


def mailbox_entry(content: Content) -> MailboxEntry:
    """Return an event or a wait."""
    return MailboxEntry(content["name"], content.get("id"), content["state"], _time(content["at"]), content)


def source(content: Content) -> Source:
    """Return a source."""
    return Source(
        name=content["name"],
        sender=content["sender"],
        path=content["path"],
        workflow=content["workflow"],
        types=tuple(content.get("types") or ()),
        duplicates=content["duplicates"],
        changed=content["changed"],
        replays=content.get("replays"),
        max_body=content["maxBody"],
        starts_per_minute=content.get("startsPerMinute"),
        workflows=tuple(content.get("workflows") or [content["workflow"]]),
        raw=content,
    )


def delivery(content: Content) -> Delivery:
    """One delivery, with what is kept of it if the answer has that."""
    body, events = content.get("body") or {}, content.get("events") or {}
    error, cause = _failure(content)
    return Delivery(
        id=_text(content["id"]),
        at=_time(content["at"]),
        outcome=content["outcome"],
        source=content.get("source"),
        reason=content.get("reason"),
        detail=content.get("detail"),
        count=content.get("count", 1),
        request_id=content.get("requestId"),
        event_id=content.get("eventId"),
        event_type=content.get("eventType"),
        instance_id=content.get("instanceId"),
        status=content.get("status"),
        held=bool(content.get("held")),
        start_at=_optional_time(content.get("startAt")),
        error=error,
        cause=cause,
        workflow=content.get("workflow"),
        resumed=None if content.get("resumed") is None else tuple(content["resumed"]),
        path=content.get("path"),
        verified_by=content.get("verifiedBy"),
        headers=tuple((each["name"], each["value"]) for each in content.get("headers") or ()),
        header_names=tuple(content.get("headerNames") or ()),
        content_type=content.get("contentType"),
        agent=content.get("agent"),
        length=body.get("length"),
        sha256=body.get("sha256"),
        body_kept=bool(body.get("kept")),
        kept_until=_optional_time(content.get("keptUntil")),
        replay_of=content.get("replayOf"),
        trace_id=content.get("traceId"),
        carrier=content.get("carrier"),
        event_count=events.get("count"),
        events=tuple(event_result(each) for each in events.get("results") or ()),
        raw=content,
    )


def forgotten(content: Content) -> Forgotten:
    """What was deleted of an event."""
    left = tuple(content["notDeleted"])
    return Forgotten(tuple(content["instances"]), content["samples"], content["captured"], left, content)


def delivery_page(content: Content) -> DeliveryPage:
    """One page of deliveries."""
    return DeliveryPage(tuple(delivery(each) for each in content["deliveries"]), content["cursor"])


def end_of_window(content: Content) -> datetime:
    """Return until when a capture window is open."""
    return _time(content["until"])


def hit(content: Content) -> Hit:
    """Return one that a lookup has found."""
    row, came = content["instance"], content["delivery"]
    deleted_at = _optional_time(content.get("deletedAt"))
    return Hit(content["by"], row and instance(row), came and delivery(came), deleted_at)


def sender(content: Content) -> Sender:
    """Return a sender."""
    return Sender(content["id"], content["title"], content.get("documentation"), content.get("evidence"), content)


def rejection(content: Content) -> Rejection:
    """Return the rejections of one source, reason and hour."""
    return Rejection(
        content.get("source"),
        content["reason"],
        content["count"],
        _time(content["firstAt"]),
        _time(content["lastAt"]),
        content["requestId"],
        content,
    )


def health(content: Content) -> Health:
    """Return the health of the server."""
    return Health(
        _text(content["status"]),
        content.get("ledger"),
        dict(content.get("engines") or {}),
        dict(content.get("faults") or {}),
        tuple(content.get("withoutSecret") or ()),
        content,
    )


def workflow(content: Content) -> Workflow:
    """Return a workflow."""
    return Workflow(
        content["name"],
        content["version"],
        content["status"],
        content["engine"],
        content.get("inputSchema"),
        bool(content.get("publicOutput")),
        content.get("retentionDays"),
        tuple(content.get("connections") or ()),
        content.get("refusal"),
        content,
    )


def key(content: Content) -> Key:
    """Return an API key."""
    return Key(
        id=_text(content["id"]),
        name=content["name"],
        status=content["status"],
        scopes=tuple(content["scopes"]),
        workflows=tuple(content["workflows"]),
        created_at=_time(content["createdAt"]),
        expires_at=_optional_time(content.get("expiresAt")),
        last_used_at=_optional_time(content.get("lastUsedAt")),
        revoked_at=_optional_time(content.get("revokedAt")),
        replaces=content.get("replaces"),
        raw=content,
    )


def new_key(content: Content) -> NewKey:
    """Return a key that was just made, with its secret."""
    shown = {name: value for name, value in content.items() if name != "secret"}
    return NewKey(key(shown), _text(content["secret"]))


def _failure(content: Content) -> tuple[str | None, str | None]:
    failure: dict[str, Any] = content.get("error") or {}
    return failure.get("code"), failure.get("message")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("an id is a string")
    return value


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _optional_time(text: str | None) -> datetime | None:
    return None if text is None else _time(text)
