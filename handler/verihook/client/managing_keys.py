"""Operations on API keys. A key with ``keys:manage`` sees and changes those that may do no more; any reads itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from verihook.client import decoding
from verihook.client.key_records import Key, NewKey, OwnKey
from verihook.client.records import Content
from verihook.client.wire import Request, Work, path


def list_keys() -> Work[tuple[Key, ...]]:
    """Return the keys, also those that ended within 90 days, without their secrets. Raises Unauthorized, Forbidden."""
    answer = yield Request("GET", path("keys"))
    return answer.read(lambda content: tuple(decoding.key(each) for each in content["keys"]))


def own_key() -> Work[OwnKey]:
    """Return what the caller may do: its scopes and its workflows. Any key may ask. Raises Unauthorized."""
    answer = yield Request("GET", path("keys", "self"))
    return answer.read(_own)


def create_key(
    name: str,
    scopes: Sequence[str],
    *,
    workflows: Sequence[str] = (),
    expires: str | datetime | timedelta | None = None,
) -> Work[NewKey]:
    """Make a key; only this answer has its secret. ``workflows``: patterns such as ``order-*``, none for all.

    ``expires``: such as ``"90d"``, a timedelta, or an aware datetime; None for no end. Not sent again if the server
    may have received it, which could make two keys. Raises InvalidInput, and Forbidden for more than the caller's own
    key may do.
    """
    body = {"name": name, "scopes": [*scopes], "workflows": [*workflows], "expires": _expiry(expires)}
    answer = yield Request("POST", path("keys"), body=body, repeatable=False)
    return answer.read(decoding.new_key)


def rotate_key(
    key_id: str, *, overlap: int | str | timedelta = "24h", expires: str | datetime | timedelta | None = None
) -> Work[NewKey]:
    """Make a key with the rights of this one, which stays valid for ``overlap``: seconds, ``"1h"``, or a timedelta.

    ``expires`` as in :func:`create_key`; None: it lasts as long as the old one was made for. Not sent again, as above.
    Raises NotFound, Conflict (it has ended), Forbidden.
    """
    overlap_s = round(overlap.total_seconds()) if isinstance(overlap, timedelta) else overlap
    body = {"overlap": overlap_s, "expires": _expiry(expires)}
    answer = yield Request("POST", path("keys", key_id, "rotate"), body=body, repeatable=False)
    return answer.read(decoding.new_key)


def revoke_key(key_id: str) -> Work[Key]:
    """End a key for good, within 30 seconds everywhere. Raises NotFound, Forbidden."""
    answer = yield Request("DELETE", path("keys", key_id))
    return answer.read(decoding.key)


def _own(content: Content) -> OwnKey:
    own = content["key"]
    return OwnKey(
        entry=content["entry"],
        scopes=tuple(content["scopes"]),
        workflows=tuple(content["workflows"]),
        key=None if own is None else decoding.key(own),
        raw=content,
    )


def _expiry(expires: Any) -> str | None:
    """Return the end as the API reads it. Raises ValueError for a time without an offset."""
    if isinstance(expires, timedelta):
        return f"{round(expires.total_seconds())}s"
    if isinstance(expires, datetime):
        if expires.tzinfo is None:
            raise ValueError("expires: must be an aware datetime, such as datetime.now(UTC).")
        return expires.isoformat()
    return None if expires is None else str(expires)
