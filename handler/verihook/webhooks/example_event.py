"""An event as the sender of a source might send it, for a test: its id and type are in the places of that sender."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from verihook.errors import NotSupported
from verihook.model.schema_sample import sample_of
from verihook.model.source import Source
from verihook.model.workflow import Workflow
from verihook.request import FORM, json_text
from verihook.senders.event import EventPlaces, Place
from verihook.strict_json import set_member


@dataclass(frozen=True, slots=True)
class ExampleEvent:
    """A body with its content type, and the event's ``type``; ``id`` and ``type`` may belong into headers."""

    id: str
    type: str
    body: bytes
    content_type: str


def example_event(source: Source, workflow: Workflow | None, id: str, kind: str | None = None) -> ExampleEvent:
    """Return an event with this id that the source wants, with an input that fits the workflow's schema.

    ``kind``: its type; None for the first that the source names. Raises NotSupported for a body in a format that no
    example is made in.
    """
    places = source.sender.places
    wanted = kind or next((each.rstrip("*.") for each in source.types), "test.event")
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
