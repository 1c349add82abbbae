"""What a cold start needs of `dataclasses`, whose import alone takes a fifteenth of the receiver's.

The byte code that is deployed has the methods of dataclasses written out (handler/bytecode.py). These functions do what
those of `dataclasses` do, for classes with slots, as all of ours are; but they copy only values that are such records.
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
        """The fields by their names; records in lists and tuples are made dicts too."""
        return {name: _plain(getattr(record, name)) for name in record.__match_args__}


def _plain(value: Any) -> Any:
    if hasattr(value, "__match_args__"):
        return asdict(value)
    if isinstance(value, (list, tuple)):
        return type(value)(_plain(each) for each in value)
    return {key: _plain(each) for key, each in value.items()} if isinstance(value, dict) else value


class Fields:
    """``__dataclass_fields__`` of a class whose methods are written out: read by `dataclasses` alone, made for it.

    ``make``: gives the fields of the same class, declared once more.
    """

    def __init__(self, make: Callable[[], dict[str, Any]]) -> None:
        self._make = make

    def __get__(self, _: object, owner: type) -> dict[str, Any]:
        """Made once, then the class has them itself."""
        fields = self._make()
        owner.__dataclass_fields__ = fields  # type: ignore[attr-defined]
        return fields
