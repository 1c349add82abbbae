"""Events that are raised for an instance, and the waits that take them.

An event and a wait are both written to the mailbox first, and handed over afterwards, so a crash in between loses
nothing: a repeated call, the next event, the next wait and reconcile all hand over what is left.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from operator import methodcaller
from typing import TYPE_CHECKING, Literal

from verihook.errors import BodyTooLarge, Conflict, EngineUnavailable, InstanceNotFound, RequestInvalid
from verihook.instances import mailboxes, open_waits
from verihook.instances.mailboxes import GATE, Event, Handover, Mailbox, Sent, Wait
from verihook.instances.open_waits import NO_NOTICE, Notice
from verihook.instances.progress import record_end
from verihook.instances.reading import engine_of, get
from verihook.instances.start_request import StartRequest
from verihook.instances.starting import submit
from verihook.model.delivery import EventFacts
from verihook.model.instance import Instance, execution_name
from verihook.request import json_text

if TYPE_CHECKING:
    from verihook.model.ports.sets import ControlPorts, DocumentPorts, EventPorts, ReadPorts, SubmitPorts

#: What Step Functions and durable functions take as the answer to a wait, in bytes.
MAX_PAYLOAD = 131_072

#: A handover that is older than this was left by a crash, or its answer was lost; in milliseconds.
_LEFT_MS = 15_000

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}", re.ASCII)


@dataclass(frozen=True, slots=True)
class MailboxEntry:
    """An event in a mailbox that no execution has taken yet, or a wait for one. ``at`` in milliseconds."""

    name: str
    state: Literal["buffered", "waiting"]
    at: int
    id: str = ""


def mailbox(instance_id: str, ports: DocumentPorts) -> list[MailboxEntry]:
    """The events that no execution has taken yet, and the waits that no event has come for, the oldest first."""
    box = mailboxes.read_mailbox(_mailbox_name(get(instance_id, ports)), ports.documents, ports.clock.now_ms())
    waits = [MailboxEntry(wait.name, "waiting", wait.at) for wait in box.waits if wait.name != GATE]
    events = [MailboxEntry(event.name, "buffered", event.at, event.id) for event in box.events]
    return sorted([*waits, *events], key=lambda entry: entry.at)


def senders_of(instance_id: str, ports: DocumentPorts) -> list[Sent]:
    """Return who sent the last events of the present attempt through the API, the oldest first."""
    name = _mailbox_name(get(instance_id, ports))
    return mailboxes.read_mailbox(name, ports.documents, ports.clock.now_ms()).sent


def raise_event(
    instance_id: str,
    name: str,
    content: object,
    ports: SubmitPorts,
    event_id: str | None = None,
    start: StartRequest | None = None,
    *,
    by: dict[str, str] | None = None,
) -> Instance:
    """Raise an event: it goes to the oldest wait for its name, or is kept until one comes. ``by``: who sends it.

    ``event_id``: a second event with the same id changes nothing. ``start``: what to start if there is no such
    instance. Raises RequestInvalid, BodyTooLarge, Conflict (the instance has ended), NotSupported, EngineUnavailable
    (raise it again with the same id).
    """
    text = _checked(name, event_id, content)
    try:
        instance = get(instance_id, ports)
    except InstanceNotFound:
        if start is None:
            raise
        instance = submit(start, "", ports).instance
    raise_for(instance, Event(event_id or "", name, text, ports.clock.now_ms()), ports, by)
    return instance


def raise_for(instance: Instance, event: Event, ports: ControlPorts, by: dict[str, str] | None = None) -> None:
    """Raise an event for an instance that was just read. ``by`` and what is raised: as for :func:`raise_event`."""
    if instance.final:
        raise Conflict(f"The instance is {instance.status} and takes no events.", instance_id=instance.id)
    engine, _ = engine_of(instance, ports)
    engine.check_events()
    now = event.at
    made = mailboxes.edit_mailbox(
        _mailbox_name(instance), ports.documents, now, lambda box: box.add_event(event, by), mailboxes.MAX_MAILBOX
    )
    taken = _hand_over(instance, made, ports)
    hand_over_pending(instance, ports)
    if not taken:
        _raise_if_ended(instance, ports)


def has_taken(instance: Instance, event_id: str, ports: DocumentPorts) -> bool:
    """Whether an event with this id was raised for the present attempt, and does not lie in its mailbox any more."""
    return mailboxes.read_mailbox(_mailbox_name(instance), ports.documents, ports.clock.now_ms()).has_taken(event_id)


def check_event_name(name: str) -> None:
    """Raise RequestInvalid if no event can have this name."""
    if not _NAME.fullmatch(name):
        raise RequestInvalid("The event's name must be 1 to 128 letters, digits, dots, colons, hyphens or underscores.")


def check_payload(text: str) -> str:
    """Return the payload of an event. Raises BodyTooLarge if no wait, or no mailbox, takes it."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_PAYLOAD:
        raise BodyTooLarge(f"The payload of an event must be at most {MAX_PAYLOAD} bytes.")
    return text


