"""How one source is shown: its scheme in words, its secrets but their values, its sender's behaviour, its standing."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from typing import Any

from verihook.errors import NotSupported
from verihook.model.instance import iso, iso_or_none
from verihook.model.ports import Services
from verihook.model.source import Source
from verihook.model.workflow import Workflow
from verihook.senders import FOLDER
from verihook.senders.handshake import KINDS
from verihook.senders.schemes.in_words import in_words
from verihook.webhooks.example_event import example_event
from verihook.webhooks.standing import Counts, Standing, standing_of
from verihook.webhooks.trials import kinds_of


def listed(source: Source, without_secret: Sequence[str], now: int) -> dict[str, Any]:
    """Return what lists show of a source. ``without_secret``: names of those that cannot verify; ``now`` in seconds."""
    ends = [each.until_s for each in source.secrets if each.until_s is not None and each.live(now)]
    return {
        "name": source.name,
        "sender": source.sender.id,
        "path": f"/hooks/{source.name}",
        "workflow": source.workflow,
        "workflows": list(source.workflows),
        "types": list(source.types),
        "duplicates": source.duplicates,
        "changed": source.changed,
        "replays": ("refuse" if source.refuses_replays else "start") if source.replayable else None,
        "maxBody": source.max_body,
        "startsPerMinute": source.starts_per_minute,
        "usable": source.name not in without_secret,
        "secretUntil": iso(min(ends) * 1000) if ends else None,
    }


def detail(source: Source, base: str | None, services: Services) -> dict[str, Any]:
    """Return what is shown of a source. Blocks. ``base``: our own URL, None if it is not known.

    Raises LedgerUnavailable.
    """
    standing, now = standing_of(source, services), services.clock.now_ms() // 1000
    refused = standing.refused
    return listed(source, services.without_secret(), now) | {
        "url": source.public_url or (f"{base}/hooks/{source.name}" if base else None),
        "scheme": in_words(source.sender.scheme),
        "secrets": _secrets(source, now),
        "previousLastUsedAt": iso_or_none(standing.previous_at),
        "lastAcceptedAt": iso_or_none(standing.accepted_at),
        "lastRefused": refused
        and {"at": iso(refused.last_at), "reason": refused.reason, "requestId": refused.request_id},
        "hour": _counts(standing.hour),
        "day": _counts(standing.day),
        "behaviour": _behaviour(source.sender.id),
        "handshake": _handshake(source, standing),
        "kinds": list(kinds_of(source)),
        "example": _example(source, services.workflows.get(source.workflow)),
    }


def _secrets(source: Source, now: int) -> list[dict[str, Any]]:
    return [
        {
            "reference": each.reference,
            "until": None if each.until_s is None else iso(each.until_s * 1000),
            "ended": not each.live(now),
        }
        for each in source.secrets
    ]


def _counts(counts: Counts) -> dict[str, Any]:
    return {
        "accepted": counts.accepted,
        "duplicate": counts.duplicate,
        "rejected": counts.rejected,
        "ignored": counts.ignored,
        "atLeast": counts.at_least,
    }


def _handshake(source: Source, standing: Standing) -> dict[str, Any] | None:
    handshake = source.sender.handshake
    if handshake is None:
        return None
    kind = next((name for name, kind in KINDS.items() if type(handshake) is kind), "other")
    return {"kind": kind, "lastAt": iso_or_none(standing.handshake_at)}


def _example(source: Source, workflow: Workflow | None) -> dict[str, Any] | None:
    try:
        made = example_event(source, workflow, "example")
    except NotSupported:
        return None
    return {"body": made.body.decode(), "contentType": made.content_type, "type": made.type}


@cache
def _behaviour(sender_id: str) -> dict[str, Any]:
    """Return what the file of a sender says of it; cached, because the files belong to this version."""
    path = FOLDER / f"{sender_id}.toml"
    # An inline scheme has no file.
    table = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    told = table.get("delivery") or {}
    return {
        "title": table.get("title", sender_id),
        "documentation": table.get("documentation") or None,
        "evidence": table.get("evidence"),
        "timeoutSeconds": told.get("timeout_seconds"),
        "retries": told.get("retries") or None,
        "refusals": told.get("refusals") or None,
    }
