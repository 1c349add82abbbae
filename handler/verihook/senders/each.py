"""Where a delivery has several events, and what each of them is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from verihook.senders.tables import unknown_key
from verihook.strict_json import member

if TYPE_CHECKING:
    from verihook.senders.event import Place

#: The names of the members on the way to an array.
Names = tuple[str, ...]

#: The names up to the first array and, if the events are in arrays of its items, those in an item, and so on.
Path = tuple[Names, ...]

#: The keys of a table ``each``.
_KEYS = {"path", "id", "type", "action"}

#: How many members of what an event stands in it keeps, and up to how many characters of a text: each event has them.
MOST_FACTS, MAX_FACT = 20, 256

_WRITE = (
    'write the path of the array, such as "events", "." if the body is the array, '
    'or "entry[].changes" for the arrays in the items of another'
)


@dataclass(frozen=True, slots=True)
class Each:
    """Where a delivery has several events, and where each of them has its own id, its type and what refines that.

    ``paths``: those of the arrays in the body. An event from an array in the item of another comes with the plain
    members of the item, such as an entry's id: ``{"id": "1", "changes": EVENT}``. An item without such an array is an
    event itself, and so is an object in the place of an array.
    """

    paths: tuple[Path, ...]
    id: Place | None = None
    type: Place | None = None
    action: Place | None = None

    def __str__(self) -> str:
        return " or ".join("[].".join(".".join(names) for names in path) or "the body" for path in self.paths)

    def events(self, content: object, most: int) -> list[Any] | None:
        """Return the events in ``content``, at most ``most``, in their order; None if no array or object is there."""
        if not any(isinstance(member(content, path[0]), list | dict) for path in self.paths):
            return None
        return [event for _, event in islice(_events(content, self.paths), most)]

    def body_of(self, event: dict[str, Any]) -> Any:
        """Return a body with this event and no other, as :meth:`events` gives it."""
        inner = [path[1] for path in self.paths if len(path) > 1]
        nested = [name for name in event if (name,) in inner]
        if nested:
            plain = {name: value for name, value in event.items() if name not in nested}
            event = plain | {nested[0]: [event[nested[0]]]}
        return _nest(self.paths[0][0], [event])


def read_each(value: object, places: tuple[Place | None, ...], read_place: Callable[..., Place | None]) -> Each | None:
    """Return what the key ``each`` of a table says. Raises ValueError ``KEY: mend``.

    ``places``: those of id, type and action in that table; what is no header is each event's. ``read_place(table,
    key)`` reads one of a table ``each``.
    """
    if value is None:
        return None
    if not isinstance(value, dict):
        return Each(_paths("each", value), *(None if place and place.header else place for place in places))
    if unknown := set(value) - _KEYS:
        raise ValueError(f"each.{min(unknown)}: {unknown_key(_KEYS)}")
    try:
        own = [read_place(value, key) for key in ("id", "type", "action")]
    except ValueError as error:
        raise ValueError(f"each.{error}") from error
    if any(place and place.header for place in own):
        raise ValueError("each: a header is of the whole delivery; write it in [event] itself")
    return Each(_paths("each.path", value.get("path")), *own)


def _paths(key: str, value: object) -> tuple[Path, ...]:
    given = value if isinstance(value, list) and value else [value]
    return tuple(_path(key, each) for each in given)


def _path(key: str, text: object) -> Path:
    if not isinstance(text, str):
        raise ValueError(f"{key}: {_WRITE}")
    parts = text.split("[].")
    path = tuple(() if part in ("", ".") else tuple(part.split(".")) for part in parts)
    outer, *inner = parts
    is_empty = (not outer and not inner) or not all(inner) or "." in inner
    if is_empty or any(not name or set(name) & set("[]*") for names in path for name in names):
        raise ValueError(f"{key}: {text!r} is no path; {_WRITE}")
    return path


def _events(content: object, paths: tuple[Path, ...]) -> Iterator[tuple[Names, Any]]:
    """Give the events, each with the names on the way to its array."""
    for names, inner in _by_array(paths).items():
        found = member(content, names)
        for item in found if isinstance(found, list) else [found] * isinstance(found, dict):
            nested = () if () in inner else _events(item, inner)
            event = None
            for event in nested:
                yield names, _facts(item) | _nest(*event)
            if event is None:
                yield names, item


def _by_array(paths: tuple[Path, ...]) -> dict[Names, tuple[Path, ...]]:
    """Return the names on the way to each outer array -> what is left of the paths that begin with these."""
    rest: dict[Names, tuple[Path, ...]] = {}
    for names, *inner in paths:
        rest[names] = (*rest.get(names, ()), tuple(inner))
    return rest


def _facts(item: Any) -> dict[str, Any]:
    """Return the plain members of an item, an object, such as its id and time."""
    plain = (
        (name, value)
        for name, value in item.items()
        if len(name) <= MAX_FACT
        and not isinstance(value, list | dict)
        and not (isinstance(value, str) and len(value) > MAX_FACT)
    )
    return dict(islice(plain, MOST_FACTS))


def _nest(names: Names, event: Any) -> Any:
    for name in reversed(names):
        event = {name: event}
    return event
