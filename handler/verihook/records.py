"""Functions of `dataclasses`, written again: to import that module would take a fifteenth of the receiver's cold start.

In the byte code that is deployed, the methods of our dataclasses are written out (handler/bytecode.py), so nothing
imports `dataclasses`. Here `replace` and `asdict` do what those of `dataclasses` do, for classes with slots, as all of
ours are; but `asdict` copies no value that is not a dataclass, a list, a tuple or a dict.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__all__ = ["Fields", "asdict", "replace"]

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import asdict, replace  # noqa: TID251  # for mypy, which knows these two
else:

    def replace(record, /, **changes):
        """Return a copy of the record with these changes."""
        kind = record.__class__
        return kind(**{name: getattr(record, name) for name in kind.__match_args__} | changes)

    def asdict(record):
        """Return the fields by their names; a record within a list, a tuple or a dict becomes a dict, too."""
        return {name: _plain(getattr(record, name)) for name in record.__match_args__}


def _plain(value: Any) -> Any:
    if hasattr(value, "__match_args__"):
        return asdict(value)
    if isinstance(value, (list, tuple)):
        return type(value)(_plain(each) for each in value)
    return {key: _plain(each) for key, each in value.items()} if isinstance(value, dict) else value


class Fields:
    """``__dataclass_fields__`` of a class whose methods are written out. Only `dataclasses` itself reads it.

    ``make()`` declares the class once more, with `dataclasses`, and returns its fields.
    """

    def __init__(self, make: Callable[[], dict[str, Any]]) -> None:
        self._make = make

    def __get__(self, _: object, owner: type) -> dict[str, Any]:
        """Return the fields. The first call makes them and puts them into the class in place of this object."""
        fields = self._make()
        owner.__dataclass_fields__ = fields  # type: ignore[attr-defined]
        return fields
