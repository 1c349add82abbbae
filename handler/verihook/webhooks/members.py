"""The events of a delivery that carries several: each is started as if it had come alone, and has a result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from verihook.errors import Duplicate, EventMalformed, PayloadGone, VerihookError
from verihook.instances import payload
from verihook.model.delivery import Carried
from verihook.model.instance import Instance
from verihook.model.ports import MAX_OUTPUT, Trace
from verihook.request import Request, json_text
from verihook.senders.event import Body, EventPlaces, event_action, event_id, event_type
from verihook.strict_json import parse_kept
from verihook.webhooks.intake import IntakeResult, ProvenEvent, start_for_event
from verihook.webhooks.outcome import note_refusal, report

if TYPE_CHECKING:
    from verihook.model.ports import Payloads
    from verihook.model.ports.sets import MessagePorts
    from verihook.model.source import Source

#: What became of an event, as JSON: ``number`` (its place, from 0 on), ``status`` (one of STATUSES) and, if there are,
#: ``eventId``, ``eventType``, ``instanceId``, ``instances`` (the ids, if there are several), ``reason`` (a code) and
#: ``detail`` (words).
Result = dict[str, Any]

#: As :meth:`Results.content`, before the first event is started.
NO_RESULTS = '{"results":[]}'

STATUSES = ("started", "duplicate", "ignored", "failed")


class Results:
    """The results of the first events of a delivery, in their order."""

    def __init__(self, results: list[Result]) -> None:
        self._results = results
        self._started = {each["instanceId"] for each in results if "instanceId" in each}

    @classmethod
    def kept_in(cls, row: Instance, payloads: Payloads) -> Results:
        """Return those that an earlier try has written into the row. Raises PayloadsUnavailable."""
        try:
            text = payload.load(row.output or NO_RESULTS, payloads)
        except PayloadGone:
            # To begin with the first event again starts nothing twice.
            text = NO_RESULTS
        return cls(parse_kept(text, f"What became of the events of {row.id}", lambda content: list(content["results"])))

    def __len__(self) -> int:
        return len(self._results)

    def add(self, result: Result) -> None:
        """Add the next one. An event that stands there twice is started once: the second time it is a duplicate."""
        if result.get("instanceId") in self._started and result["status"] == "started":
            result = result | {"status": "duplicate"}
        if "instanceId" in result:
            self._started.add(result["instanceId"])
        self._results.append(result)

    @property
    def failed(self) -> list[Result]:
        """Return the results of those that failed."""
        return [each for each in self._results if each["status"] == "failed"]

    def content(self, events: int) -> dict[str, Any]:
        """Return them as JSON, with how many there are of each. ``events``: how many the delivery has."""
        statuses = [each["status"] for each in self._results]
        counts = {status: statuses.count(status) for status in STATUSES}
        return {"count": events, **counts, "results": self._results}

    def stored(self, delivery_id: str, events: int, payloads: Payloads) -> str:
        """Return what the row of the delivery keeps of them: the text, or a reference to a payload."""
        content = self.content(events)
        return payload.store_if_large(json_text(content), content, delivery_id, MAX_OUTPUT, payloads)


def identity(source: Source, number: int, content: object) -> object:
    """Return what tells this event from the others of its delivery; two with the same one are one event."""
    try:
        own = event_id(_places(source), _NO_REQUEST, Body("", content))
    except EventMalformed:
        return number
    if own is not None:
        return f"id {own}"
    return f"body {json_text(content)}" if source.tells_by_body(content) else number


def start_member(
    row: Instance, number: int, content: object, source: Source, ports: MessagePorts
) -> Result | VerihookError:
    """Start the instances of one event of the delivery ``row``, unless they are there already. Return its result.

    Return the error if it is to be tried again: a service cannot be reached, or the source has no start left.
    """
    trace = Trace(_request_id(row), ports.clock.now_ms(), source.name)
    trace.carried = Carried(row.id, row.attempt, number)
    result: Result = {"number": number}
    taken: IntakeResult | None = None
    status = 202
    try:
        event = _event(row, content, source)
        trace.request = event.request
        trace.verified_by = row.facts.verified_by or None if row.facts is not None else None
        taken = start_for_event(source, event, ports, trace)
    except Duplicate as error:
        trace.outcome, trace.reason, trace.detail, status = "duplicate", error.code, str(error), error.status
    except VerihookError as error:
        if error.retryable:
            return error
        note_refusal(error, trace)
        trace.detail, status = trace.detail or str(error), error.status
    except Exception as error:  # noqa: BLE001  # a defect of ours must not keep the other events from being started
        ports.telemetry.failure(f"event {number} of {row.id}", error)
        note_refusal(VerihookError("Something went wrong on our side; restart the delivery."), trace)
        trace.detail, status = "Something went wrong on our side; restart the delivery.", VerihookError.status
    report(trace, status, ports)
    return result | _result(trace, taken)


def _result(trace: Trace, taken: IntakeResult | None) -> Result:
    """``taken``: None if an error was raised, which ``trace`` describes."""
    all_taken = () if taken is None or taken.instance_id is None else (taken, *taken.others)
    ids = [each.instance_id for each in all_taken]
    if trace.outcome == "duplicate" and all(each.duplicate for each in all_taken):
        status = "duplicate"
    elif ids:
        status = "started"
    else:
        status = "failed" if taken is None else "ignored"
    found = {
        "status": status,
        "eventId": trace.event_id,
        "eventType": trace.event_type,
        "instanceId": ids[0] if ids else None,
        "instances": ids if len(ids) > 1 else None,
        "reason": trace.reason,
        "detail": trace.detail,
    }
    return {name: value for name, value in found.items() if value is not None}


def _event(row: Instance, content: object, source: Source) -> ProvenEvent:
    """The event as if it had come alone, with the headers of its delivery that are passed on. Raises EventMalformed."""
    text = json_text(content)
    passed = row.passed
    path = (row.facts.path if row.facts is not None else "") or f"/hooks/{source.name}"
    request = Request("POST", path, "", tuple(passed.items()), text.encode("utf-8", "surrogatepass"), _request_id(row))
    places, body = _places(source), Body(text, content)
    kind = event_type(places, request, body)
    action = event_action(places, request, content)
    own = event_id(places, request, body)
    return ProvenEvent(content, text, own, kind or row.event_type, request, action=action)


def _places(source: Source) -> EventPlaces:
    """Return where an event of a delivery has its id and type."""
    each = source.sender.places.each
    return EventPlaces() if each is None else EventPlaces(each.id, each.type, each.action)


def _request_id(row: Instance) -> str:
    return row.id if row.facts is None else row.facts.request_id


_NO_REQUEST = Request("POST", "", "", (), b"", "")
