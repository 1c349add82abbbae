"""What is kept of a delivery as a text, in which both ledgers keep it, and as an attribute value of DynamoDB.

Both are small, as every write of a row is paid by the KB.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from verihook.model.delivery import DEFAULT_KEEP_DAYS, Delivery, Facts, OtherBytes
from verihook.records import asdict
from verihook.request import json_text
from verihook.strict_json import parse_kept

if TYPE_CHECKING:
    from verihook.model.resumption import Resumption

#: Field of Facts -> its name in the text and its default, with which it is left out: a row is paid by the KB.
_FIELDS: dict[str, tuple[str, object]] = {
    "request_id": ("r", None),
    "received_at": ("t", None),
    "keep_days": ("k", DEFAULT_KEEP_DAYS),
    "path": ("p", ""),
    "verified_by": ("v", "current"),
    "headers": ("a", ()),
    "body": ("b", None),
    "test": ("x", False),
}

#: What such texts have in common, the most frequent last (https://www.rfc-editor.org/rfc/rfc1950, FDICT). A text takes
#: 83 bytes with it in place of 130. Never change it: rows are read with the one that they were written with.
_DICTIONARY = (
    b'"]]}"],["traceparent","00-"],["content-encoding","gzip"],["webhook-id","msg_"],["svix-id","x-shopify-topic",'
    b'"x-github-delivery","x-github-event","webhook-signature","x-signature","-signature-256","sha256:"],'
    b'["x-hub-signature-256","sha256:"k":30,"p":"arn:aws:sqs:us-east-1:","v":"previous","a":[["user-agent",'
    b'"python-requests/2.Go-http-client/",x-www-form-urlencoded"],["'
    b'{"r":"00000000-0000-4000-8000-000000000000","t":1790000000000,"a":[["content-type",'
    b'"application/json; charset=utf-8"],["content-type","application/json"],["user-agent","Mozilla/5.0 (compatible; '
)


def pack_delivery(text: str) -> dict[str, Any]:
    """The attribute value of a text. Raises UnicodeEncodeError for a lone surrogate."""
    packing = zlib.compressobj(zlib.Z_BEST_COMPRESSION, zdict=_DICTIONARY)
    return {"B": packing.compress(text.encode()) + packing.flush()}


def unpack_delivery(value: Mapping[str, Any]) -> str:
    """The inverse of :func:`pack_delivery`."""
    return zlib.decompressobj(zdict=_DICTIONARY).decompress(value["B"]).decode()


def kept_text(delivery: Delivery | None, written_at: int) -> str | None:
    """Return the JSON text in which a ledger keeps a delivery in a row; None if there is nothing to keep.

    ``written_at``: when the row is written, in milliseconds since the epoch. What has expired by then is dropped.
    """
    left = None if delivery is None else delivery.at(written_at)
    if left is None:
        return None
    content: dict[str, Any] = {}
    if left.facts is not None:
        for name, (short, default) in _FIELDS.items():
            value = getattr(left.facts, name)
            if value != default:
                content[short] = value
        if (body := left.facts.body) is not None:
            content["b"] = [body.length, body.sha256, *([] if body.raw is None else [body.raw])]
    if left.replay_of is not None:
        content["o"] = left.replay_of
    if left.passed:
        content["w"] = dict(left.passed)
    if left.resumption is not None:
        content["m"] = asdict(left.resumption)
    if left.carrier is not None:
        content["e"] = left.carrier
    return json_text(content)


def from_kept_text(text: str) -> Delivery:
    """Return the delivery of a text of :func:`kept_text`. Raises RecordDamaged."""
    return parse_kept(text, "What is kept of a delivery", _delivery)


def _delivery(content: Any) -> Delivery:
    passed, carrier, replay_of = content.pop("w", {}), content.pop("e", None), content.pop("o", None)
    resumption = _resumption(content.pop("m")) if "m" in content else None
    if not content:
        return Delivery(None, passed, resumption, carrier, replay_of)
    fields = {name: content[short] for name, (short, _) in _FIELDS.items() if short in content}
    if "headers" in fields:
        fields["headers"] = tuple((name, value) for name, value in fields["headers"])
    if "body" in fields:
        fields["body"] = OtherBytes(*fields["body"])
    return Delivery(Facts(**fields), passed, resumption, carrier, replay_of)


def _resumption(content: Any) -> Resumption:
    # Imported here: few deployments have such rows.
    from verihook.model.resumption import Resumption

    labels = tuple((name, value) for name, value in content["labels"])
    return Resumption(**{**content, "labels": labels, "targets": tuple(content["targets"])})
