"""Reads where an event has its id and type from the ``[event]`` table of a sender or a source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from verihook.records import replace
from verihook.senders.each import Each, read_each
from verihook.senders.event import BODIES, EventPlaces, Place
from verihook.senders.tables import must_be_one_of, unknown_key

#: In the place of the id: it is made of those of the events.
EACH = "each"

#: The keys of an ``[event]`` table.
_KEYS = {"id", "type", "action", "each", "body", "form_field", "envelope", "pass_headers", "pings", "unique"}


def read_places(table: Mapping[str, Any]) -> EventPlaces:
    """EventPlaces from the ``[event]`` table of a sender or a source. Raises ValueError ``KEY: mend``."""
    unknown = set(table) - _KEYS
    if unknown:
        raise ValueError(f"{min(unknown)}: {unknown_key(_KEYS)}")
    envelope = table.get("envelope", "")
    if envelope not in ("", "cloudevents"):
        raise ValueError('envelope: write "cloudevents", or leave it out')
    of_events = table.get("id") == EACH
    own = {key: value for key, value in table.items() if key != "id"} if of_events else table
    id, kind, action = (_place(own, key) for key in ("id", "type", "action"))
    body = table.get("body", "json")
    if body not in BODIES:
        raise ValueError(f"body: {must_be_one_of(BODIES, body)}")
    if envelope and body != "json":
        raise ValueError("body: leave it out, a CloudEvent says itself what its data is")
    passed = tuple(name.lower() for name in _names(table, "pass_headers"))
    form_field = str(table.get("form_field", ""))
    each = read_each(table.get("each"), (id, kind, action), _place)
    if each is not None and envelope:
        raise ValueError("each: leave it out, a CloudEvent is one event")
    if isinstance(table.get("each"), str | list):
        id, kind, action = (place if place and place.header else None for place in (id, kind, action))
    if of_events:
        id = _of_events(each)
    pings, unique = _names(table, "pings"), _unique(table)
    return EventPlaces(id, kind, action, form_field, envelope, body, passed, pings, each, unique=unique)


def _of_events(each: Each | None) -> Place:
    # Imported here: few senders need it.
    from verihook.senders.each_ids import EachIds

    if each is None or each.id is None:
        raise ValueError(f'id: "{EACH}" is made of the ids of the events: write each with a path and an id, too')
    return EachIds(each)


def _unique(table: Mapping[str, Any]) -> tuple[str, ...] | None:
    path = table.get("unique", ".")
    if not isinstance(path, str) or (path != "." and "" in path.split(".")):
        raise ValueError('unique: write the path of the member, such as "data.version", or "." for the whole body')
    return _path(path) if "unique" in table else None


def _names(table: Mapping[str, Any], key: str) -> tuple[str, ...]:
    names = table.get(key, [])
    if not isinstance(names, list) or not _are_names(names):
        raise ValueError(f"{key}: write a list of names")
    return tuple(names)


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
