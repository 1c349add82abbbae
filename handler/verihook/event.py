"""The event that a delivery carries: the only place where a delivered body is parsed.

A body is parsed after it was verified, never before.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from verihook.errors import EventMalformed, RecordDamaged, UnsupportedMediaType
from verihook.json_size import check_size
from verihook.request import Request
from verihook.schemes.json_member import member

T = TypeVar("T")

#: Longer ids and types are refused: they are stored, logged and hashed.
MAX_ID = 256

_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: in a header (lower case), or in the JSON body at a path of member names.

    ``aliases``: other names of the header, of which the first that came counts. ``optional``: an event without it is
    taken all the same; without an id it is an event of its own.
    """

    header: str = ""
    json: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    optional: bool = False

    def __str__(self) -> str:
        return f"header {self.header}" if self.header else ".".join(self.json)

    def read(self, request: Request, content: object) -> object:
        """The value, None where there is none."""
        if self.header:
            values = (request.header(name) for name in (self.header, *self.aliases))
            return next((value for value in values if value is not None), None)
        return member(content, self.json)


@dataclass(frozen=True, slots=True)
class EventPlaces:
    """Where a sender puts the event's id and type. Without a place for the id every delivery is an event of its own.

    ``form_field`` holds JSON where the sender posts a form. ``envelope``: ``cloudevents`` where the sender speaks that;
    then id and type come from it.
    """

    id: Place | None = None
    type: Place | None = None
    form_field: str = ""
    envelope: str = ""


@dataclass(frozen=True, slots=True)
class Body:
    """A delivered body: ``text`` is the JSON that the workflow gets, ``content`` the same parsed.

    ``id`` and ``type`` are those of the envelope that it came in, None without one.
    """

    text: str
    content: Any
    id: str | None = None
    type: str | None = None


def parse(request: Request, form_field: str = "", envelope: str = "") -> Body:
    """The body of a verified delivery; of ``envelope`` see :class:`EventPlaces`.

    Raises EventMalformed (not UTF-8, not JSON, too deep), BodyTooLarge (too many values) and UnsupportedMediaType.
    """
    media_type = (request.header("content-type") or "").partition(";")[0].strip().lower()
    coding = (request.header("content-encoding") or "identity").strip().lower()
    if coding != "identity":
        raise UnsupportedMediaType(f"Content-Encoding {coding[:40]!r}: send the body as it is, not compressed.")
    if media_type.startswith("multipart/"):
        raise UnsupportedMediaType("Content-Type multipart: send JSON, or a URL-encoded form.")
    if envelope:
        # Imported here: it builds on this module, and few sources need it.
        from verihook.cloudevents import read

        return read(request)
    text = decoded(request.body)
    if media_type == _FORM and not text.lstrip().startswith(("{", "[")):
        text = _json_of_form(text, form_field)
    return Body(text, parse_sent(text, "The body"))


def event_id(places: EventPlaces, request: Request, body: Body) -> str | None:
    """The event's id; None where the sender has none. Raises EventMalformed where it should stand and does not."""
    if body.id is not None:
        return body.id
    value = places.id.read(request, body.content) if places.id else None
    if places.id is None or (value is None and places.id.optional):
        return None
    return _word(places.id, "id", value)


def event_type(places: EventPlaces, request: Request, body: Body) -> str | None:
    """The event's type; None where there is none. Raises EventMalformed."""
    if body.type is not None:
        return body.type
    value = places.type.read(request, body.content) if places.type else None
    return None if value is None else _word(places.type, "type", value)


def parse_sent(text: str, what: str) -> Any:
    """What :func:`parse_json` gives, of a text that was sent. Raises BodyTooLarge before it makes too many values."""
    check_size(text, what)
    return parse_json(text, what)


def parse_json(text: str, what: str) -> Any:
    """Strict JSON (RFC 8259): no NaN, nothing infinite. Raises EventMalformed that begins with ``what``."""
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise EventMalformed(f"{what} is not JSON: {error.msg} at character {error.pos}.") from None
    except ValueError as error:
        raise EventMalformed(f"{what} is not JSON: {str(error)[:100]}.") from None
    except RecursionError:
        raise EventMalformed(f"{what} is nested too deep.") from None


