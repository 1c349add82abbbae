"""What a lifecycle rule does in AWS: the payloads of instances that are no more go."""

from __future__ import annotations

from pathlib import Path

from verihook.model.instance import INSTANCE_ID
from verihook.model.ports import Services

#: A payload is kept before its instance is claimed: what was added to later than this is left, in milliseconds.
YOUNG_MS = 3_600_000


def sweep(folder: Path, services: Services) -> int:
    """Remove the payloads in ``folder`` of instances that the ledger has no more; of how many instances.

    Raises LedgerUnavailable, PayloadsUnavailable and OSError: the next sweep goes on.
    """
    now = services.clock.now_ms()
    swept = 0
    for each in [*folder.iterdir()] if folder.is_dir() else []:
        if not (INSTANCE_ID.fullmatch(each.name) and each.is_dir()) or _is_young(each, now):
            continue
        row = services.ledger.get(each.name, now)
        # Looked at again: a start may have put its input there meanwhile, and claim the row that was not there.
        if (row is None or row.purged) and not _is_young(each, now):
            services.payloads.remove_all(each.name)
            swept += 1
    return swept


def _is_young(folder: Path, now_ms: int) -> bool:
    return folder.stat().st_mtime * 1000 > now_ms - YOUNG_MS
