"""A delivery of another deployment as it is sent to this machine: the same body, signed again with the secret of here.

Of its signature only a mark is kept, and its time is over, so it is signed as ``verihook send`` signs.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from verihook.senders.schemes.headers import with_headers
from verihook.webhooks.signed_delivery import SignedDelivery, content_type_of

if TYPE_CHECKING:
    from verihook.client import Delivery
    from verihook.model.source import Source
    from verihook.request import Request


def forwarded(found: Delivery, body: bytes, source: Source, secret: str) -> Request:
    """Return the request. ``source``: that of this machine; ``secret``: of it, or the sender's private key.

    The headers that were kept go along, unless they are a part of the signature. Raises ValueError, in words, if
    Verihook cannot sign as this sender.
    """
    kept = dict(found.headers)
    sending = SignedDelivery(
        source,
        secret,
        body,
        kept.get("content-type") or content_type_of(body),
        found.event_id or found.id,
        found.event_type or "",
        int(time.time()),
    )
    signed = sending.signed()
    names = {name.lower() for name, _ in signed.headers}
    signature = (source.sender.signature_header, *source.sender.signed_headers)
    return with_headers(signed, [pair for pair in found.headers if pair[0] not in names and pair[0] not in signature])