def parse_kept(text: str, what: str, shape: Callable[[Any], T]) -> T:
    """``shape`` of JSON that we had kept ourselves. Raises RecordDamaged that begins with ``what``, never a refusal."""
    try:
        return shape(parse_json(text, what))
    except (EventMalformed, TypeError, ValueError, LookupError, AttributeError) as error:
        raise RecordDamaged(f"{what} cannot be read, it is damaged: {type(error).__name__}: {error}") from error


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def finite(text: str) -> float:
    """A number from its JSON text. Raises ValueError for 1e999: it is JSON, but what we made of it would be none."""
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"the number {text[:20]} is too large")
    return number


_DECODER = json.JSONDecoder(parse_constant=_no_constant, parse_float=finite)


def decoded(body: bytes) -> str:
    """A body as text. Raises EventMalformed where it is not UTF-8."""
    try:
        # A byte order mark may be ignored rather than refused: RFC 8259 section 8.1.
        return body.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise EventMalformed(f"The body is not UTF-8: byte {error.start}.") from None


def _json_of_form(text: str, form_field: str) -> str:
    """The JSON in the sender's form field, else the fields as an object (a repeated field as an array)."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text), max_num_fields=1000, errors="strict")
    except ValueError:
        raise EventMalformed("The body is not a URL-encoded form.") from None
    fields: dict[str, str | list[str]] = {}
    for name, value in pairs:
        before = fields.get(name)
        fields[name] = value if before is None else [*([before] if isinstance(before, str) else before), value]
    inner = fields.get(form_field) if form_field else None
    return inner if isinstance(inner, str) else json.dumps(fields)


def _word(place: Place | None, what: str, value: object) -> str:
    """An id or a type as text: a string, or a whole number in its decimal digits."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return checked_word(what, str(place), value)


def checked_word(what: str, where: str, value: object) -> str:
    """An id or a type that can be stored, logged and hashed. Raises EventMalformed that says ``where`` it stands."""
    if not isinstance(value, str) or not 0 < len(value) <= MAX_ID:
        raise EventMalformed(f"The event's {what} ({where}) must be 1 to {MAX_ID} characters.")
    if not _encodable(value):
        raise EventMalformed(f"The event's {what} ({where}) is not valid Unicode.")
    return value


def _encodable(text: str) -> bool:
    """JSON can spell a lone surrogate, UTF-8 cannot."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def wanted(kind: str | None, types: tuple[str, ...]) -> bool:
    """Whether a source that wants ``types`` takes this one: exact, or ``order.*``; no types means all."""
    if not types:
        return True
    return kind is not None and any(
        kind == pattern or (pattern.endswith("*") and kind.startswith(pattern[:-1])) for pattern in types
    )


def places(table: Mapping[str, Any]) -> EventPlaces:
    """EventPlaces from the ``[event]`` table of a sender or a source. Raises ValueError ``KEY: mend``."""
    unknown = set(table) - {"id", "type", "form_field", "envelope"}
    if unknown:
        raise ValueError(f"{min(unknown)}: unknown; known are id, type, form_field, envelope")
    envelope = table.get("envelope", "")
    if envelope not in ("", "cloudevents"):
        raise ValueError('envelope: write "cloudevents", or leave it out')
    return EventPlaces(_place(table, "id"), _place(table, "type"), str(table.get("form_field", "")), envelope)


def _place(table: Mapping[str, Any], key: str) -> Place | None:
    place = table.get(key)
    if place is None:
        return None
    match place:
        case {"header": str(header) | [str(header)], **rest} if header and set(rest) <= {"optional"}:
            return Place(header=header.lower(), optional=_flag(key, rest))
        case {"header": [str(header), *aliases], **rest} if header and set(rest) <= {"optional"} and _names(aliases):
            lower = tuple(alias.lower() for alias in aliases)
            return Place(header=header.lower(), aliases=lower, optional=_flag(key, rest))
        case {"json": str(path), **rest} if path and set(rest) <= {"optional"}:
            return Place(json=tuple(path.split(".")), optional=_flag(key, rest))
    raise ValueError(f'{key}: write {{ header = "NAME" }} or {{ json = "path.to.member" }}')


def _names(values: list[Any]) -> bool:
    return all(isinstance(value, str) and value for value in values)


def _flag(key: str, rest: Mapping[Any, Any]) -> bool:
    optional = rest.get("optional", False)
    if not isinstance(optional, bool):
        raise ValueError(f"{key}: optional is true or false")
    return optional
