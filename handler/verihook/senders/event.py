"""The event that a delivery carries: where its id and type are, and what they may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from verihook.errors import EventMalformed
from verihook.request import Request
from verihook.senders.each import Each
from verihook.strict_json import member

#: Longer ids and types are refused: they are stored, logged and hashed.
MAX_ID = 256

#: What the body of a delivery can be read as. ``query``: the delivery is a GET, and its query is the event.
BODIES = ("json", "form", "xml", "text", "ndjson", "multipart", "raw", "query")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value is: in a header (lower case), or in the JSON body at a path of member names.

    ``aliases``: other names of the header; the first that came counts. ``optional``: an event without the value is
    accepted; without an id it is an event of its own. ``joined``: the paths of further members that, joined with
    colons, make up the value. ``others``: where the value is if it is not here, in this order.
    """

    header: str = ""
    json: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    optional: bool = False
    others: tuple[Place, ...] = ()
    joined: tuple[tuple[str, ...], ...] = ()

    def __str__(self) -> str:
        here = f"header {self.header}" if self.header else ", ".join(".".join(path) for path in self._paths)
        return " or ".join([here, *map(str, self.others)])

    @property
    def each(self) -> tuple[Place, ...]:
        """Return the place itself, and all others."""
        return (self, *self.others)

    def read(self, request: Request, content: object) -> object:
        """The value, None if there is none."""
        value: object
        if self.header:
            values = (request.header(name) for name in (self.header, *self.aliases))
            value = next((value for value in values if value is not None), None)
        elif self.joined:
            value = _joined([member(content, path) for path in self._paths])
        else:
            value = member(content, self.json)
        if value is None and self.others:
            found = (other.read(request, content) for other in self.others)
            return next((value for value in found if value is not None), None)
        return value

    @property
    def _paths(self) -> tuple[tuple[str, ...], ...]:
        return (self.json, *self.joined)


@dataclass(frozen=True, slots=True)
class EventPlaces:
    """Where a sender puts the event's id and type. Without a place for the id every delivery is an event of its own.

    ``action``: what refines the type, as GitHub's ``pull_request`` is ``opened`` or ``closed``. ``form_field``: the
    field with the JSON if the sender posts a form. ``envelope``: ``cloudevents`` if the sender sends those; then id and
    type come from the CloudEvent. ``body``: one of :data:`BODIES`; ``json`` takes a form that is declared as one, too.
    ``pass_headers``: the headers, in lower case, that say something of the event and that its workflow gets. ``pings``:
    the types of what the sender sends as a test, which starts nothing unless the source names its types itself.
    ``token``: if the body is ``jwt``, the path of the token whose claims are the event, "." for the whole body.
    ``each``: None if a delivery is one event; else ``id`` and ``type`` are those of the delivery. ``unique``: the path
    of a member that no two events have alike, so that equal bodies with it are one event; () is the whole body.
    """

    id: Place | None = None
    type: Place | None = None
    action: Place | None = None
    form_field: str = ""
    envelope: str = ""
    body: str = "json"
    pass_headers: tuple[str, ...] = ()
    pings: tuple[str, ...] = ()
    each: Each | None = None
    token: str = ""
    unique: tuple[str, ...] | None = None


# Not frozen: one is made of every delivery, and a frozen one takes three times as long to make.
@dataclass(slots=True)
class Body:
    """A delivered body: ``text`` is the JSON that the workflow gets, ``content`` the same parsed.

    ``id`` and ``type`` are those of its envelope, None if there is none.
    """

    text: str
    content: Any
    id: str | None = None
    type: str | None = None


def event_id(places: EventPlaces, request: Request, body: Body) -> str | None:
    """The event's id; None if the sender has none. Raises EventMalformed if the sender has one and it is missing."""
    if body.id is not None:
        return body.id
    value = places.id.read(request, body.content) if places.id else None
    if places.id is None or (value is None and places.id.optional):
        return None
    return _id_or_type(places.id, "id", value)


def event_type(places: EventPlaces, request: Request, body: Body) -> str | None:
    """The event's type; None if there is none. Raises EventMalformed."""
    if body.type is not None:
        return body.type
    value = places.type.read(request, body.content) if places.type else None
    return None if value is None else _id_or_type(places.type, "type", value)


def event_action(places: EventPlaces, request: Request, content: object) -> str | None:
    """What refines the event's type; None if the sender has nothing that does, or no text is there."""
    value = places.action.read(request, content) if places.action else None
    return value if isinstance(value, str) and 0 < len(value) <= MAX_ID and _encodable(value) else None


def _id_or_type(place: Place | None, what: str, value: object) -> str:
    """An id or a type as text: a string, or a whole number in its decimal digits."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return checked_text(what, place, value)


def _joined(values: list[object]) -> str | None:
    """Return the values as one text; None unless each is a text or a whole number."""
    parts = [str(each) for each in values if isinstance(each, str | int) and not isinstance(each, bool)]
    return ":".join(parts) if len(parts) == len(values) else None


def checked_text(what: str, where: object, value: object) -> str:
    """An id or a type that can be stored, logged and hashed. Raises EventMalformed that says ``where`` it is.

    ``where``: a text, or a place, whose text is made for an error alone.
    """
    if not isinstance(value, str) or not 0 < len(value) <= MAX_ID:
        raise EventMalformed(f"The event's {what} ({where}) must be 1 to {MAX_ID} characters.")
    if not _encodable(value):
        raise EventMalformed(f"The event's {what} ({where}) is not valid Unicode.")
    return value


def _encodable(text: str) -> bool:
    """Whether it has no lone surrogate, which JSON can write and UTF-8 cannot."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def refined(kind: str | None, action: str | None) -> str | None:
    """The type with what refines it: ``pull_request.opened``."""
    return f"{kind}.{action}" if kind is not None and action is not None else kind


def is_wanted(kind: str | None, types: tuple[str, ...], action: str | None = None) -> bool:
    """Whether a source that wants ``types`` accepts this one: exact, or ``order.*``; no types means all.

    ``action``: what refines it. A pattern without an action accepts them all.
    """
    if not types:
        return True
    return kind is not None and any(
        name == pattern or (pattern.endswith("*") and name.startswith(pattern[:-1]))
        for name in ((kind,) if action is None else (kind, f"{kind}.{action}"))
        for pattern in types
    )
