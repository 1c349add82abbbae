"""What a sender of Standard Webhooks tells, in one line of the log: type, time, and which members its data has.

Output: ``{"type", "timestamp", "members"}``; None for what an event has not. Put what is to follow in the place of the
log line.
"""

from __future__ import annotations

import logging
from typing import Any

_LOG = logging.getLogger("standard-event")


def run(event: Any, context: Any) -> dict[str, Any]:
    """Read the envelope, ``{"type", "timestamp", "data"}``, as far as it is there.

    https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#payload-structure
    """
    event = event if isinstance(event, dict) else {}
    data = event.get("data")
    told = {
        "type": event.get("type"),
        "timestamp": event.get("timestamp"),
        "members": sorted(data) if isinstance(data, dict) else None,
    }
    _LOG.info("instance %s, event %s: %s", context.instance_id, context.event_id, told)
    return told
