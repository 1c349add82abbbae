"""The callbacks that were given up: each is noted until somebody has it sent again, or dismisses it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from verihook.errors import Conflict, InstanceNotFound
from verihook.instances.dismissals import Dismissal, dismissal_in
from verihook.instances.reading import get
from verihook.model.conflict import Overtaken, retry_on_conflict
from verihook.model.instance import Instance
from verihook.model.ports import Document
from verihook.records import asdict, replace
from verihook.strict_json import parse_kept

if TYPE_CHECKING:
    from verihook.model.ports.sets import DocumentPorts

#: How long a note is kept, in seconds.
KEPT_S = 90 * 86_400

#: How many notes are read at most.
MOST_READ = 1000

# Below that of mailboxes, which reconcile may write.
_PARTITION = "instance#callbacks#given-up"


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A callback that its receiver has not taken. ``at``: when it was given up, in milliseconds."""

    instance_id: str
    workflow: str
    tries: int
    at: int
    dismissed: Dismissal | None = None


def note(instance: Instance, ports: DocumentPorts) -> None:
    """Note that the callback of this end was given up. One write. Raises LedgerUnavailable."""
    now = ports.clock.now_ms()
    found = GivenUp(instance.id, instance.workflow, instance.callback_tries, now)
    before = ports.documents.read(_PARTITION, instance.id, now)
    version = 1 if before is None else before.version + 1
    ports.documents.write(_PARTITION, _document(found, version), now)


def given_up(ports: DocumentPorts) -> list[GivenUp]:
    """Return the callbacks that were given up, the last ones first. Raises LedgerUnavailable."""
    found = ports.documents.all(_PARTITION, MOST_READ, ports.clock.now_ms())
    return sorted((_read(each) for each in found), key=lambda each: each.at, reverse=True)


def dismiss(instance_id: str, dismissal: Dismissal, ports: DocumentPorts) -> GivenUp:
    """Note that nothing is to be done about it, and why. Raises InstanceNotFound if it is not noted."""

    def write() -> GivenUp:
        now = ports.clock.now_ms()
        before = ports.documents.read(_PARTITION, instance_id, now)
        if before is None:
            raise InstanceNotFound("No callback of this instance was given up.")
        fresh = replace(_read(before), dismissed=dismissal)
        if not ports.documents.write(_PARTITION, _document(fresh, before.version + 1), now):
            raise Overtaken
        return fresh

    return retry_on_conflict(write, "This callback")


def send_again(instance_id: str, ports: DocumentPorts) -> Instance:
    """Let the callback of an instance that has ended be sent again, from its first try on. Return the row.

    It is the same end, so the receiver gets the same ``webhook-id``. Raises Conflict if it has not ended, or has no
    callback.
    """

    def write() -> Instance:
        row = get(instance_id, ports)
        if not row.final or row.callback_url is None:
            why = "has no callbackUrl" if row.final else f"is {row.status}: its callback is sent when it has ended"
            raise Conflict(f"The instance {why}.", instance_id=row.id)
        # The time of its end stays, as the id of the message is made of it.
        fresh = replace(row, callback_tries=0, due_at=ports.clock.now_ms())
        if not ports.ledger.amend(fresh):
            raise Overtaken
        return replace(fresh, revision=fresh.revision + 1)

    row = retry_on_conflict(write, "This instance")
    ports.documents.remove(_PARTITION, instance_id)
    return row


def _document(found: GivenUp, version: int) -> Document:
    text = json.dumps(asdict(found), separators=(",", ":"))
    return Document(found.instance_id, text, version, found.at // 1000 + KEPT_S)


def _read(document: Document) -> GivenUp:
    content = parse_kept(document.text, "The note of a callback", dict)
    return GivenUp(**{**content, "dismissed": dismissal_in(content["dismissed"])})
