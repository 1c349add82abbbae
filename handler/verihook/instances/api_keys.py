"""API keys: 256 random bits that are shown once and kept as a hash, with scopes, workflows and an end.

A key is ``vhk_``, 43 digits of base62 and 6 of a checksum over them (as GitHub's tokens have one:
https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/), so that a key
that was mistyped or cut off is refused without a look into the ledger, and scanners of secrets find a leaked one. Its
public id is the beginning of its hash, so that the id to revoke can be computed from a key that has leaked.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from verihook.errors import Conflict, KeyNotFound, LedgerUnavailable, RequestInvalid, Unauthenticated
from verihook.model.conflict import Overtaken, retry_on_conflict
from verihook.model.ports import Document, Documents
from verihook.model.scopes import SCOPES, ApiKey, Scope, check, is_scope
from verihook.records import asdict, replace
from verihook.strict_json import parse_kept

PARTITION = "keys"
PREFIX = "vhk_"

#: How long a key stays in the list after its end, in milliseconds.
KEPT_MS = 90 * 86_400_000

#: ``last_used_at`` of a key is written at most once in this time, in milliseconds.
USE_NOTED_MS = 600_000

#: How long a process relies on a key that it has read, in milliseconds: after so long a revocation holds everywhere.
KEEP_MS = 30_000

#: The longest that a replaced key stays valid: a year, in milliseconds.
MAX_OVERLAP_MS = 366 * 86_400_000

#: How many hex digits of the hash are the id.
ID_LENGTH = 16

_PAGE = 100
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_FORM = re.compile(r"vhk_([0-9A-Za-z]{43})([0-9A-Za-z]{6})", re.ASCII)
_ID = re.compile(r"[0-9a-f]{16}", re.ASCII)

#: One text for a key that is unknown, revoked or expired: a caller cannot find out which of them it is.
REFUSED = "The API key is not valid."
MISTYPED = "The API key is mistyped or cut off: it is vhk_ and 49 letters and digits."


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key in the ledger, with the hash of its secret. ``version``: of its document."""

    key: ApiKey
    hash: str
    version: int


def create(
    name: str,
    scopes: Sequence[str],
    documents: Documents,
    now_ms: int,
    *,
    workflows: Sequence[str] = (),
    expires_at: int | None = None,
    made_open: bool = False,
) -> tuple[ApiKey, str]:
    """Make a key. Return it with its secret, which is not kept anywhere.

    ``expires_at`` in milliseconds since the epoch. ``made_open``: see :class:`~verihook.model.scopes.ApiKey`. Raises
    RequestInvalid, LedgerUnavailable.
    """
    bound = tuple(dict.fromkeys(workflows))
    key = _with_lifetime(ApiKey("", name, _scopes(scopes), bound, now_ms, expires_at, made_open=made_open))
    check(key, now_ms)
    return _write_new(key, documents, now_ms)


def new_secret() -> str:
    """A secret of 256 random bits in the form of a key."""
    body = _base62(int.from_bytes(secrets.token_bytes(32), "big"), 43)
    return f"{PREFIX}{body}{_checksum(body)}"


def find(secret: str, documents: Documents, now_ms: int) -> StoredKey:
    """Return the key of this secret. One read; none for a secret that cannot be that of a key.

    Raises Unauthenticated: one and the same text for a key that is unknown, revoked or expired.
    """
    digest = digest_of(secret)
    stored = load(digest[:ID_LENGTH], documents, now_ms)
    if stored is None or not hmac.compare_digest(stored.hash, digest) or not stored.key.live(now_ms):
        raise Unauthenticated(REFUSED)
    return stored


def verify(secret: str, documents: Documents, now_ms: int) -> ApiKey:
    """Return the key of this secret, and note its use. One read, and one write in ten minutes of use.

    Raises Unauthenticated as :func:`find` does, LedgerUnavailable.
    """
    return note_use(find(secret, documents, now_ms), documents, now_ms).key


def note_use(stored: StoredKey, documents: Documents, now_ms: int) -> StoredKey:
    """Write that the key is used, unless that was written within :data:`USE_NOTED_MS`.

    A failure to write that is ignored: a key is valid while the ledger refuses writes, and other changes of the key
    come first.
    """
    if not due_to_note(stored.key, now_ms):
        return stored
    used = replace(stored, key=replace(stored.key, last_used_at=now_ms), version=stored.version + 1)
    try:
        written = documents.write(PARTITION, _document(used), now_ms)
    except LedgerUnavailable:
        written = False
    # If it was not written, another call has noted the use, or the next one in ten minutes does.
    return used if written else replace(stored, key=used.key)


def due_to_note(key: ApiKey, now_ms: int) -> bool:
    """Whether the use of the key is to be written."""
    return key.last_used_at is None or now_ms - key.last_used_at >= USE_NOTED_MS


def digest_of(secret: str) -> str:
    """SHA-256 of a secret in hex. Raises Unauthenticated for one that is mistyped.

    A plain hash is enough for 256 random bits: there is nothing to guess.
    """
    form = _FORM.fullmatch(secret)
    if form is None or _checksum(form[1]) != form[2]:
        raise Unauthenticated(MISTYPED)
    return hashlib.sha256(secret.encode()).hexdigest()


def list_keys(documents: Documents, now_ms: int) -> Iterator[ApiKey]:
    """Yield all keys by id, also those that have ended within :data:`KEPT_MS`. One read for every hundred."""
    after = ""
    while page := documents.all(PARTITION, _PAGE, now_ms, after):
        for document in page:
            yield _stored(document).key
        after = page[-1].name


