"""An event of a sender of Standard Webhooks, as one line of the log: type, time, and the names of its data's members.

Output: ``{"type", "timestamp", "members"}``; None for what an event does not have. Put your own work in place of
the log line.
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
    summary = {
        "type": event.get("type"),
        "timestamp": event.get("timestamp"),
        "members": sorted(data) if isinstance(data, dict) else None,
    }
    _LOG.info("instance %s, event %s: %s", context.instance_id, context.event_id, summary)
    return summary
