"""An instance as a row of its table, and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any

from verihook.adapters.ledgers.delivery_text import from_kept_text, kept_text
from verihook.model.instance import Instance
from verihook.strict_json import parse_kept

#: A column for each field. Tags, metadata and the delivery are JSON texts, booleans are 0 and 1.
COLUMNS = tuple(field.name for field in fields(Instance))
SELECTED = ", ".join(f"instances.{column}" for column in COLUMNS)

#: The same for lists, which show neither input nor output.
LISTED = SELECTED.replace("instances.input", "''").replace("instances.output", "NULL")

_HELD, _PURGED, _TAGS, _METADATA, _DELIVERY = map(COLUMNS.index, ("held", "purged", "tags", "metadata", "delivery"))

_attributes = attrgetter(*COLUMNS)


def values(instance: Instance) -> list[Any]:
    """Return the row of an instance, in the order of :data:`COLUMNS`."""
    row = list(_attributes(instance))
    row[_TAGS] = json.dumps(instance.tags) if instance.tags else "[]"
    row[_METADATA] = json.dumps(dict(instance.metadata)) if instance.metadata else "{}"
    row[_DELIVERY] = kept_text(instance.delivery, instance.updated_at)
    return row


def from_row(selected: Sequence[Any]) -> Instance:
    """Return the instance of a row in the order of :data:`COLUMNS`."""
    row = list(selected)
    row[_HELD] = bool(row[_HELD])
    row[_PURGED] = bool(row[_PURGED])
    row[_TAGS] = () if row[_TAGS] == "[]" else parse_kept(row[_TAGS], "The tags of an instance", tuple)
    row[_METADATA] = {} if row[_METADATA] == "{}" else parse_kept(row[_METADATA], "The metadata of an instance", dict)
    row[_DELIVERY] = None if row[_DELIVERY] is None else from_kept_text(row[_DELIVERY])
    return Instance(*row)