def revoke(key_id: str, documents: Documents, now_ms: int) -> ApiKey:
    """End the key for good; a revoked key stays as it is. Raises KeyNotFound, LedgerUnavailable."""
    return _changed(key_id, documents, now_ms, lambda key: replace(key, revoked_at=key.revoked_at or now_ms))


def revoke_made_open(documents: Documents, now_ms: int) -> list[ApiKey]:
    """End the keys that were made while the API was open to any caller. Raises LedgerUnavailable."""
    left = [key for key in list_keys(documents, now_ms) if key.made_open and key.live(now_ms)]
    return [revoke(key.id, documents, now_ms) for key in left]


def rotate(
    key_id: str, overlap_ms: int, documents: Documents, now_ms: int, *, expires_at: int | None = None
) -> tuple[ApiKey, str]:
    """Make a key with the rights of an old one, which ends ``overlap_ms`` from now if it does not end before.

    The new key lasts as long as the old one was made for, or until ``expires_at``. Raises KeyNotFound, Conflict if the
    old key has ended, and LedgerUnavailable: if the end of the old key could not be written, the new secret is lost,
    and the old key stays valid as before.
    """
    stored = load(key_id, documents, now_ms)
    if stored is None:
        raise KeyNotFound("There is no API key with this id.")
    old = stored.key
    if not old.live(now_ms):
        raise Conflict("The key has ended: create a new one.")
    if not 0 <= overlap_ms <= MAX_OVERLAP_MS:
        raise RequestInvalid("overlap: must be at most a year, and not negative.")
    if expires_at is None:
        expires_at = end_of_successor(old, now_ms)
    fresh = _with_lifetime(
        ApiKey(
            "",
            old.name,
            old.scopes,
            old.workflows,
            now_ms,
            expires_at,
            replaces=old.id,
            made_open=old.made_open,
            first=old.chain,
        )
    )
    check(fresh, now_ms)
    key, secret = _write_new(fresh, documents, now_ms)
    end = now_ms + overlap_ms
    _changed(key_id, documents, now_ms, lambda key: replace(key, expires_at=min(key.expires_at or end, end)))
    return key, secret


def end_of_successor(old: ApiKey, now_ms: int) -> int | None:
    """Return when a key ends that replaces the old one now and lasts as long; in milliseconds, None for never."""
    return None if old.lifetime_ms is None else now_ms + old.lifetime_ms


def load(key_id: str, documents: Documents, now_ms: int) -> StoredKey | None:
    """The key with this id; None if there is none."""
    document = documents.read(PARTITION, key_id, now_ms) if _ID.fullmatch(key_id) else None
    return None if document is None else _stored(document)


def _with_lifetime(key: ApiKey) -> ApiKey:
    """Return the key with ``lifetime_ms`` as its times give it."""
    return replace(key, lifetime_ms=None if key.expires_at is None else key.expires_at - key.created_at)


def _scopes(given: Sequence[str]) -> tuple[Scope, ...]:
    scopes = tuple(scope for scope in dict.fromkeys(given) if is_scope(scope))
    if not scopes or set(scopes) != set(given):
        raise RequestInvalid(f"scopes: give one or more of {', '.join(SCOPES)}.")
    return scopes


def _write_new(key: ApiKey, documents: Documents, now_ms: int) -> tuple[ApiKey, str]:
    """Write a new key. Return it with its secret."""

    def write() -> tuple[ApiKey, str]:
        secret = new_secret()
        digest = digest_of(secret)
        stored = StoredKey(replace(key, id=digest[:ID_LENGTH]), digest, 1)
        if documents.write(PARTITION, _document(stored), now_ms):
            return stored.key, secret
        # The id is taken, which happens once in 2**64: the next try has another secret.
        raise Overtaken

    return retry_on_conflict(write, "The list of API keys")


def _changed(key_id: str, documents: Documents, now_ms: int, change: Callable[[ApiKey], ApiKey]) -> ApiKey:
    def write() -> ApiKey:
        stored = load(key_id, documents, now_ms)
        if stored is None:
            raise KeyNotFound("There is no API key with this id.")
        fresh = replace(stored, key=change(stored.key), version=stored.version + 1)
        if fresh.key == stored.key or documents.write(PARTITION, _document(fresh), now_ms):
            return fresh.key
        raise Overtaken

    return retry_on_conflict(write, "This API key")


def _document(stored: StoredKey) -> Document:
    key = stored.key
    content = {**asdict(key), "hash": stored.hash}
    ends = [end for end in (key.expires_at, key.revoked_at) if end is not None]
    expires_at = (min(ends) + KEPT_MS) // 1000 if ends else None
    return Document(key.id, json.dumps(content, separators=(",", ":")), stored.version, expires_at)


def _stored(document: Document) -> StoredKey:
    return parse_kept(
        document.text, f"The document of the API key {document.name}", lambda content: _from_json(content, document)
    )


def _from_json(content: dict[str, Any], document: Document) -> StoredKey:
    proof = content.pop("hash")
    lists = {name: tuple(content[name]) for name in ("scopes", "workflows")}
    key = ApiKey(**{**content, **lists})
    # Older documents have no lifetime.
    return StoredKey(key if "lifetime_ms" in content else _with_lifetime(key), proof, document.version)


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), 6)


def _base62(number: int, width: int) -> str:
    digits = ""
    for _ in range(width):
        number, digit = divmod(number, 62)
        digits = _DIGITS[digit] + digits
    return digits
