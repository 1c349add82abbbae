"""A sample delivery of each sender: what ``verihook send`` sends if it is given no file.

The bodies are this package's data, one file a sender in ``samples/``: NAME.json, or NAME.form for a sender of forms.
What they say is made up.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from typing import Any
from urllib.parse import urlencode

from verihook.senders import FOLDER, sender_table
from verihook.senders.event import EventPlaces, Place
from verihook.senders.form import form_fields
from verihook.senders.formats import MAX_FIELDS
from verihook.strict_json import member, parse, set_member

SAMPLES = FOLDER / "samples"

#: The type of a sample whose sender has the type in the body, or none.
DEFAULT_TYPE = "ping"


def sample_of(sender_id: str) -> bytes:
    """Return the body of the sample; that of ``generic`` if the sender has none of its own."""
    form = SAMPLES / f"{sender_id}.form"
    own = form if form.is_file() else SAMPLES / f"{sender_id}.json"
    return (own if own.is_file() else SAMPLES / "generic.json").read_bytes()


def has_sample(sender_id: str) -> bool:
    """Whether the sender has a sample of its own."""
    return any((SAMPLES / f"{sender_id}{ending}").is_file() for ending in (".json", ".form"))


def sample_type(sender_id: str) -> str:
    """Return the type of the sample, for a sender that has the type in a header."""
    try:
        return str(sender_table(sender_id).get("sample_type", DEFAULT_TYPE))
    except KeyError:
        return DEFAULT_TYPE  # its description is written in the source


def fresh(sample: bytes, places: EventPlaces, event_id: str) -> bytes:
    """Return the sample as another event: with ``event_id``, if the sender has the id in the body.

    An id that is a number becomes another number. A sample without an id in its body stays as it is.
    """
    try:
        content = parse(sample)
    except ValueError:
        return with_form_value(sample, places.id, event_id)
    changed = _renew(content, places.id, event_id)
    # A source that does not split deliveries may have an id that is made of those of the events.
    events = places.each or getattr(places.id, "events", None)
    if events is not None:
        # What an event of a nested array is made of is that of the sample itself.
        for number, event in enumerate(events.events(content, 100) or ()):
            changed |= _renew(event, events.id, f"{event_id}-{number}" if number else event_id)
    if places.unique is not None and not changed:
        changed = _renew_unique(content, places.unique, event_id)
    return json.dumps(content, indent=2, ensure_ascii=False).encode() + b"\n" if changed else sample


def with_form_value(sample: bytes, place: Place | None, text: str) -> bytes:
    """Return the form with another text in a place, if that is a field of it."""
    fields = form_fields(sample.decode(), MAX_FIELDS)
    own = place.json[0] if place and len(place.json) == 1 else ""
    if own not in dict(fields):
        return sample
    return urlencode([(name, text if name == own else value) for name, value in fields]).encode()


def _renew_unique(content: Any, path: tuple[str, ...], event_id: str) -> bool:
    """Give the event other items, or another text, if these tell it; return whether they do."""
    items = member(content, path)
    if path and isinstance(items, str):
        set_member(content, ".".join(path), b64encode(hashlib.sha256(event_id.encode()).digest()).decode())
        return True
    if not isinstance(items, list) or not items or not isinstance(items[0], dict):
        return False
    items[0]["id"] = event_id
    return True


def _renew(content: Any, place: Place | None, event_id: str) -> bool:
    """Replace the id of the event; return whether it has one."""
    for each in place.each if place else ():
        *parents, last = each.json or ("",)
        holder = member(content, tuple(parents))
        if isinstance(holder, dict) and isinstance(holder.get(last), str | int):
            holder[last] = event_id if isinstance(holder[last], str) else int(event_id.encode().hex(), 16) % 10**9
            return True
    return False
