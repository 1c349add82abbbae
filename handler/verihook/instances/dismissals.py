"""What people have decided to do nothing about: groups of failures, with a note. A later failure brings one back."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from verihook.model.ports import Document
from verihook.records import asdict
from verihook.strict_json import parse_kept

if TYPE_CHECKING:
    from verihook.model.ports.sets import DocumentPorts

#: The longest note, in characters.
MAX_NOTE = 1000

#: How long a dismissal is kept, in seconds: longer than instances are.
KEPT_S = 400 * 86_400

#: How many dismissals are read at most.
MOST_READ = 1000

_PARTITION = "dismissals"


@dataclass(frozen=True, slots=True)
class Dismissal:
    """Somebody's decision, at ``at`` in milliseconds. ``by``: what the API knows of the caller."""

    at: int
    by: dict[str, str]
    note: str


def dismiss(workflow: str, error: str | None, dismissal: Dismissal, ports: DocumentPorts) -> None:
    """Set aside the failures of one workflow with one error that have been so far. Raises LedgerUnavailable."""
    now, name = ports.clock.now_ms(), _name(workflow, error)
    before = ports.documents.read(_PARTITION, name, now)
    text = json.dumps(asdict(dismissal), separators=(",", ":"))
    version = 1 if before is None else before.version + 1
    # If another was quicker, that one's note stands: both say the same of these failures.
    ports.documents.write(_PARTITION, Document(name, text, version, now // 1000 + KEPT_S), now)


def dismissals(ports: DocumentPorts) -> Dismissals:
    """Return what was dismissed. One read. Raises LedgerUnavailable."""
    found = ports.documents.all(_PARTITION, MOST_READ, ports.clock.now_ms())
    return Dismissals({each.name: each.text for each in found})


@dataclass(frozen=True, slots=True)
class Dismissals:
    """Those that were read."""

    texts: dict[str, str]

    def of(self, workflow: str, error: str | None, last_at: int) -> Dismissal | None:
        """Return the dismissal of a group whose last failure was created at ``last_at``, unless that came later."""
        text = self.texts.get(_name(workflow, error))
        if text is None:
            return None
        found = dismissal_in(parse_kept(text, "A dismissal", dict))
        return found if found is not None and last_at <= found.at else None


def dismissal_in(content: Any) -> Dismissal | None:
    """Return a dismissal from what was kept of it; None for None."""
    return None if content is None else Dismissal(content["at"], content["by"], content["note"])


def _name(workflow: str, error: str | None) -> str:
    return hashlib.sha256(json.dumps([workflow, error]).encode()).hexdigest()[:32]
