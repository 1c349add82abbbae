"""Reads the references to secrets in a table ``[sources.NAME]`` of hooks.toml."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from verihook.config.table_reader import Reader
from verihook.model.source import SecretReference
from verihook.senders.references import REFERENCES, is_reference


def read_secrets(reader: Reader, *, needed: bool) -> tuple[SecretReference, ...]:
    """Return the references in ``secrets``. ``needed``: whether there has to be one. Raises ConfigurationError."""
    entries: list[object] = reader.get("secrets", list, [])
    if not entries and needed:
        raise reader.error("secrets", 'name at least one, newest first: ["env:NAME"] or ["file:PATH"]')
    return tuple(_reference(reader, entry, number) for number, entry in enumerate(entries, 1))


def _reference(reader: Reader, entry: object, number: int) -> SecretReference:
    """Read one entry of ``secrets``. No error shows its text: it may be a secret in the wrong place."""
    table = entry if isinstance(entry, dict) else {"ref": entry}
    if not table.keys() <= {"ref", "until"}:
        raise reader.error("secrets", f"entry {number} has an unknown key; write {{ ref = ..., until = ... }}")
    reference = table.get("ref")
    if not isinstance(reference, str) or not is_reference(reference):
        raise reader.error("secrets", f"entry {number} is not a reference: write {REFERENCES}")
    if "until" not in table:
        return SecretReference(reference)
    try:
        return SecretReference(reference, _end(table["until"]))
    except ValueError as error:
        raise reader.error("secrets", f"entry {number}: until: {error}") from None


def _end(until: object) -> int:
    """Return the time of a TOML datetime, or the end of a TOML date's day in UTC, in seconds since the epoch.

    Raises ValueError, with a message, if it is neither.
    """
    if isinstance(until, datetime):
        if until.tzinfo is None:
            raise ValueError("has no offset; write 2026-12-31T12:00:00Z")
        return int(until.timestamp())
    if isinstance(until, date):
        try:
            return int(datetime.combine(until + timedelta(days=1), time(), UTC).timestamp())
        except OverflowError:
            raise ValueError("is beyond the calendar; leave it out") from None
    raise ValueError("write a TOML date (2026-12-31) or datetime (2026-12-31T12:00:00Z), without quotes")
