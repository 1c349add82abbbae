"""Asks the entry of a source what becomes of a proven event: an input, nothing, or an answer of its own.

Imported for sources that have one. It is asked for every delivery before the event is claimed, also for one that turns
out to be a redelivery: the row that exists then wins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from verihook.errors import BodyTooLarge
from verihook.instances import payload
from verihook.model import deadline
from verihook.model.entry import EntryEvent, EntryRequest, Ignore, Reply, Start
from verihook.model.entry_wire import Failure, call_of, read_decision
from verihook.model.header_rule import may_hold_secret
from verihook.model.ports import EntryFailed, EntryTimeout
from verihook.records import replace
from verihook.request import Reply as Answer
from verihook.request import json_text

if TYPE_CHECKING:
    from verihook.model.delivery import EventFacts
    from verihook.model.instance import Instance
    from verihook.model.ports import Trace
    from verihook.model.ports.sets import IntakePorts
    from verihook.model.source import Source
    from verihook.webhooks.intake import ProvenEvent

#: The share of the whole time until which an entry has to have decided: what is left is for the claim and the start.
ENTRY_SHARE = 1 / 2

#: The longest that an entry is waited for, also if no sender waits: an event of a feed. In seconds.
LONGEST_S = 3.0

#: The longest call, in bytes: Lambda takes 6 MB.
MAX_CALL = 6_000_000

#: The reason of a delivery that an entry has answered with an error of its own.
REFUSED = "entry-refused"

#: At most so many characters of the operator's words are noted.
_MAX_WORDS = 400


class _OwnAnswer(Answer):
    """An answer of the operator's."""

    fixed = True


@dataclass(frozen=True, slots=True)
class Entered:
    """What an entry has decided. ``source``: as it is to go on with the event, None if nothing is to start.

    ``reply``: what the sender is answered in place of ours, None for ours.
    """

    source: Source | None
    reply: Answer | None = None


@dataclass(frozen=True, slots=True)
class _Made:
    """The input that an entry made, in the place of a transform's."""

    input: Any

    def result(self, content: object, facts: EventFacts) -> Any:  # noqa: ARG002  as Expression.result
        return self.input


def enter(source: Source, event: ProvenEvent, ports: IntakePorts, trace: Trace) -> Entered:
    """Ask the entry. Fill in the trace if nothing is to start. Raises EntryFailed, EntryTimeout, BodyTooLarge."""
    try:
        match _ask(source, event, ports, trace):
            case Failure(words):
                raise EntryFailed(words)
            case Ignore(reason):
                trace.outcome, trace.detail = "ignored", _cut(f"entry: {reason or 'it ignores the event'}")
                return Entered(None)
            case Reply() as reply:
                return _replied(reply, trace)
            case Start(input, reply):
                return Entered(replace(source, transform=_made(input, event)), None if reply is None else _sent(reply))
    except EntryFailed as error:
        trace.detail = _cut(f"entry {source.entry}: {error.words}")
        raise


def _ask(source: Source, event: ProvenEvent, ports: IntakePorts, trace: Trace) -> Start | Ignore | Reply | Failure:
    call = call_of(source.entry, _request_of(source, event), event.text, trace.request_id)
    if len(call) > MAX_CALL:
        raise BodyTooLarge("The body is too large for the source, which has an entry.")
    with deadline.part(ENTRY_SHARE):
        left = deadline.left_s()
        if left == 0:
            raise EntryTimeout("no time was left to ask it; the delivery's secrets took all")
        answer = ports.entries.ask(call, LONGEST_S if left is None else min(left, LONGEST_S))
    try:
        return read_decision(answer)
    except ValueError as error:
        raise EntryFailed(str(error)) from None


def _request_of(source: Source, event: ProvenEvent) -> EntryRequest:
    request = event.request
    headers: dict[str, str] = {}
    for name, value in request.headers:
        if name not in headers and not may_hold_secret(name, source.sender):
            headers[name] = value
    facts = EntryEvent(None, source.name, event.id, event.type)
    return EntryRequest(
        request.method, request.path, source.sender.shown_query(request.query), headers, request.body, facts
    )


def _made(input: object, event: ProvenEvent) -> _Made:
    """The input; the event's own content if it is that, so that the text that came stays as it is."""
    try:
        same = json_text(input) == json_text(event.content)
    except RecursionError:
        raise EntryFailed("the input is nested too deep") from None
    return _Made(event.content if same else input)


def _replied(reply: Reply, trace: Trace) -> Entered:
    """Nothing starts, and the sender gets the entry's answer: an error of it counts as a refusal."""
    trace.outcome, trace.detail = "ignored", f"entry: it answers {reply.status}"
    if reply.status >= 400:
        trace.outcome = "rejected" if reply.status < 500 else "unavailable"
        trace.reason = REFUSED
    return Entered(None, _sent(reply))


def _sent(reply: Reply) -> Answer:
    return _OwnAnswer(reply.status, reply.body, {"cache-control": "no-store", **reply.headers})


def has_other_body(existing: Instance, fresh: Instance) -> bool:
    """Whether two deliveries of one event, whose inputs differ, had different bodies.

    An entry may make another input of the same body. False if the body of one is not known, as its facts are not kept.
    """
    bodies = {_digest(existing), _digest(fresh)}
    return len(bodies) > 1 and None not in bodies


def _digest(row: Instance) -> str | None:
    if row.facts is None:
        return None
    return payload.size_and_digest(row.input)[1] if row.facts.body is None else row.facts.body.sha256


def _cut(words: str) -> str:
    return words if len(words) <= _MAX_WORDS else f"{words[:_MAX_WORDS]}..."
