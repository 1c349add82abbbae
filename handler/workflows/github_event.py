"""An event of a GitHub repository, as one line of the log. hooks.toml chooses the types.

Output: ``{"repository", "by", "summary"}``, e.g. ``"2 commits to main"`` or ``"pull request 7 opened: Faster"``; None
for what an event does not have. Put your own work (a build, a message to a room) in place of the log line. It can run
more than once for one event; ``context.instance_id`` is the same each time.
"""

from __future__ import annotations

import logging
from typing import Any

_LOG = logging.getLogger("github-event")

#: What an event is about, as its body names it: https://docs.github.com/en/webhooks/webhook-events-and-payloads
_SUBJECTS = ("pull_request", "issue", "release", "workflow_run")


def run(event: Any, context: Any) -> dict[str, Any]:
    """Say what happened, where, and who did it."""
    summary = {
        "repository": _at(event, "repository", "full_name"),
        "by": _at(event, "sender", "login"),
        "summary": _push(event) if isinstance(_at(event, "commits"), list) else _change(event),
    }
    _LOG.info("instance %s: %s", context.instance_id, summary)
    return summary


def _push(event: dict[str, Any]) -> str:
    branch = str(event.get("ref")).removeprefix("refs/heads/")
    commits = len(event["commits"])
    return f"{commits} commit{'s' * (commits != 1)} to {branch}"


def _change(event: Any) -> str | None:
    subject = next((name for name in _SUBJECTS if isinstance(_at(event, name), dict)), None)
    if subject is None:
        return None
    about = event[subject]
    number = about.get("number") or about.get("tag_name") or about.get("run_number")
    title = about.get("title") or about.get("name")
    return f"{subject.replace('_', ' ')} {number} {event.get('action')}: {title}"


def _at(content: Any, *path: str) -> Any:
    for name in path:
        content = content.get(name) if isinstance(content, dict) else None
    return content
