"""Idempotency keys: the first start under a key decides; every later start under it gets the same instance and answer.

https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from verihook.errors import IdempotencyMismatch, RequestInvalid
from verihook.instances.payload import canonical_json
from verihook.model.conflict import Overtaken, retry_on_conflict
from verihook.model.ports import Document
from verihook.records import asdict
from verihook.strict_json import parse_kept

if TYPE_CHECKING:
    from verihook.model.ports.sets import DocumentPorts, SubmitPorts

PARTITION = "idempotency"


@dataclass(frozen=True, slots=True)
class FirstStart:
    """What the first start under a key was answered. Times in milliseconds since the epoch, UTC."""

    instance_id: str
    version: int
    created_at: int
    start_at: int | None


def fingerprint(content: object) -> str:
    """SHA-256 of the content as canonical JSON, in hex: the order of members and white space make no difference.

    Raises RequestInvalid if it is nested too deep.
    """
    try:
        text = canonical_json(content)
    except RecursionError:
        raise RequestInvalid("The request is nested too deep.") from None
    return hashlib.sha256(text.encode()).hexdigest()


def claim_key(scope: str, key: str, fingerprint: str, start: FirstStart, ports: SubmitPorts) -> tuple[FirstStart, bool]:
    """Return the first start under this key, and whether an earlier call made it. One write; a replay also reads once.

    ``scope``: the owner of the key, so that two callers never meet each other's keys. The instance of an earlier start
    may have no row yet, if that call was stopped in between: this call claims the row then. The key is kept for
    ``policy.idempotency_hours``. Raises IdempotencyMismatch if the earlier start has another ``fingerprint``, and
    LedgerUnavailable.
    """
    now = ports.clock.now_ms()
    document = _document(scope, key, fingerprint, start, ports)

    def write() -> tuple[FirstStart, bool]:
        if ports.documents.write(PARTITION, document, now):
            return start, False
        first = ports.documents.read(PARTITION, document.name, now)
        if first is not None:
            return _first_start(first, fingerprint), True
        # The key expired between the write and the read.
        raise Overtaken

    return retry_on_conflict(write, "This idempotency key")


def reclaim_key(
    scope: str, key: str, fingerprint: str, start: FirstStart, former: FirstStart, ports: SubmitPorts
) -> tuple[FirstStart, bool]:
    """As :func:`claim_key`, for a key whose ``former`` start has failed: of several callers, one replaces that start.

    A read and a write. Raises as :func:`claim_key`.
    """
    now = ports.clock.now_ms()
    document = ports.documents.read(PARTITION, digest_of_key(scope, key), now)
    if document is None:
        return claim_key(scope, key, fingerprint, start, ports)
    first = _first_start(document, fingerprint)
    following = _document(scope, key, fingerprint, start, ports, document.version + 1)
    if first == former and ports.documents.write(PARTITION, following, now):
        return start, False
    return claim_key(scope, key, fingerprint, start, ports)


def instance_of_key(scope: str, key: str, ports: DocumentPorts) -> str | None:
    """Return the id of the instance that the first start under this key began; None if the key is not kept. One read.

    ``scope``: the owner of the key.
    """
    document = ports.documents.read(PARTITION, digest_of_key(scope, key), ports.clock.now_ms())
    if document is None:
        return None
    named: str = parse_kept(
        document.text, "The document of the idempotency key", lambda content: content["instance_id"]
    )
    return named


def _document(
    scope: str, key: str, fingerprint: str, start: FirstStart, ports: SubmitPorts, version: int = 1
) -> Document:
    content = json.dumps({"fingerprint": fingerprint, **asdict(start)}, separators=(",", ":"))
    expires_at = ports.clock.now_ms() // 1000 + ports.policy.idempotency_hours * 3600
    return Document(digest_of_key(scope, key), content, version, expires_at)


def _first_start(document: Document, fingerprint: str) -> FirstStart:
    def from_json(content: Any) -> tuple[str, FirstStart]:
        return content.pop("fingerprint"), FirstStart(**content)

    first_fingerprint, first = parse_kept(document.text, "The document of the idempotency key", from_json)
    if first_fingerprint != fingerprint:
        raise IdempotencyMismatch("This idempotency key was used before, for another request: give a new one.")
    return first


def digest_of_key(scope: str, key: str) -> str:
    """Return the name of a key's document: 64 hex digits, as callers may choose any text for a key.

    The length of the scope is hashed, too, so that no scope and key have the digest of another scope and key.
    """
    return hashlib.sha256(f"{len(scope)}:{scope}:{key}".encode("utf-8", "surrogatepass")).hexdigest()
