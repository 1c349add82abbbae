"""A purged instance: its tombstone, and what is taken away under it.

    buried      the row becomes a tombstone; whoever buries it takes away what there is, for TAKING_MS at the most
    empty       all is taken away; ``leased_until`` is None. Only now may a start have the id anew

A tombstone of a webhook's instance keeps its id until its retention ends: the event's redeliveries have to meet it. An
id that a caller of the API made is free once the grave is empty, for the same workflow. Its next instance is a later
attempt, because engines remember the names of the former ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from verihook.instances import history, mailboxes
from verihook.instances.reading import engine_of
from verihook.model.instance import Instance, execution_name
from verihook.records import replace

if TYPE_CHECKING:
    from verihook.model.ports.sets import ControlPorts

#: A call that takes things away is over after so long, in milliseconds: Lambda or its own time limits have ended it.
TAKING_MS = 120_000

#: Nothing more is taken away so shortly before that time: the last call may take its own while.
_MARGIN_MS = 40_000


def tombstone(instance: Instance, now_ms: int) -> Instance:
    """What is left of it. ``source`` says that a webhook made the id."""
    return Instance(
        instance.id,
        instance.workflow,
        "null",
        created_at=instance.created_at,
        updated_at=instance.updated_at,
        status=instance.status,
        version=instance.version,
        attempt=instance.attempt,
        source=instance.source,
        engine=instance.engine,
        expires_at=instance.expires_at,
        leased_until=now_ms + TAKING_MS,
        revision=instance.revision,
        purged=True,
    )


def delete_remains(buried: Instance, ports: ControlPorts) -> bool:
    """Take away what is left under a tombstone that this call has just written. Whether the grave is empty now.

    Where another call is at it by now, that one says so. Raises EngineUnavailable, LedgerUnavailable and
    PayloadsUnavailable: ask again.
    """
    return _delete_all(buried, ports) and ports.ledger.amend(replace(buried, leased_until=None))


def _delete_all(buried: Instance, ports: ControlPorts) -> bool:
    engine, definition = engine_of(buried, ports)
    for attempt in range(1, buried.attempt + 1):
        name = execution_name(buried.id, attempt)
        engine.forget(definition, name)
        mailboxes.remove_mailbox(name, ports.documents)
    for remove in (ports.payloads.remove_all, lambda id: history.remove_attempts(id, ports)):
        # They go by the id alone: of a start that has it anew they would take what is its own.
        if ports.clock.now_ms() > (buried.leased_until or 0) - _MARGIN_MS:
            return False
        remove(buried.id)
    return True


def finish_purge(buried: Instance, ports: ControlPorts) -> bool:
    """Go on with a purge that may have been stopped, whose tombstone this is; whether the grave is empty now.

    Raises as :func:`delete_remains`.
    """
    if buried.leased_until is None:
        return True
    now = ports.clock.now_ms()
    ours = replace(buried, leased_until=now + TAKING_MS)
    if not ports.ledger.amend(ours):
        return False
    ours = replace(ours, revision=ours.revision + 1)
    if buried.leased_until <= now:
        return delete_remains(ours, ports)
    # The other call may still be at it. What is left goes; the id stays taken until neither can be at it any more.
    _delete_all(ours, ports)
    return False


def is_reusable(existing: Instance, fresh: Instance) -> bool:
    """Whether a start that names this id may have it although it stands in the ledger, once the grave is empty."""
    return existing.purged and existing.source is None and existing.workflow == fresh.workflow
