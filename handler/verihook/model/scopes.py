"""What an API key may do: its scopes and its workflows. ``verihook.api.routes`` says which route needs which scope."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal, TypeGuard, get_args

from verihook.errors import Forbidden, RequestInvalid
from verihook.model.instance import iso, iso_or_none

Scope = Literal[
    "workflows:read",
    "workflows:execute",
    "instances:read",
    "instances:manage",
    "events:send",
    "sources:read",
    "sources:test",
    "deliveries:read",
    "deliveries:body",
    "deliveries:replay",
    "deliveries:delete",
    "keys:manage",
]

#: Each scope and what it allows, in words. None contains another.
MEANINGS: dict[Scope, str] = {
    "workflows:read": "list workflows, read their input schemas",
    "workflows:execute": "start instances",
    "instances:read": "list instances, read their status, output, steps and events",
    "instances:manage": "terminate, suspend, resume, restart, redrive and delete instances",
    "events:send": "send events to instances",
    "sources:read": "list sources, senders and rejections",
    "sources:test": "send deliveries to sources as their senders would, good and bad ones; good ones start instances",
    "deliveries:read": "list deliveries, read what is kept of them but their bodies",
    "deliveries:body": "read the bodies of deliveries, and have those of refused ones kept for a while",
    "deliveries:replay": "replay deliveries as new instances; to begin their own again needs instances:manage, too",
    "deliveries:delete": "delete what is kept of an event, its instances among it",
    "keys:manage": "list, create, rotate and revoke keys",
}

SCOPES: tuple[Scope, ...] = get_args(Scope)

#: The end of the year 9999, beyond which no time can be written, in milliseconds.
_LAST_MS = 253_402_300_799_999

_PATTERN = re.compile(r"[A-Za-z0-9_*?-]{1,64}", re.ASCII)
_NAME = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{1,64}")


def is_scope(text: str) -> TypeGuard[Scope]:
    """Whether there is such a scope."""
    return text in SCOPES


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as the ledger keeps it, without its hash. Times in milliseconds since the epoch, None for never.

    ``workflows``: patterns such as ``order-*`` (``*`` and ``?``), () for all. ``replaces``: the id of the key that this
    one was rotated from; ``first``: the id of the key with which the rotations began. ``lifetime_ms``: how long the key
    was made for, however early a rotation or its owner ended it. ``made_open``: the key was made while the API of one
    machine was open, without a key; it ends when that API is closed.
    """

    id: str
    name: str
    scopes: tuple[Scope, ...]
    workflows: tuple[str, ...]
    created_at: int
    expires_at: int | None = None
    last_used_at: int | None = None
    revoked_at: int | None = None
    replaces: str | None = None
    lifetime_ms: int | None = None
    made_open: bool = False
    first: str | None = None

    @property
    def chain(self) -> str:
        """Return the id that a key shares with its rotations, so that idempotency keys and limits outlive them."""
        # A key that an older version rotated has no ``first``, but its predecessor's id.
        return self.first or self.replaces or self.id

    def live(self, now_ms: int) -> bool:
        """Whether the key is valid: it has neither expired nor been revoked."""
        return self.revoked_at is None and (self.expires_at is None or now_ms < self.expires_at)

    def covers(self, workflow: str) -> bool:
        """Whether the key may be used for this workflow."""
        return not self.workflows or any(fnmatchcase(workflow, pattern) for pattern in self.workflows)

    def require(self, scope: Scope, workflow: str | None = None) -> None:
        """Raise Forbidden, which names the scope, if the key lacks it or may not be used for the workflow."""
        if scope not in self.scopes:
            raise Forbidden(f"The API key lacks the scope {scope}.")
        if workflow is not None and not self.covers(workflow):
            raise Forbidden(f"The API key may not use {scope} on this workflow.")

    def holds(self, other: ApiKey) -> bool:
        """Whether this key may do everything that the other may."""
        return not self.lacking(other.scopes, other.workflows)

    def lacking(self, scopes: Iterable[str], workflows: Sequence[str]) -> str:
        """Return a sentence on a right that this key lacks itself, or "" if it has all of these."""
        more = [scope for scope in scopes if scope not in self.scopes]
        if more:
            return f"This API key lacks the scope {more[0][:40]} itself."
        if self.workflows and not (workflows and all(self._has(pattern) for pattern in workflows)):
            return f"This API key is bound to the workflows {', '.join(self.workflows)}: give some of them."
        return ""

    def _has(self, pattern: str) -> bool:
        """Whether ``pattern`` is one of the key's patterns, or a name that they cover."""
        return pattern in self.workflows or (not set("*?[") & set(pattern) and self.covers(pattern))

    def public(self, now_ms: int) -> dict[str, object]:
        """The key as the API and the commands show it: times in ISO 8601, never a secret or its hash."""
        ended = "revoked" if self.revoked_at is not None else "expired"
        return {
            "id": self.id,
            "name": self.name,
            "status": "active" if self.live(now_ms) else ended,
            "scopes": list(self.scopes),
            "workflows": list(self.workflows),
            "createdAt": iso(self.created_at),
            "expiresAt": iso_or_none(self.expires_at),
            "lastUsedAt": iso_or_none(self.last_used_at),
            "revokedAt": iso_or_none(self.revoked_at),
            "replaces": self.replaces,
        }


def check(key: ApiKey, now_ms: int) -> None:
    """Raise RequestInvalid if a key must not be made with this name, these workflows or this end."""
    if not _NAME.fullmatch(key.name):
        raise RequestInvalid("name: must be 1 to 64 characters, without control characters.")
    for pattern in key.workflows:
        if not _PATTERN.fullmatch(pattern):
            raise RequestInvalid("workflows: must be names of workflows; * stands for any characters, ? for one.")
    if len(key.workflows) > 100:
        raise RequestInvalid("workflows: must be at most 100 patterns.")
    if key.expires_at is not None and not now_ms < key.expires_at <= _LAST_MS:
        limit = "in the future" if key.expires_at <= now_ms else "before the year 10000"
        raise RequestInvalid(f"expires: must be {limit}.")