def _checked(name: str, event_id: str | None, content: object) -> str:
    """Return the content as JSON. Raises RequestInvalid or BodyTooLarge if there can be no such event."""
    check_event_name(name)
    if event_id is not None and not 0 < len(event_id) <= 128:
        raise RequestInvalid("The event's id must be 1 to 128 characters.")
    return check_payload(json_text(content))


def _raise_if_ended(instance: Instance, ports: ControlPorts) -> None:
    """Raise Conflict if the engine says that the instance has ended, which the ledger may not know yet."""
    engine, definition = engine_of(instance, ports)
    try:
        progress = engine.describe(definition, _mailbox_name(instance))
    except EngineUnavailable as error:
        # The event is kept, and reconcile finds out whether the instance has ended.
        ports.telemetry.failure(f"event of {_mailbox_name(instance)}", error)
        return
    if progress is not None and record_end(instance, progress, ports):
        raise Conflict(f"The instance is {progress.status} and takes no events.", instance_id=instance.id)


def await_event(
    instance_id: str,
    attempt: int,
    name: str,
    token: str,
    ports: EventPorts,
    execution: str = "",
    notice: Notice = NO_NOTICE,
) -> None:
    """Note that an execution waits for an event, which its engine takes with the ``token``. Idempotent.

    ``execution``: its ARN, "" if only its name is known. ``notice``: what the list of open waits says of it. A wait of
    a former attempt is ignored. Raises RequestInvalid for an execution of another workflow than the instance's, and for
    a notice that is too long.
    """
    open_waits.check_shows(notice.shows)
    instance = _instance_of_execution(instance_id, execution, ports)
    if instance.attempt != attempt or instance.final:
        return
    now = ports.clock.now_ms()

    def add(box: Mailbox) -> tuple[list[Handover], Wait | None]:
        made = box.add_wait(Wait(name, token, now))
        # As it was added first, if this call is a repetition: its mark is named by its beginning.
        return made, next((wait for wait in box.waits if wait.token == token), None)

    made, still_open = mailboxes.edit_mailbox(_mailbox_name(instance), ports.documents, now, add)
    if still_open is not None:
        open_waits.mark(instance, still_open, notice, ports)
    _hand_over_or_leave(instance, made, ports, token)


def pass_gate(instance_id: str, attempt: int, token: str, ports: EventPorts, execution: str = "") -> None:
    """Let an execution pass a gate: at once, or when its instance is resumed if it is suspended.

    ``execution`` and what is raised: as for :func:`await_event`.
    """
    instance = _instance_of_execution(instance_id, execution, ports)
    if instance.attempt != attempt or instance.final:
        return
    now = ports.clock.now_ms()
    name = _mailbox_name(instance)
    mailboxes.edit_mailbox(name, ports.documents, now, lambda box: box.add_wait(Wait(GATE, token, now)))
    # After the wait is written, so that a resume between the two finds it.
    if not get(instance_id, ports).held:
        now = ports.clock.now_ms()
        made = mailboxes.edit_mailbox(name, ports.documents, now, lambda box: box.open_gate(now))
        _hand_over_or_leave(instance, made, ports)


def connection_of(instance_id: str, attempt: int, ports: ReadPorts, execution: str = "") -> str | None:
    """Return the name of the connection that the start of this attempt chose, or None if it chose none.

    ``execution`` and what is raised: as for :func:`await_event`; and Conflict for a former attempt.
    """
    return _present_attempt(instance_id, attempt, execution, ports).connection


def facts_of(instance_id: str, attempt: int, ports: ReadPorts, execution: str = "") -> EventFacts:
    """Return what the workflow of this attempt gets beside its input. The rest is as for :func:`connection_of`."""
    return _present_attempt(instance_id, attempt, execution, ports).event_facts


