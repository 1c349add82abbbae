"""A purged instance: its tombstone, and the deletion of its remains (payloads, mailboxes, attempts, executions).

    begun       the row becomes a tombstone with a lease; the call that wrote it deletes the remains within DELETING_MS
    finished    all remains are deleted; ``leased_until`` is None. Only now may another start take the id

The tombstone of a webhook's instance keeps its id until its retention ends: redeliveries of its event have to meet it.
An id that a caller of the API made is free once the purge is finished, for the same workflow. Its next instance is a
later attempt, because engines remember the names of the former ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from verihook.instances import history, mailboxes
from verihook.instances.reading import engine_of
from verihook.model.instance import Instance, execution_name
from verihook.records import replace

if TYPE_CHECKING:
    from verihook.model.ports.sets import ControlPorts

#: The longest that a call deletes remains, in milliseconds: by then Lambda or the call's own time limits have ended it.
DELETING_MS = 120_000

#: No deletion begins in the last part of DELETING_MS, in milliseconds: a deletion may take that long.
_MARGIN_MS = 40_000


def tombstone_of(instance: Instance, now_ms: int) -> Instance:
    """Return the row that is left of a purged instance. It has a ``source`` if a webhook made the id.

    ``updated_at`` says when it was purged.
    """
    return Instance(
        instance.id,
        instance.workflow,
        "null",
        created_at=instance.created_at,
        updated_at=now_ms,
        status=instance.status,
        version=instance.version,
        attempt=instance.attempt,
        source=instance.source,
        engine=instance.engine,
        expires_at=instance.expires_at,
        leased_until=now_ms + DELETING_MS,
        revision=instance.revision,
        purged=True,
    )


def delete_remains(tombstone: Instance, ports: ControlPorts) -> bool:
    """Delete the remains under a tombstone that this call has just written. Return whether the purge is finished.

    If another call has taken over by now, that one finishes it. Raises EngineUnavailable, LedgerUnavailable and
    PayloadsUnavailable: call :func:`finish_purge` again.
    """
    return _delete_all(tombstone, ports) and ports.ledger.amend(replace(tombstone, leased_until=None))


def _delete_all(tombstone: Instance, ports: ControlPorts) -> bool:
    """Delete all remains. Return False if the time ran out first."""
    engine, definition = engine_of(tombstone, ports)
    for attempt in range(1, tombstone.attempt + 1):
        name = execution_name(tombstone.id, attempt)
        engine.delete(definition, name)
        mailboxes.remove_mailbox(name, ports.documents)
    for remove in (ports.payloads.remove_all, lambda id: history.remove_attempts(id, ports)):
        # These two delete by the id alone: too late, they would delete what belongs to a later start with this id.
        if ports.clock.now_ms() > (tombstone.leased_until or 0) - _MARGIN_MS:
            return False
        remove(tombstone.id)
    return True


def finish_purge(tombstone: Instance, ports: ControlPorts) -> bool:
    """Go on with the purge of this tombstone, which may have been stopped. Return whether it is finished.

    Raises as :func:`delete_remains`.
    """
    if tombstone.leased_until is None:
        return True
    now = ports.clock.now_ms()
    ours = replace(tombstone, leased_until=now + DELETING_MS)
    if not ports.ledger.amend(ours):
        return False
    ours = replace(ours, revision=ours.revision + 1)
    if tombstone.leased_until <= now:
        return delete_remains(ours, ports)
    # The other call may still be deleting. Delete what is left; the id stays taken until both calls must have ended.
    _delete_all(ours, ports)
    return False


def is_reusable(existing: Instance, fresh: Instance) -> bool:
    """Return whether a start that names the id of this row may take it, once the purge is finished."""
    return existing.purged and existing.source is None and existing.workflow == fresh.workflow
