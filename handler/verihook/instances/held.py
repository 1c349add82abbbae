"""The queue of what pauses hold: a ticket for each event, in the order in which the events came.

A ticket is a document beside the rows, read consistently, while lists of rows may trail. It is written before its
instance is claimed, and removed after that has been started: what has been answered is started, or has a ticket.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from verihook.model.ports import Document

if TYPE_CHECKING:
    from verihook.model.instance import Instance
    from verihook.model.ports.sets import ControlPorts, IntakePorts

#: The partition of the tickets of all workflows. A workflow's name has no slash.
PARTITION = "held#tickets"

#: How many tickets are read at once.
PAGE = 50


@dataclass(frozen=True, slots=True)
class Ticket:
    """The place of an instance in the queue of its workflow. ``at``: since when it has it, in milliseconds."""

    name: str
    instance_id: str
    at: int


def take_ticket(instance: Instance, ports: IntakePorts) -> None:
    """Put an instance that is about to be claimed at the end of its workflow's queue. One write.

    If its event came before, its row has a ticket already, or has been started: then this one starts nothing.
    """
    now = ports.clock.now_ms()
    name = f"{instance.workflow}/{ports.draining.next_ms(now):014}-{instance.id}"
    ports.documents.add(PARTITION, Document(name, instance.id, 1), now)


def tickets(workflow: str, ports: ControlPorts, after: str = "", most: int = PAGE) -> list[Ticket]:
    """Return up to ``most`` tickets of the workflow, the oldest first, from after the one named ``after`` on."""
    found = ports.documents.all(PARTITION, most, ports.clock.now_ms(), after or f"{workflow}/")
    own = [each for each in found if each.name.startswith(f"{workflow}/")]
    return [Ticket(each.name, each.text, int(each.name[len(workflow) + 1 :].partition("-")[0])) for each in own]


def held_workflows(ports: ControlPorts) -> list[str]:
    """Return the workflows of which there are tickets. One read for each, and one more."""
    names: list[str] = []
    # Behind all tickets of the last one found: 0 is what follows the slash.
    while found := ports.documents.all(PARTITION, 1, ports.clock.now_ms(), f"{names[-1]}0" if names else ""):
        names.append(found[0].name.partition("/")[0])
    return names


def give_up(ticket: Ticket, ports: ControlPorts) -> None:
    """Remove a ticket; if another has removed it, nothing happens."""
    ports.documents.remove(PARTITION, ticket.name)
