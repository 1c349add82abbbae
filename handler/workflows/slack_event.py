"""What Slack tells of a workspace, in one line of the log. No text that somebody wrote is logged.

Output: ``{"type", "team", "channel", "user", "words"}``: ``words`` is how many were written; None for what an event has
not. Slack waits three seconds for an answer to the webhook and gets it at once: this runs afterwards, so an answer into
the channel (chat.postMessage) belongs here, in the place of the log line.
"""

from __future__ import annotations

import logging
from typing import Any

_LOG = logging.getLogger("slack-event")


def run(event: Any, context: Any) -> dict[str, Any]:
    """Read Slack's inner event (https://docs.slack.dev/apis/events-api#events-JSON), as far as it is there."""
    event = event if isinstance(event, dict) else {}
    found = event.get("event")
    inner = found if isinstance(found, dict) else {}
    text = inner.get("text")
    told = {
        "type": inner.get("type"),
        "team": event.get("team_id"),
        "channel": inner.get("channel"),
        "user": inner.get("user"),
        "words": len(text.split()) if isinstance(text, str) else None,
    }
    _LOG.info("instance %s: %s", context.instance_id, told)
    return told
