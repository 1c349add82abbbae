"""Large inputs and outputs: the text is kept as a payload, and engine and ledger get a reference to it.

    {"verihookPayload": {"uri", "bucket", "key", "sha256", "size"}}

``size`` in bytes of UTF-8. The key holds the instance's id and the text's digest, so a reference that a caller made up
reads nothing that the caller does not have already; a delivered body of this very shape is itself kept as a payload, so
that no data is taken for a reference of ours.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

from verihook.errors import EventMalformed, PayloadGone, PayloadsUnavailable
from verihook.model.ports import Payloads, PayloadWriter
from verihook.strict_json import parse_json

MEMBER = "verihookPayload"


def store_if_large(text: str, content: object, instance_id: str, limit: int, payloads: PayloadWriter) -> str:
    """Return ``text`` itself if it has at most ``limit`` bytes, else keep it as a payload and return the reference.

    ``content`` is the parsed text. Raises PayloadsUnavailable.
    """
    # A character has at most 4 bytes: most texts need no look at theirs.
    if len(text) * 4 <= limit and not _looks_like_reference(content):
        return text
    data = text.encode("utf-8", "surrogatepass")
    if len(data) <= limit and not _looks_like_reference(content):
        return text
    digest = hashlib.sha256(data).hexdigest()
    key = f"{instance_id}/{digest}"
    payloads.put(key, text)
    return _reference(payloads.base, key, digest, len(data))


def too_large(output: str, payloads: Payloads) -> str | None:
    """Return in words why an output is too large to be read again once it is kept; None if it is not."""
    most = payloads.max_output
    # A character has at most 4 bytes: most texts need no look at theirs.
    if len(output) * 4 <= most or (size := len(output.encode("utf-8", "surrogatepass"))) <= most:
        return None
    return f"The output has {size:,} bytes, and {most:,} at most are kept: keep it elsewhere, and return where it is."


def load(text: str, payloads: Payloads) -> str:
    """Return the text that a reference stands for; any other text is returned as it is.

    Raises PayloadsUnavailable, and PayloadGone if the payload is not there any more or has another digest.
    """
    key = key_of(text)
    if key is None:
        return text
    kept = payloads.get(key)
    if kept is None:
        raise PayloadGone("The payload of this instance is gone.")
    if hashlib.sha256(kept.encode("utf-8", "surrogatepass")).hexdigest() != key.rpartition("/")[2]:
        raise PayloadGone("The payload of this instance is not what was kept.")
    return kept


def inline_if_small(text: str, limit: int, payloads: Payloads) -> str:
    """The input of a row for an engine that takes ``limit`` bytes: the text, as it came, if that is possible.

    A reference stays one if its text is larger, or could be taken for a reference. Raises as :func:`load`.
    """
    key = key_of(text)
    if key is None or _size_in(text) > limit:
        return text
    kept = load(text, payloads)
    return text if _looks_like_reference(parse_json(kept, "The payload")) else kept


def pick(content: Any, paths: Collection[str]) -> Any:
    """Return the parts of ``content`` at these paths (``orderId``, ``items.*.price``), in the same shape.

    ``*`` means every item of a list; a name means a member of an object. A part that is not there is left out of an
    object, and is None in a list, whose items keep their places.
    """
    heads: dict[str, list[str]] = {}
    for path in paths:
        head, _, rest = path.partition(".")
        heads.setdefault(head, []).append(rest)
    if isinstance(content, dict):
        return {name: _pick_below(content[name], rests) for name, rests in heads.items() if name in content}
    if isinstance(content, list) and "*" in heads:
        return [_pick_below(item, heads["*"]) for item in content]
    return None


def _pick_below(content: Any, rests: list[str]) -> Any:
    return content if "" in rests else pick(content, rests)


def key_of(text: str | None) -> str | None:
    """The key in a reference; None for any other text."""
    if text is None or MEMBER not in text[:40]:
        return None
    try:
        content = parse_json(text, "The payload reference")
    except EventMalformed:
        # It is data: a text of an engine that is not JSON, or that was cut.
        return None
    if not _looks_like_reference(content):
        return None
    parts = str(content[MEMBER].get("uri", "")).rsplit("/", 2)
    return "/".join(parts[1:]) if len(parts) == 3 else None


def size_and_digest(text: str) -> tuple[int, str]:
    """Return the size in bytes of UTF-8 of a text, or of the payload that it refers to, and its SHA-256 in hex."""
    key = key_of(text)
    if key is not None:
        return _size_in(text), key.rpartition("/")[2]
    data = text.encode("utf-8", "surrogatepass")
    return len(data), hashlib.sha256(data).hexdigest()


def _size_in(reference: str) -> int:
    size = parse_json(reference, "The payload reference")[MEMBER].get("size")
    return size if isinstance(size, int) else 0


def same_json(one: str, other: str, payloads: Payloads) -> bool:
    """Return whether two inputs, inline or as references, are the same JSON. An event bus may change its spelling.

    An input whose payload cannot be read counts as different.
    """
    if _digest_of(one) == _digest_of(other):
        return True
    try:
        return canonical_json(parse_json(load(one, payloads), "One input")) == canonical_json(
            parse_json(load(other, payloads), "The other input")
        )
    except (PayloadGone, PayloadsUnavailable, EventMalformed, RecursionError):
        return False


def canonical_json(content: object) -> str:
    """Return the JSON of the content in the one spelling that equal contents share. Raises RecursionError."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _digest_of(text: str) -> str:
    key = key_of(text)
    return key.rpartition("/")[2] if key else hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _looks_like_reference(content: object) -> bool:
    return isinstance(content, dict) and isinstance(content.get(MEMBER), dict)


def _reference(base: str, key: str, digest: str, size: int) -> str:
    uri = urlsplit(base + key)
    # A payload on a disk has no bucket, but a state machine may read this member all the same.
    bucket, path = (uri.netloc, uri.path.lstrip("/")) if uri.netloc else ("local", key)
    reference: dict[str, Any] = {"uri": base + key, "bucket": bucket, "key": path, "sha256": digest, "size": size}
    return json.dumps({MEMBER: reference}, separators=(",", ":"))
