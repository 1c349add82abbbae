"""What is kept of the last delivery of an hour that was not accepted: enough to see what is wrong with it.

Only names of headers, never their values but type and agent; no body, except that of a redelivery that was changed, if
its source keeps bodies. All of it is bounded and printable: strangers made it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from verihook.request import json_text
from verihook.webhooks.keeping import MOST_PATH, MOST_VALUE, printable, sent_length

if TYPE_CHECKING:
    from verihook.model.ports import Trace

#: The most names of headers that are kept, and of each, in characters.
MOST_NAMES, MOST_NAME = 40, 64

#: At most so many characters of the words: a violation's pointer is as long as the names in the body are.
MOST_DETAIL = 400


def sample_of(trace: Trace) -> str:
    """Return the JSON text of a sample, at most some 4 KB and the kept body; "" if nothing is known of the request.

    Members without a value are left out: ``detail``, ``eventId`` and ``eventType`` of a genuine one, ``path``,
    ``headers`` (names), ``contentType``, ``agent``, ``length`` in bytes, ``body`` in the form of
    :func:`verihook.webhooks.keeping.raw_of`, ``instanceId``, and ``test`` (true) if we have sent it ourselves.
    """
    content: dict[str, Any] = {
        "detail": printable(trace.detail or "", MOST_DETAIL),
        # Of a genuine delivery, and bounded: by its whole id an event is found and deleted.
        "eventId": trace.event_id,
        "eventType": trace.event_type,
        "instanceId": trace.instance_id,
        "test": trace.test or None,
    }
    request = trace.request
    if request is not None:
        content |= {
            "path": printable(request.path, MOST_PATH),
            "headers": [printable(name, MOST_NAME) for name, _ in request.headers[:MOST_NAMES]],
            "contentType": printable(request.header("content-type") or "", MOST_VALUE),
            "agent": printable(request.header("user-agent") or "", MOST_VALUE),
            "length": sent_length(request),
            "body": trace.changed_body,
        }
    content = {name: value for name, value in content.items() if value not in ("", None)}
    return json_text(content) if content else ""
