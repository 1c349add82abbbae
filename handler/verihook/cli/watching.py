"""``verihook instances watch``: print each change of an instance as a line, until it has ended."""

from __future__ import annotations

import argparse
import json
import time
from typing import TYPE_CHECKING

from verihook.adapters.printable import printable
from verihook.cli.connect import ENDED_BADLY
from verihook.cli.table import utc_time
from verihook.model.instance import WORKFLOW_PAUSED, WORKFLOW_REFUSED

if TYPE_CHECKING:
    from verihook.client import Client, Delivery, Instance, Step


def watch(client: Client, options: argparse.Namespace) -> int:
    """Print the changes; return 0 if the instance ends ``completed``. Raises NotFound, WaitTimeout (``--timeout``)."""
    from verihook.client import WaitTimeout

    until = None if options.timeout is None else time.monotonic() + options.timeout
    seen: set[tuple[object, ...]] = set()
    while True:
        found = client.get(options.id)
        _print_news(found, _steps(client, options.id), seen, options.json)
        if found.final:
            return 0 if found.status == "completed" else ENDED_BADLY
        left = options.interval if until is None else min(options.interval, until - time.monotonic())
        if left <= 0 and until is not None:
            raise WaitTimeout(found.id, found.status, options.timeout)
        time.sleep(max(left, 0.05))


def status_words(found: Instance) -> str:
    """Return the status, with "held" if the instance was suspended and its engine has not reached the suspension."""
    held = found.raw.get("held") is True and found.status == "running"
    return f"{found.status}, held" if held else found.status


def reasons(found: Instance | Delivery) -> list[tuple[str, str]]:
    """Return why it has failed or waits. If an operator holds it, the cause is theirs, and not that of the error."""
    if found.status != "suspended" or not found.held or found.error in (WORKFLOW_PAUSED, WORKFLOW_REFUSED):
        return [("error", ": ".join(text for text in (found.error, found.cause) if text))]
    held = "until it is resumed or terminated" + (f": {found.cause}" if found.cause else "")
    return [("held", held), ("error", found.error or "")]


def _steps(client: Client, instance_id: str) -> tuple[Step, ...]:
    """Return the steps of the current attempt; none if its engine keeps none."""
    from verihook.client import NotSupported

    try:
        return client.steps(instance_id)
    except NotSupported:
        return ()


def _print_news(found: Instance, steps: tuple[Step, ...], seen: set[tuple[object, ...]], for_programs: bool) -> None:
    """Print the steps and the status that are not in ``seen``, in the order of their times, and add them to it.

    For programs a line is the step or the instance as the API returns it.
    """
    by_time = sorted(enumerate(steps), key=lambda each: each[1].ended_at or each[1].started_at)
    news: list[tuple[tuple[object, ...], Instance | Step]] = [
        ((found.attempt, number, step.status), step) for number, step in by_time
    ]
    # The status comes before the steps; a final one after them.
    news.insert(len(news) if found.final else 0, ((found.attempt, status_words(found)), found))
    for key, item in news:
        if key not in seen:
            seen.add(key)
            line = json.dumps(item.raw, ensure_ascii=False) if for_programs else _in_words(item)
            print(printable(line), flush=True)


def _in_words(item: Instance | Step) -> str:
    from verihook.client import Step

    if isinstance(item, Step):
        at, what, why = item.ended_at or item.started_at, f"step {item.name} {item.status}", item.error
    else:
        why = ": ".join(text for text in (item.error, item.cause) if text)
        at, what = item.updated_at, f"instance {item.id} {status_words(item)}"
    return f"{utc_time(at)}  {what}{f' ({why})' if why else ''}"
