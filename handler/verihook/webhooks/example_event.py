"""An event as the sender of a source might send it, for a test: its id and type are in the places of that sender."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from verihook.errors import InputInvalid, NotConfigured, NotSupported, Rejected
from verihook.model.schema_sample import sample_of
from verihook.model.source import Source
from verihook.model.workflow import Workflow
from verihook.request import FORM, Request, json_text
from verihook.senders import samples
from verihook.senders.body import parse_as
from verihook.senders.event import EventPlaces, Place, event_type
from verihook.senders.samples import fresh, has_sample, sample_type, with_form_value
from verihook.strict_json import parse, set_member
from verihook.webhooks.signed_delivery import content_type_of


@dataclass(frozen=True, slots=True)
class ExampleEvent:
    """A body with its content type, and the event's ``type``; ``id`` and ``type`` may belong into headers."""

    id: str
    type: str
    body: bytes
    content_type: str


def example_event(source: Source, workflow: Workflow | None, id: str, kind: str | None = None) -> ExampleEvent:
    """Return an event with this id that the source wants.

    It is the sample of its sender if the workflow's schema takes that; else one that the schema takes. ``kind``: its
    type; None for the first that the source names, or the sample's.
    Raises NotSupported for a body in a format that no example is made in.
    """
    wanted = kind or next((each.rstrip("*.") for each in source.types), "")
    sample = _sample(source, workflow, id, wanted)
    if sample is not None:
        plain = wanted or _type_in(*sample, source.sender.places) or sample_type(source.sender.id)
        return ExampleEvent(id, plain.partition(".")[0] if source.sender.places.action else plain, *sample)
    return _by_schema(source, workflow, id, wanted or "test.event")


def _sample(source: Source, workflow: Workflow | None, id: str, wanted: str) -> tuple[bytes, str] | None:
    """Return the sample of the sender as a new event, with its content type; None if it has none that is taken."""
    places = source.sender.places
    if not has_sample(source.sender.id):
        return None
    body = fresh(samples.sample_of(source.sender.id), places, id)
    try:
        content = parse(body)
    except ValueError:
        body = with_form_value(body, places.type, wanted) if wanted else body
        return (body, content_type_of(body)) if workflow is None or workflow.input_schema is None else None
    if wanted and places.each is None and isinstance(content, dict):
        content = _with(content, None, id, places.type, wanted)
        body = json_text(content).encode()
    if places.body == "form" and isinstance(content, dict):
        # The sample is the JSON in a field of the form.
        body = _written(content, places, id)[0]
    if workflow is not None and source.transform is None:
        try:
            workflow.accept(content)
        except (InputInvalid, NotConfigured):
            return None
    return body, content_type_of(body)


def _type_in(body: bytes, content_type: str, places: EventPlaces) -> str:
    """Return the type that a sample says in its body, "" if its sender has the type elsewhere."""
    request = Request("POST", "/", "", (("content-type", content_type),), body, "")
    try:
        return event_type(places, request, parse_as(places, request)) or ""
    except Rejected:
        return ""


def _by_schema(source: Source, workflow: Workflow | None, id: str, wanted: str) -> ExampleEvent:
    places = source.sender.places
    plain, _, action = wanted.partition(".") if places.action else (wanted, "", "")
    # What makes the input of something else may need anything.
    own = sample_of(workflow.input_schema) if workflow is not None and source.transform is None else {}
    content: dict[str, Any] = dict(own) if isinstance(own, dict) else {}
    if places.each is not None:
        item = _with(content, places.each.id, id, places.each.type, plain)
        body = places.each.body_of(item)
        if isinstance(body, dict):
            body = _with(body, places.id, id, places.type, plain)
        return ExampleEvent(id, plain, json_text(body).encode(), "application/json")
    content = _with(content, places.id, id, places.type, plain)
    if places.action is not None and action and places.action.json:
        set_member(content, ".".join(places.action.json), action)
    return ExampleEvent(id, plain, *_written(content, places, id))


def _with(content: dict[str, Any], id_place: Place | None, id: str, type_place: Place | None, kind: str) -> Any:
    """Put id and type into their places in the body; those of headers are not put here."""
    for place, text in ((id_place, id), (type_place, kind)):
        for path in (place.json, *place.joined) if place is not None and not place.header else ():
            if path:
                set_member(content, ".".join(path), text)
    return content


def _written(content: dict[str, Any], places: EventPlaces, id: str) -> tuple[bytes, str]:
    text = json_text(content)
    match places.body:
        case "json" | "ndjson":
            return text.encode(), "application/json"
        case "form":
            fields = {places.form_field: text} if places.form_field else content
            return urlencode(fields or {"id": id}).encode(), FORM
        case "text" | "raw":
            return f"example {id}".encode(), "text/plain"
        case "xml":
            return f"<event><id>{id}</id></event>".encode(), "application/xml"
    raise NotSupported(f"There is no example of a body that is read as {places.body}: give the body.")
