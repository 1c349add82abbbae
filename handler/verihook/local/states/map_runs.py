"""Map runs as resources: what DescribeMapRun says of them, and what UpdateMapRun changes.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeMapRun.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from verihook.local.states.effects import Adjust, MapRun

if TYPE_CHECKING:
    from verihook.local.states.positions import Container, Frame
    from verihook.local.states.turn import Turn

#: So many child executions run at a time, if MaxConcurrency does not say less: AWS has 10,000.
MAX_CHILDREN = 1000


def tell(turn: Turn, inside: Container, status: str) -> None:
    """Say how the map run stands, if it is one and that is news."""
    if inside.map_run is None:
        return
    told = _told(inside, ended_well=status == "SUCCEEDED")
    if status != "RUNNING" or told != inside.told:
        inside.told = told
        turn.effects.append(MapRun(inside.map_run, status, told))


def tell_all(turn: Turn) -> None:
    """Say how each map run that goes on stands."""
    for frame in turn.position.frames.values():
        if frame.container is not None:
            tell(turn, frame.container, "RUNNING")


def _told(inside: Container, *, ended_well: bool) -> dict[str, Any]:
    # A child's own timeout fails it. Whatever has failed goes on with a redrive of the whole execution alone.
    succeeded = inside.started - len(inside.running) - inside.failures - inside.aborted
    executions = (inside.started, len(inside.item_counts), succeeded, inside.failures, inside.aborted)
    items = (inside.started_items, inside.total, inside.succeeded_items, inside.failed_items, inside.aborted_items)
    return {
        "maxConcurrency": inside.asked,
        "toleratedFailureCount": inside.tolerated_count or 0,
        "toleratedFailurePercentage": inside.tolerated_percentage or 0.0,
        "executionCounts": _counts(*executions, ended_well=ended_well),
        "itemCounts": _counts(*items, ended_well=ended_well),
    }


def _counts(started: int, total: int, succeeded: int, failed: int, aborted: int, *, ended_well: bool) -> dict[str, int]:
    return {
        "pending": total - started,
        "running": started - succeeded - failed - aborted,
        "succeeded": succeeded,
        "failed": failed,
        "timedOut": 0,
        "aborted": aborted,
        "total": total,
        # Recorded from AWS: also without a ResultWriter.
        "resultsWritten": succeeded + failed if ended_well else 0,
        "failuresNotRedrivable": 0,
        "pendingRedrive": 0,
    }


def adjust(turn: Turn, change: Adjust) -> Frame | None:
    """Change what a map run has asked for; return its frame, None if it does not run."""
    for frame in turn.position.frames.values():
        inside = frame.container
        if inside is None or inside.map_run != change.map_run:
            continue
        inside.told = None
        if change.most is not None:
            inside.asked, inside.most = change.most, min(change.most or MAX_CHILDREN, MAX_CHILDREN)
        if change.tolerated_count is not None:
            inside.tolerated_count = change.tolerated_count
        if change.tolerated_percentage is not None:
            inside.tolerated_percentage = change.tolerated_percentage
        return frame if frame.phase == "inside" else None
    return None
