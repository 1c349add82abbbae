"""Deliveries as JSON, in the shapes of :mod:`verihook.api.openapi_deliveries`."""

from __future__ import annotations

from typing import Any

from verihook.api.rendering import failure
from verihook.instances import payload
from verihook.model.instance import Instance, iso, iso_or_none
from verihook.model.trace_context import trace_id
from verihook.senders.schemes import Scheme
from verihook.senders.schemes.in_words import in_words, signed_parts
from verihook.webhooks import deliveries
from verihook.webhooks.deliveries import Entry
from verihook.webhooks.reasons import meaning_of


def shown(entry: Entry, now_ms: int, *, with_error: bool) -> dict[str, Any]:
    """Return a delivery as lists show it. ``with_error``: the caller may read the words of its workflow, too."""
    row, seen, kept = entry.instance, entry.seen, entry.captured
    facts = None if row is None else deliveries.facts_of(row, now_ms)
    sample = deliveries.sample_in(seen) if seen else {}
    return {
        "id": entry.id,
        "at": iso(entry.at),
        "source": entry.source or None,
        "outcome": entry.outcome,
        "reason": (seen.reason or None) if seen else kept.reason if kept else None,
        "detail": sample.get("detail") if seen else (kept.detail or None) if kept else None,
        "count": seen.count if seen else 1,
        "firstAt": iso(seen.first_at if seen else entry.at),
        "requestId": of.request_id if (of := seen or kept or facts) else None,
        "eventId": row.event_id if row else sample.get("eventId"),
        "eventType": row.event_type if row else sample.get("eventType"),
        "instanceId": row.id if row else None,
        "status": row.status if row else None,
        "held": row.held if row else None,
        "startAt": iso_or_none(row.start_at) if row else None,
        "error": _error(row, with_error) if row else None,
        "workflow": row.workflow if row else None,
        "resumed": deliveries.resumed(row) if row else None,
        "carrier": deliveries.carrier(row) if row else None,
        "test": (facts is not None and facts.test) or bool(sample.get("test")),
    }


def _error(row: Instance, with_error: bool) -> dict[str, Any] | None:
    """Return why the row waits or has failed. What Verihook itself says of it is no secret of a workflow."""
    ours = row.runs_nothing or row.held_by_pause or row.waits_its_turn
    return failure(row.error, row.cause) if ours or with_error else None


def detail(entry: Entry, now_ms: int, *, with_error: bool) -> dict[str, Any]:
    """Return a delivery with all that is kept of it. ``with_error`` as in :func:`shown`."""
    row = entry.instance
    facts = None if row is None else deliveries.facts_of(row, now_ms)
    sample = deliveries.sample_in(entry.seen) if entry.seen is not None else {}
    kept: dict[str, Any] = {
        "path": sample.get("path"),
        "verifiedBy": None,
        "headers": [],
        "headerNames": sample.get("headers", []),
        "contentType": sample.get("contentType"),
        "agent": sample.get("agent"),
        "body": None if "length" not in sample else _sampled_body(sample),
        "keptUntil": None,
        "replayOf": row.delivery.replay_of if row is not None and row.delivery is not None else None,
    }
    if row is not None and facts is not None:
        kept |= {
            "path": facts.path or f"/hooks/{row.source}",
            "verifiedBy": facts.verified_by or "feed",
            "headers": [{"name": name, "value": value} for name, value in facts.headers],
            "headerNames": [name for name, _ in facts.headers],
            "contentType": facts.header("content-type"),
            "agent": facts.header("user-agent"),
            "body": _body_facts(row),
            "keptUntil": iso(facts.keep_until),
        }
    if (captured := entry.captured) is not None:
        kept |= {
            "path": captured.path,
            "headers": [{"name": name, "value": value} for name, value in captured.headers],
            "headerNames": [name for name, _ in captured.headers],
            "contentType": deliveries.content_type(entry),
            "agent": dict(captured.headers).get("user-agent"),
            "body": {"length": captured.length, "sha256": None, "kept": captured.raw is not None},
        }
    kept["traceId"] = None if row is None else trace_id(row.passed)
    whole = shown(entry, now_ms, with_error=with_error)
    kept["meaning"] = meaning_of(whole["reason"])
    return {**whole, **kept, "instanceId": whole["instanceId"] or sample.get("instanceId")}


def signed(scheme: Scheme | None, body: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return what the sender has signed, as its scheme says it, with the lengths that are known. No MAC, no secret."""
    if scheme is None:
        return None
    lengths = {"{body}": body["length"]} if body else {}
    return {
        "how": in_words(scheme),
        "parts": [
            {"part": part, "bytes": lengths.get(part) if part.startswith("{") else len(part.encode())}
            for part in signed_parts(scheme)
        ],
    }


def _sampled_body(sample: dict[str, Any]) -> dict[str, Any]:
    return {"length": sample["length"], "sha256": None, "kept": "body" in sample}


def _body_facts(row: Instance) -> dict[str, Any]:
    """Of the body. ``kept``: whether it can be read."""
    facts = row.facts
    if facts is not None and facts.body is not None:
        return {"length": facts.body.length, "sha256": facts.body.sha256, "kept": facts.body.raw is not None}
    length, digest = payload.size_and_digest(row.input)
    return {"length": length, "sha256": digest, "kept": True}
