"""Remove the payloads of instances that are no longer in the ledger, which a lifecycle rule of S3 does in AWS."""

from __future__ import annotations

from pathlib import Path

from verihook.model.instance import INSTANCE_ID
from verihook.model.ports import Services

#: A payload is stored before the row of its instance: a folder that was changed more recently than this is left alone,
#: in milliseconds.
YOUNG_MS = 3_600_000


def sweep(folder: Path, services: Services) -> int:
    """Remove the payloads in ``folder`` whose instance is not in the ledger; return of how many instances.

    Raises LedgerUnavailable, PayloadsUnavailable and OSError; the next sweep goes on.
    """
    now = services.clock.now_ms()
    swept = 0
    for each in [*folder.iterdir()] if folder.is_dir() else []:
        if not (INSTANCE_ID.fullmatch(each.name) and each.is_dir()) or _is_young(each, now):
            continue
        row = services.ledger.get(each.name, now)
        # Checked again: since then a start may have stored its input here, and may now write the row that was missing.
        if (row is None or row.purged) and not _is_young(each, now):
            services.payloads.remove_all(each.name)
            swept += 1
    return swept


def _is_young(folder: Path, now_ms: int) -> bool:
    return folder.stat().st_mtime * 1000 > now_ms - YOUNG_MS
