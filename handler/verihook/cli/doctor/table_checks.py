"""The table in AWS: its keys, indexes, stream, time to live and what protects it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from verihook.adapters.ledgers.table_state import Difference, busy, consequence, differences, recovers, unfit
from verihook.cli.doctor.asking import ABSENT, Asking
from verihook.cli.doctor.findings import Finding, fault, warning

CHECK = "table"


def table(name: str, asking: Asking, upgrade: str) -> Iterator[Finding]:
    """Yield what is wrong with the table. ``upgrade``: what brings it up to date."""
    answer = asking.ask(CHECK, name, "dynamodb", "describe_table", TableName=name)
    if answer is ABSENT:
        mend = "restore it from its point-in-time recovery under this name; docs/ledger.md says how"
        yield fault(CHECK, name, "there is no such table: every delivery is answered 503", mend)
        return
    if answer is None:
        return
    described: dict[str, Any] = answer["Table"]
    if why := unfit(described):
        yield fault(CHECK, name, why, "name the stack's own table; its output LedgerTable has it")
        return
    if now := busy(described):
        yield warning(CHECK, name, now, "wait until that is over; lists and reconcile may answer 503 meanwhile")
    time = asking.ask(CHECK, name, "dynamodb", "describe_time_to_live", TableName=name)
    for each in differences(described, (time or {}).get("TimeToLiveDescription", {})):
        if each.change == "time-to-live" and time is None:
            continue
        yield _finding(name, each, upgrade)
    if not described.get("DeletionProtectionEnabled"):
        what = "a mistake can delete it: deletion protection is off"
        yield warning(CHECK, name, what, "deploy with DeletionProtection=yes")
    recovery = asking.ask(CHECK, name, "dynamodb", "describe_continuous_backups", TableName=name)
    if recovery and not recovers(recovery):
        what = "it cannot be taken back to an earlier moment: point-in-time recovery is off"
        yield warning(CHECK, name, what, "deploy this template, which turns it on")


def _finding(name: str, each: Difference, upgrade: str) -> Finding:
    if each.unused:
        return warning(CHECK, name, each.what, "deploy this version, which removes it")
    return fault(CHECK, name, f"{each.what}: {consequence(each)}", f"{upgrade} brings it up to date")
