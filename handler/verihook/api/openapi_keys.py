"""The answers about API keys, as models for OpenAPI."""

from __future__ import annotations

from typing import Literal

from verihook.api.openapi_models import Answer


class KeyView(Answer):
    """An API key, without its secret."""

    id: str
    name: str
    status: Literal["active", "revoked", "expired"]
    scopes: list[str]
    workflows: list[str]
    created_at: str
    expires_at: str | None
    last_used_at: str | None
    revoked_at: str | None
    replaces: str | None


class OwnKey(Answer):
    """What the caller may do. ``workflows``: patterns, none for all.

    ``entry``: by which way it came in: by a ``key`` of the ledger, by AWS's own authentication (``iam``), by the key of
    the ``run``, or without any, because the API is ``open``. In the last three it may do everything.
    """

    entry: Literal["key", "iam", "run", "open"]
    scopes: list[str]
    workflows: list[str]
    key: KeyView | None


class KeyShown(KeyView):
    """A key that was just made. ``secret`` is in no later answer."""

    secret: str


class Keys(Answer):
    """The keys, by id, also those that ended within 90 days."""

    keys: list[KeyView]
