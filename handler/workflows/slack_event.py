"""An event of a Slack workspace, as one line of the log. The text of a message is not logged.

Output: ``{"type", "team", "channel", "user", "words"}``: ``words`` is the number of words; None for what an event
does not have. Slack waits three seconds for an answer to the webhook and gets it at once. This runs afterwards, so put
a reply to the channel (chat.postMessage) here, in place of the log line.
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
    summary = {
        "type": inner.get("type"),
        "team": event.get("team_id"),
        "channel": inner.get("channel"),
        "user": inner.get("user"),
        "words": len(text.split()) if isinstance(text, str) else None,
    }
    _LOG.info("instance %s: %s", context.instance_id, summary)
    return summary
