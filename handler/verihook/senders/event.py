"""The event that a delivery carries: where its id and type are, and what they may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from verihook.errors import EventMalformed
from verihook.records import replace
from verihook.request import Request
from verihook.senders.tables import must_be_one_of, unknown_key
from verihook.strict_json import member

#: Longer ids and types are refused: they are stored, logged and hashed.
MAX_ID = 256

#: The keys of an ``[event]`` table.
_KEYS = {"id", "type", "action", "each", "body", "form_field", "envelope", "pass_headers", "pings"}

#: The keys of a table ``each`` in it.
_EACH = {"path", "id", "type", "action"}

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
class Each:
    """Where a delivery has several events, and where each of them has its own id, its type and what refines that.

    ``path``: that of the array in the body; () if the body is the array.
    """

    path: tuple[str, ...]
    id: Place | None = None
    type: Place | None = None
    action: Place | None = None

    def __str__(self) -> str:
        return ".".join(self.path) or "the body"


@dataclass(frozen=True, slots=True)
class EventPlaces:
    """Where a sender puts the event's id and type. Without a place for the id every delivery is an event of its own.

    ``action``: what refines the type, as GitHub's ``pull_request`` is ``opened`` or ``closed``. ``form_field``: the
    field with the JSON if the sender posts a form. ``envelope``: ``cloudevents`` if the sender sends those; then id and
    type come from the CloudEvent. ``body``: one of :data:`BODIES`; ``json`` takes a form that is declared as one, too.
    ``pass_headers``: the headers, in lower case, that say something of the event and that its workflow gets. ``pings``:
    the types of what the sender sends as a test, which starts nothing unless the source names its types itself.
    ``token``: where the body is ``jwt``, the path of the token whose claims are the event, "." for the whole body.
    ``each``: None if a delivery is one event; else ``id`` and ``type`` are those of the delivery.
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


def read_places(table: Mapping[str, Any]) -> EventPlaces:
    """EventPlaces from the ``[event]`` table of a sender or a source. Raises ValueError ``KEY: mend``."""
    unknown = set(table) - _KEYS
    if unknown:
        raise ValueError(f"{min(unknown)}: {unknown_key(_KEYS)}")
    envelope = table.get("envelope", "")
    if envelope not in ("", "cloudevents"):
        raise ValueError('envelope: write "cloudevents", or leave it out')
    id, kind, action = (_place(table, key) for key in ("id", "type", "action"))
    body = table.get("body", "json")
    if body not in BODIES:
        raise ValueError(f"body: {must_be_one_of(BODIES, body)}")
    if envelope and body != "json":
        raise ValueError("body: leave it out, a CloudEvent says itself what its data is")
    passed = tuple(name.lower() for name in _names(table, "pass_headers"))
    form_field = str(table.get("form_field", ""))
    each = _each(table.get("each"), id, kind, action)
    if each is not None and envelope:
        raise ValueError("each: leave it out, a CloudEvent is one event")
    if isinstance(table.get("each"), str):
        id, kind, action = (place if place and place.header else None for place in (id, kind, action))
    return EventPlaces(id, kind, action, form_field, envelope, body, passed, _names(table, "pings"), each)


def _names(table: Mapping[str, Any], key: str) -> tuple[str, ...]:
    names = table.get(key, [])
    if not isinstance(names, list) or not _are_names(names):
        raise ValueError(f"{key}: write a list of names")
    return tuple(names)


def _each(value: object, *places: Place | None) -> Each | None:
    """Return where the events of a delivery are. ``places``: those of the table; what is no header is each event's."""
    if value is None:
        return None
    if isinstance(value, str):
        return Each(_path(value), *(None if place and place.header else place for place in places))
    if not isinstance(value, dict) or not isinstance(value.get("path"), str):
        raise ValueError('each: write the path of the array, such as "events", or "." if the body is the array')
    if unknown := set(value) - _EACH:
        raise ValueError(f"each.{min(unknown)}: {unknown_key(_EACH)}")
    try:
        own = [_place(value, key) for key in ("id", "type", "action")]
    except ValueError as error:
        raise ValueError(f"each.{error}") from error
    if any(place and place.header for place in own):
        raise ValueError("each: a header is of the whole delivery; write it in [event] itself")
    return Each(_path(value["path"]), *own)


def _path(text: str) -> tuple[str, ...]:
    return () if text in ("", ".") else tuple(text.split("."))


def _place(table: Mapping[str, Any], key: str) -> Place | None:
    """The place under the key, or the list of places; None if there is none. Any of a list makes all optional."""
    given = table.get(key)
    if given is None:
        return None
    first, *others = [_one_place(place, key) for place in (given if isinstance(given, list) and given else [given])]
    optional = any(place.optional for place in (first, *others))
    return replace(first, optional=optional, others=tuple(others)) if others else first


def _one_place(place: object, key: str) -> Place:
    match place:
        case {"header": str(header) | [str(header)], **rest} if header and set(rest) <= {"optional"}:
            return Place(header=header.lower(), optional=_is_optional(key, rest))
        case {"header": [str(header), *aliases], **rest} if (
            header and set(rest) <= {"optional"} and _are_names(aliases)
        ):
            lower = tuple(alias.lower() for alias in aliases)
            return Place(header=header.lower(), aliases=lower, optional=_is_optional(key, rest))
        case {"json": str(path), **rest} if path and set(rest) <= {"optional"}:
            return Place(json=tuple(path.split(".")), optional=_is_optional(key, rest))
        case {"json": [str(path), *more], **rest} if path and more and set(rest) <= {"optional"} and _are_names(more):
            joined = tuple(tuple(each.split(".")) for each in more)
            return Place(json=tuple(path.split(".")), optional=_is_optional(key, rest), joined=joined)
    raise ValueError(f'{key}: write {{ header = "NAME" }} or {{ json = "path.to.member" }}, or a list of these')


def _are_names(values: list[Any]) -> bool:
    return all(isinstance(value, str) and value for value in values)


def _is_optional(key: str, rest: Mapping[Any, Any]) -> bool:
    optional = rest.get("optional", False)
    if not isinstance(optional, bool):
        raise ValueError(f"{key}: optional is true or false")
    return optional