def _present_attempt(instance_id: str, attempt: int, execution: str, ports: ReadPorts) -> Instance:
    instance = _instance_of_execution(instance_id, execution, ports)
    if instance.attempt != attempt:
        raise Conflict(f"The instance is at attempt {instance.attempt} by now.", instance_id=instance_id)
    return instance


def open_gate(instance: Instance, ports: EventPorts) -> None:
    """Let all executions that wait at the gate go on."""
    now = ports.clock.now_ms()
    made = mailboxes.edit_mailbox(_mailbox_name(instance), ports.documents, now, lambda box: box.open_gate(now))
    _hand_over(instance, made, ports)


def hand_over_pending(instance: Instance, ports: EventPorts) -> None:
    """Hand over the events that an earlier call left on their way.

    If the wait is gone and a handover was tried before, the event has probably reached the wait then: it is not handed
    over again, and the log says so.
    """
    now = ports.clock.now_ms()
    box = mailboxes.read_mailbox(_mailbox_name(instance), ports.documents, now)
    gates = [wait for wait in box.waits if wait.name == GATE]
    # A resume may have been stopped before it opened the gate.
    if gates and not get(instance.id, ports).held:
        open_gate(instance, ports)
    left = [handover for handover in box.handovers if handover.at < now - _LEFT_MS]
    engine, _ = engine_of(instance, ports)
    for handover in left:
        # Marked before the call, and in the mailbox as it is now: if the answer is lost, the next call knows of the
        # try.
        mark = methodcaller("mark_tried", handover.wait.token)
        tried = mailboxes.edit_mailbox(_mailbox_name(instance), ports.documents, now, mark)
        taken = engine.answer(handover.wait.token, handover.event.payload)
        if tried and not taken:
            why = LookupError(f"no wait is left for {handover.event.name!r}, which may have been handed over before")
            ports.telemetry.failure(f"event of {_mailbox_name(instance)}", why)
        settle = methodcaller("mark_delivered" if taken or tried else "return_event", handover.wait.token, now)
        _hand_over(instance, mailboxes.edit_mailbox(_mailbox_name(instance), ports.documents, now, settle), ports)


def _instance_of_execution(instance_id: str, execution: str, ports: ReadPorts) -> Instance:
    """Return the instance. Raises RequestInvalid for an execution of another workflow: it may not take its events."""
    instance = get(instance_id, ports)
    engine, definition = engine_of(instance, ports)
    if execution and not engine.owns(definition, execution):
        raise RequestInvalid("execution: is of another workflow than the instance.")
    return instance


def _mailbox_name(instance: Instance) -> str:
    """Return the mailbox's name. Each attempt has its own, so that no event for a former attempt reaches it."""
    return execution_name(instance.id, instance.attempt)


def _hand_over_or_leave(instance: Instance, made: list[Handover], ports: EventPorts, new: str = "") -> None:
    """As :func:`_hand_over`, but leave the handovers to reconcile if the engine is unavailable.

    An error would fail the very task that waits, and the event would then go to a token that is not valid any more.
    """
    try:
        _hand_over(instance, made, ports, new)
    except EngineUnavailable as error:
        ports.telemetry.failure(f"wait of {_mailbox_name(instance)}", error)


def _hand_over(instance: Instance, made: list[Handover], ports: EventPorts, new: str = "") -> bool:
    """Hand over the events of these handovers, and keep an event whose wait is gone. Return whether a wait took one.

    ``new``: the token of a wait that was added just now, and is on no list.
    """
    engine, _ = engine_of(instance, ports)
    name = _mailbox_name(instance)
    failed: EngineUnavailable | None = None
    any_taken = False
    while made:
        handover = made.pop(0)
        if handover.wait.token != new:
            open_waits.unmark(instance, handover.wait, ports)
        now = ports.clock.now_ms()
        mailboxes.edit_mailbox(name, ports.documents, now, methodcaller("mark_tried", handover.wait.token))
        try:
            taken = engine.answer(handover.wait.token, handover.event.payload)
        except EngineUnavailable as error:
            failed = error
            continue
        any_taken = any_taken or taken
        settle = methodcaller("mark_delivered" if taken else "return_event", handover.wait.token, now)
        made += mailboxes.edit_mailbox(name, ports.documents, now, settle)
    if failed is not None:
        raise failed
    return any_taken
