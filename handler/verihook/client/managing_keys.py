"""API keys, for a key that has ``keys:manage``: it sees and changes none that may do more than itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from verihook.client import decoding
from verihook.client.records import Key, NewKey
from verihook.client.wire import Request, Work, path


def list_keys() -> Work[tuple[Key, ...]]:
    """The keys, those that have ended within 90 days too; never a secret. Raises Unauthorized, Forbidden."""
    answer = yield Request("GET", path("keys"))
    return answer.read(lambda content: tuple(decoding.key(each) for each in content["keys"]))


def create_key(
    name: str,
    scopes: Sequence[str],
    *,
    workflows: Sequence[str] = (),
    expires: str | datetime | timedelta | None = None,
) -> Work[NewKey]:
    """Make a key; its secret is shown this once. ``workflows``: patterns such as ``order-*``, none for all.

    ``expires``: such as ``"90d"``, a timedelta, or an aware datetime; None for no end. Not sent again if the server
    may have got it: it would make two. Raises InvalidInput, and Forbidden for more than the caller's own key may do.
    """
    body = {"name": name, "scopes": [*scopes], "workflows": [*workflows], "expires": _expiry(expires)}
    answer = yield Request("POST", path("keys"), body=body, repeatable=False)
    return answer.read(decoding.new_key)


def rotate_key(
    key_id: str, *, overlap: int | str | timedelta = "24h", expires: str | datetime | timedelta | None = None
) -> Work[NewKey]:
    """A new key with the rights of this one, which goes on for ``overlap``: seconds, such as ``"1h"``, or a timedelta.

    ``expires`` as in :func:`create_key`; None: it lasts as long as the old one was made for. Not sent again, either.
    Raises NotFound, Conflict (it has ended), Forbidden.
    """
    spare = round(overlap.total_seconds()) if isinstance(overlap, timedelta) else overlap
    body = {"overlap": spare, "expires": _expiry(expires)}
    answer = yield Request("POST", path("keys", key_id, "rotate"), body=body, repeatable=False)
    return answer.read(decoding.new_key)


def revoke_key(key_id: str) -> Work[Key]:
    """End a key for good, within 30 seconds everywhere. Raises NotFound, Forbidden."""
    answer = yield Request("DELETE", path("keys", key_id))
    return answer.read(decoding.key)


def _expiry(expires: Any) -> str | None:
    """Raises ValueError for a time without an offset."""
    if isinstance(expires, timedelta):
        return f"{round(expires.total_seconds())}s"
    if isinstance(expires, datetime):
        if expires.tzinfo is None:
            raise ValueError("expires: give an aware datetime, such as datetime.now(UTC).")
        return expires.isoformat()
    return None if expires is None else str(expires)
