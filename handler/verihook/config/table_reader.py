"""Reads a TOML table of hooks.toml: every mistake is a ConfigurationError that names file, key and mend."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from verihook.errors import ConfigurationError
from verihook.senders.tables import key_and_mend, kind_in_words, must_be_one_of, unknown_key

T = TypeVar("T")

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)


class Reader:
    """Reads one table. ``key``: the table's full dotted key, "" for the whole file."""

    def __init__(self, path: Path, key: str, table: Mapping[str, Any], known: tuple[str, ...]) -> None:
        """``path``: of the file. ``known``: the keys that the table may have. Raises ConfigurationError for another."""
        self.path = path
        self._key = key
        self.table = table
        for name in table:
            if name not in known:
                raise self.error(name, unknown_key(known))

    def error(self, name: str, mend: str) -> ConfigurationError:
        """Return an error about the key ``name`` of this table, for the caller to raise."""
        return ConfigurationError(self.path.name, self.full_key(name), mend)

    def full_key(self, name: str) -> str:
        """Return the full dotted key of the key ``name``; of the table itself if ``name`` is ""."""
        return ".".join(part for part in (self._key, name) if part)

    def get(self, name: str, kind: type[T], *default: Any) -> Any:
        """Return the value, which must be of the type ``kind``. Without a default, the key must be there."""
        value = self.table.get(name, *default) if default else self.table.get(name)
        if value is None and not default:
            raise self.error(name, "is missing")
        if value is not None and type(value) is not kind:
            wanted, given = kind_in_words(kind.__name__), kind_in_words(type(value).__name__)
            raise self.error(name, f"must be {wanted}, not {given}")
        return value

    def number(self, name: str, default: int | None, least: int, most: int) -> Any:
        """Return a whole number from ``least`` to ``most``, or the default."""
        value = self.get(name, int, default)
        if value is not None and not least <= value <= most:
            raise self.error(name, f"must be {least} to {most}")
        return value

    def choice(self, name: str, choices: tuple[str, ...], default: str | None = None) -> Any:
        """Return a text that is one of the choices. Without a default, the key must be there."""
        value: str = self.get(name, str, default) if default else self.get(name, str)
        if value not in choices:
            raise self.error(name, must_be_one_of(choices, value))
        return value

    def strings(self, name: str) -> tuple[str, ...]:
        """Return a list of texts, none of them empty; () if the key is missing."""
        values = self.get(name, list, [])
        if not all(isinstance(value, str) and value for value in values):
            raise self.error(name, "must be a list of texts that are not empty")
        return tuple(values)

    def tables(self, name: str, *, underscores: bool = False) -> dict[str, dict[str, Any]]:
        """Return the tables ``[name.X]`` by X. ``underscores``: whether X may have underscores."""
        tables: dict[str, dict[str, Any]] = self.get(name, dict, {})
        for each, content in tables.items():
            if not _NAME.fullmatch(each.replace("_", "-") if underscores else each):
                between = "hyphens or underscores" if underscores else "hyphens"
                raise self.error(
                    f"{name}.{each}", f"a name has lower-case letters, digits and inner {between}, up to 63"
                )
            if not isinstance(content, dict):
                raise self.error(f"{name}.{each}", f"must be a table: [{self.full_key(name)}.{each}]")
        return tables

    def translated(self, name: str, read: Callable[[], T]) -> T:
        """Return what ``read`` returns. Raises its ValueError ``KEY: mend`` as a ConfigurationError of ``name.KEY``."""
        try:
            return read()
        except ValueError as error:
            inner, mend = key_and_mend(error)
            raise self.error(".".join(part for part in (name, inner) if part), mend) from error


def listed(names: Any) -> str:
    """Return the names as an error text lists them."""
    return ", ".join(names) or "none"
