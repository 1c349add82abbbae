"""The attempts of an instance: how those before the present one ended."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from verihook.instances.reading import get
from verihook.model.instance import Instance, Status
from verihook.model.ports import Document
from verihook.records import asdict
from verihook.strict_json import parse_kept

if TYPE_CHECKING:
    from verihook.model.ports.sets import DocumentPorts

#: Attempts are kept as long as mailboxes: 400 days, in seconds.
_KEPT_S = 400 * 86_400

#: How many former attempts one read returns.
_PAGE = 100


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt. Times in milliseconds since the epoch; ``ended_at`` None while it runs."""

    number: int
    status: Status
    started_at: int
    ended_at: int | None
    error: str | None = None
    cause: str | None = None


def attempts(instance_id: str, ports: DocumentPorts) -> list[Attempt]:
    """Return all attempts, the oldest first; the last is the present one. At most a hundred former ones."""
    instance = get(instance_id, ports)
    if instance.attempt == 1:
        return [_attempt(instance)]
    kept = ports.documents.all(_partition(instance_id), _PAGE, ports.clock.now_ms())
    what = f"An attempt of the instance {instance_id}"
    return [
        *(parse_kept(document.text, what, lambda content: Attempt(**content)) for document in kept),
        _attempt(instance),
    ]


def save_attempt(instance: Instance, ports: DocumentPorts) -> None:
    """Save the present attempt, before the next attempt takes over its row. Idempotent."""
    now = ports.clock.now_ms()
    text = json.dumps(asdict(_attempt(instance)), separators=(",", ":"))
    document = Document(f"{instance.attempt:09d}", text, 1, now // 1000 + _KEPT_S)
    ports.documents.write(_partition(instance.id), document, now)


def remove_attempts(instance_id: str, ports: DocumentPorts) -> None:
    """Delete the former attempts."""
    while found := ports.documents.all(_partition(instance_id), _PAGE, ports.clock.now_ms()):
        for document in found:
            ports.documents.remove(_partition(instance_id), document.name)


def _attempt(instance: Instance) -> Attempt:
    ended = instance.updated_at if instance.final else None
    return Attempt(
        instance.attempt,
        instance.status,
        instance.created_at,
        ended,
        instance.error,
        (instance.cause or "")[:1000] or None,
    )


def _partition(instance_id: str) -> str:
    return f"attempts#{instance_id}"
