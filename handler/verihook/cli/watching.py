"""``verihook instances watch``: what changes of an instance, a line each, until it has ended."""

from __future__ import annotations

import argparse
import json
import time
from typing import TYPE_CHECKING

from verihook.cli.connect import ENDED_BADLY
from verihook.cli.table import printable

if TYPE_CHECKING:
    from verihook.client import Client, Instance, Step


def watch(client: Client, options: argparse.Namespace) -> int:
    """0 where it ends ``completed``. Raises NotFound, and WaitTimeout where it does not end within ``--timeout``."""
    from verihook.client import WaitTimeout

    until = None if options.timeout is None else time.monotonic() + options.timeout
    seen: set[tuple[object, ...]] = set()
    while True:
        found = client.get(options.id)
        _tell(found, _steps(client, options.id), seen, options.json)
        if found.final:
            return 0 if found.status == "completed" else ENDED_BADLY
        left = options.interval if until is None else min(options.interval, until - time.monotonic())
        if left <= 0 and until is not None:
            raise WaitTimeout(found.id, found.status, options.timeout)
        time.sleep(max(left, 0.05))


def _steps(client: Client, instance_id: str) -> tuple[Step, ...]:
    """Those of the present attempt; none where its engine keeps none."""
    from verihook.client import NotSupported

    try:
        return client.steps(instance_id)
    except NotSupported:
        return ()


def _tell(found: Instance, steps: tuple[Step, ...], seen: set[tuple[object, ...]], for_programs: bool) -> None:
    """Print what was not seen before: steps first, as the end of the last one is before the instance's."""
    news: list[tuple[tuple[object, ...], dict[str, object]]] = []
    for number, step in enumerate(steps):
        at = step.ended_at or step.started_at
        told: dict[str, object] = {"at": at.isoformat(), "step": step.name, "status": step.status, "error": step.error}
        news.append(((found.attempt, number, step.status), told))
    failure = ": ".join(text for text in (found.error, found.cause) if text) or None
    told = {"at": found.updated_at.isoformat(), "instanceId": found.id, "status": found.status, "error": failure}
    # Before its first step it began, after its last one it ended.
    news.insert(len(news) if found.final else 0, ((found.attempt, found.status), told))
    for key, line in news:
        if key not in seen:
            seen.add(key)
            print(json.dumps(line, ensure_ascii=False) if for_programs else _in_words(line), flush=True)


def _in_words(line: dict[str, object]) -> str:
    what = f"step {line['step']}" if "step" in line else f"instance {line['instanceId']}"
    why = f" ({line['error']})" if line["error"] else ""
    return printable(f"{str(line['at'])[:19]}Z  {what} {line['status']}{why}")
