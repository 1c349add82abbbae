"""The operations on instances. The webhook flow, the API, reconcile and the recorder all go through these.

starting.py    submit, start, restart: from a request to a running attempt
reading.py     get, list_instances, steps, attempts, input_of, output_of
lifecycle.py   suspend, resume, terminate, rerun, redrive, purge
events.py      raise_event, await_event, pass_gate, connection_of, hand_over
recording.py   record: what an engine says of an attempt

Beside them: what they keep (idempotency, mailboxes, payload, inputs, api_keys), the limits of callers, and what is
done without one: reconcile, callbacks, tasks (what state machines ask of us).
"""

from __future__ import annotations

from verihook.instances.events import await_event, connection_of, hand_over_pending, mailbox, pass_gate, raise_event
from verihook.instances.history import Attempt, attempts
from verihook.instances.lifecycle import purge, redrive, restart, resume, suspend, terminate
from verihook.instances.reading import Page, cursor_of, get, input_of, list_instances, output_of, steps
from verihook.instances.recording import record_progress
from verihook.instances.start_request import StartRequest
from verihook.instances.starting import EXPRESS_MS, Submitted, replace_attempt, start, submit

__all__ = [
    "EXPRESS_MS",
    "Attempt",
    "Page",
    "StartRequest",
    "Submitted",
    "attempts",
    "await_event",
    "connection_of",
    "cursor_of",
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
    "start",
    "steps",
    "submit",
    "suspend",
    "terminate",
]
