"""The operations on instances. The webhook flow, the API, reconcile and the recorder all go through these.

starting.py    submit, start: from a request to a running attempt
replacing.py   replace_attempt: the next attempt in the place of another
reading.py     get, list_instances, search, steps, input_of, output_of
history.py     attempts
lifecycle.py   suspend, resume, terminate, restart, redrive, purge
jobs.py        one action on many (job_rounds drives it, job_actions does it to one)
events.py      raise_event, senders_of, await_event, pass_gate, connection_of, hand_over_pending, mailbox
progress.py    record_progress: what an engine says of an attempt

Each takes the ports that it needs, a port or a set of :mod:`verihook.model.ports.sets`, never all services.
Beside them: what they keep (idempotency, mailboxes, payload, inputs, replays, api_keys), the limits of callers, what a
purge deletes (purging), and what no caller asks for: reconcile, callbacks, tasks (what state machines ask of us).
"""

from __future__ import annotations

from verihook.instances.events import (
    await_event,
    connection_of,
    facts_of,
    hand_over_pending,
    mailbox,
    pass_gate,
    raise_event,
    senders_of,
)
from verihook.instances.history import Attempt, attempts
from verihook.instances.lifecycle import purge, redrive, restart, resume, suspend, terminate
from verihook.instances.progress import record_progress
from verihook.instances.reading import Found, Page, cursor_of, get, input_of, list_instances, output_of, search, steps
from verihook.instances.replacing import replace_attempt
from verihook.instances.start_request import StartRequest
from verihook.instances.starting import EXPRESS_MS, Submitted, start, submit

__all__ = [
    "EXPRESS_MS",
    "Attempt",
    "Found",
    "Page",
    "StartRequest",
    "Submitted",
    "attempts",
    "await_event",
    "connection_of",
    "cursor_of",
    "facts_of",
    "get",
    "hand_over_pending",
    "input_of",
    "list_instances",
    "mailbox",
    "output_of",
    "pass_gate",
    "purge",
    "raise_event",
    "record_progress",
    "redrive",
    "replace_attempt",
    "restart",
    "resume",
    "search",
    "senders_of",
    "start",
    "steps",
    "submit",
    "suspend",
    "terminate",
]
