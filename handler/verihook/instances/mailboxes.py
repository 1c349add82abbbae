"""The mailbox of an attempt: events that no execution has waited for yet, and waits that no event has come for yet.

Plain data: :mod:`verihook.instances.events` hands over the events that are matched with waits here. A wait has a token
of the engine (a task token, a callback id); the oldest event of a name goes to the oldest wait for that name.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from verihook.errors import Conflict
from verihook.model.conflict import Overtaken, retry_on_conflict
from verihook.model.ports import Document, Documents
from verihook.records import asdict
from verihook.strict_json import parse_kept

T = TypeVar("T")

#: The name of the waits at a gate, while their instance is suspended. No event can have this name.
GATE = "$resume"

#: What the names of waits for a webhook at an address of its own begin with. No event of the API can have such a name.
ONE_TIME = "$webhook:"

#: The most that a mailbox holds after an event has come, in bytes of its JSON text, which is ASCII.
MAX_MAILBOX = 280_000

#: The most that a mailbox ever holds, in bytes, as a document has room for no more. What is between the two limits is
#: for waits alone: they take events out of the mailbox.
MAX_WITH_WAITS = 300_000

#: How many event ids are remembered after their events were delivered.
MAX_SEEN = 500

#: Of how many events it is remembered who sent them.
MAX_SENT = 50

#: How many tokens of waits are remembered after they were answered: a task that is called again after a crash notes its
#: wait again.
MAX_USED = 50

#: A mailbox outlives any execution, which Step Functions and durable functions end after a year: 400 days, in seconds.
KEPT_S = 400 * 86_400


@dataclass(slots=True)
class Event:
    """A raised event. ``id`` makes it idempotent, "" for none; ``payload`` is JSON text; ``at`` in milliseconds."""

    id: str
    name: str
    payload: str
    at: int


@dataclass(slots=True)
class Sent:
    """Who sent an event through the API, and when, in milliseconds. ``by``: what the API knows of the caller."""

    name: str
    id: str
    at: int
    by: dict[str, str]


@dataclass(slots=True)
class Wait:
    """An execution waits for an event of this name; its engine takes the event with the ``token``."""

    name: str
    token: str
    at: int


@dataclass(slots=True)
class Handover:
    """An event on its way to a wait, since ``at``. ``tried``: the wait may have got it already."""

    wait: Wait
    event: Event
    at: int
    tried: bool = False


@dataclass(slots=True)
class Mailbox:
    """Events, waits and handovers, each the oldest first.

    ``seen``: digests of the ids of raised events; ``used``: of the tokens of waits that are over. ``sent``: who sent
    the last events.
    """

    events: list[Event] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    handovers: list[Handover] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    used: list[str] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)

    def add_event(self, event: Event, by: dict[str, str] | None = None) -> list[Handover]:
        """Add an event, unless its id was seen before. Return the handovers that this makes. ``by``: who sent it.

        One for an address is added only if a wait for it is here: it is used once.
        """
        if event.name.startswith(ONE_TIME) and all(wait.name != event.name for wait in self.waits):
            return []
        if event.id:
            seen = digest_of(event.id)
            if seen in self.seen:
                return []
            self.seen = [*self.seen, seen][-MAX_SEEN:]
        self.events.append(event)
        if by is not None:
            self.sent = [*self.sent, Sent(event.name, event.id, event.at, by)][-MAX_SENT:]
        return self._match(event.at)

    def add_wait(self, wait: Wait) -> list[Handover]:
        """Add a wait, unless its token is here already, or was. Return the handovers that this makes."""
        if digest_of(wait.token) in self.used:
            return []
        if any(wait.token == other.token for other in [*self.waits, *(handover.wait for handover in self.handovers)]):
            return []
        self.waits.append(wait)
        return self._match(wait.at)

    def open_gate(self, now_ms: int) -> list[Handover]:
        """Answer all waits at the gate. Return the handovers that this makes."""
        held = [wait for wait in self.waits if wait.name == GATE]
        self.waits = [wait for wait in self.waits if wait.name != GATE]
        made = [Handover(wait, Event("", GATE, "{}", now_ms), now_ms) for wait in held]
        self.handovers += made
        return made

    def mark_tried(self, token: str) -> bool:
        """Note that a handover is tried now, as its outcome is unknown after a crash. Return whether it was before."""
        before = any(handover.tried for handover in self.handovers if handover.wait.token == token)
        for handover in self.handovers:
            handover.tried |= handover.wait.token == token
        return before

    def mark_delivered(self, token: str, now_ms: int) -> list[Handover]:
        """Remove the handover, whose event has reached its wait. Return the handovers that this makes."""
        self.handovers = [handover for handover in self.handovers if handover.wait.token != token]
        self.used = [*self.used, digest_of(token)][-MAX_USED:]
        return self._match(now_ms)

    def return_event(self, token: str, now_ms: int) -> list[Handover]:
        """Remove the handover, as its wait is gone, and put its event first. Return the handovers that this makes."""
        back = [
            handover.event for handover in self.handovers if handover.wait.token == token and handover.wait.name != GATE
        ]
        self.events = [*back, *self.events]
        return self.mark_delivered(token, now_ms)

    def has_taken(self, event_id: str) -> bool:
        """Whether an event with this id has left the mailbox, or may be on its way."""
        untried = [handover.event for handover in self.handovers if not handover.tried]
        return digest_of(event_id) in self.seen and all(event.id != event_id for event in (*self.events, *untried))

    def text(self) -> str:
        """The mailbox as JSON text."""
        return json.dumps(asdict(self), separators=(",", ":"))

    def _match(self, now_ms: int) -> list[Handover]:
        made: list[Handover] = []
        for wait in list(self.waits):
            event = next((event for event in self.events if event.name == wait.name), None)
            if event is not None:
                self.events.remove(event)
                self.waits.remove(wait)
                made.append(Handover(wait, event, now_ms))
        self.handovers += made
        return made


def read_mailbox(execution: str, documents: Documents, now_ms: int) -> Mailbox:
    """The mailbox of an execution; an empty one if there is none."""
    document = documents.read(_partition(execution), "mailbox", now_ms)
    return Mailbox() if document is None else _mailbox(document.text)


def edit_mailbox(
    execution: str, documents: Documents, now_ms: int, edit: Callable[[Mailbox], T], most: int = MAX_WITH_WAITS
) -> T:
    """Write the edited mailbox, and return what ``edit`` returns. ``edit`` runs again if another writer was quicker.

    Raises Conflict if it would hold too much, LedgerUnavailable if other writers keep being quicker.
    """

    def write() -> T:
        before = documents.read(_partition(execution), "mailbox", now_ms)
        mailbox = Mailbox() if before is None else _mailbox(before.text)
        result = edit(mailbox)
        text = mailbox.text()
        if before is not None and text == before.text:
            return result
        if len(text) > most:
            raise Conflict("Too many events wait for this instance; it has to take some first.")
        version = 1 if before is None else before.version + 1
        fresh = Document("mailbox", text, version, now_ms // 1000 + KEPT_S)
        if documents.write(_partition(execution), fresh, now_ms):
            return result
        raise Overtaken

    return retry_on_conflict(write, "The mailbox of this instance")


def remove_mailbox(execution: str, documents: Documents) -> None:
    """Delete the mailbox with all that is in it."""
    documents.remove(_partition(execution), "mailbox")


def digest_of(text: str) -> str:
    """Return the digest by which an id or a token is remembered: 32 hex digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _partition(execution: str) -> str:
    return f"instance#{execution}"


def _mailbox(text: str) -> Mailbox:
    return parse_kept(text, "The mailbox", _from_json)


def _from_json(content: Any) -> Mailbox:
    return Mailbox(
        [Event(**event) for event in content["events"]],
        [Wait(**wait) for wait in content["waits"]],
        [
            Handover(Wait(**handover["wait"]), Event(**handover["event"]), handover["at"], handover.get("tried", False))
            for handover in content["handovers"]
        ],
        content["seen"],
        content.get("used", []),  # a mailbox of an earlier version has none
        [Sent(**sent) for sent in content.get("sent", [])],  # as of this
    )
