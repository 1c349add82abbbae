"""What the API answers of its keys; :mod:`verihook.client.records` has the rest."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from verihook.client.records import Content


@dataclass(frozen=True, slots=True)
class Key:
    """An API key, without its secret. ``workflows``: patterns, () for all; times None for never."""

    id: str
    name: str
    status: Literal["active", "revoked", "expired"]
    scopes: tuple[str, ...]
    workflows: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
    replaces: str | None = None
    raw: Content = field(repr=False, compare=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made. ``secret``: what a caller sends; it is in no later answer, and not in the ``repr``."""

    key: Key
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OwnKey:
    """What the caller may do. ``workflows``: patterns, () for all. ``key``: None if it may do everything without one.

    ``entry``: by a key, by AWS's own authentication, by the key of the run, or without any, because the API is open.
    """

    entry: Literal["key", "iam", "run", "open"]
    scopes: tuple[str, ...]
    workflows: tuple[str, ...]
    key: Key | None
    raw: Content = field(repr=False, compare=False, default_factory=dict)
