"""Wait for the end of an instance, as long as the caller asks for and the server allows."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from verihook import instances
from verihook.model.instance import Instance

if TYPE_CHECKING:
    from verihook.model.changes import Changes
    from verihook.model.ports.sets import RowPorts

#: The longest wait on one machine, in seconds.
LONGEST_S = 60

#: The longest in AWS: the function behind the API has 30 seconds in all, and API Gateway gives up then.
#: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
LONGEST_IN_AWS_S = 20

#: In AWS, the pauses between two looks at the row, in seconds: each is half as long again as the one before.
_FIRST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 1.0

#: On one machine, the pauses between two looks whether the caller is still there, in seconds.
_LOOK_S = 1.0

_WAIT = re.compile(r'wait\s*=\s*"?([0-9]{1,6})"?', re.ASCII)


def preferred_wait(request: Request, longest_s: int) -> tuple[int, dict[str, str]]:
    """Return the seconds that the header ``Prefer`` asks to wait, at most ``longest_s``, and ``Preference-Applied``.

    A preference that is not known is ignored (https://www.rfc-editor.org/rfc/rfc7240#section-2).
    """
    wait_s = 0
    applied: dict[str, str] = {}
    for preference in ",".join(request.headers.getlist("prefer")).split(","):
        name = preference.partition(";")[0].strip().lower()
        found = _WAIT.fullmatch(name)
        # Only the first of a kind counts.
        if name == "respond-async":
            applied.setdefault(name, name)
        elif found and "wait" not in applied:
            wait_s = min(int(found[1]), longest_s)
            applied["wait"] = f"wait={wait_s}"
    return wait_s, {"preference-applied": ", ".join(applied.values())} if applied else {}


async def wait_for_end(
    instance: Instance, wait_s: float, request: Request, ports: RowPorts, changes: Changes | None
) -> Instance:
    """Return the instance once it has ended, or as it stands after ``wait_s`` seconds.

    With ``changes``, the row is read when it has been written; without, again and again, with growing pauses. No
    thread is held meanwhile. If the caller hangs up, the wait ends; the instance goes on.
    """
    if instance.final or wait_s <= 0:
        return instance
    until = asyncio.get_running_loop().time() + wait_s
    if changes is None:
        return await _look_again(instance, until, request, ports)
    return await _be_woken(instance, until, request, ports, changes)


async def _look_again(instance: Instance, until: float, request: Request, ports: RowPorts) -> Instance:
    loop, pause = asyncio.get_running_loop(), _FIRST_PAUSE_S
    while not instance.final and (left := until - loop.time()) > 0 and not await request.is_disconnected():
        await asyncio.sleep(min(pause, left))
        pause = min(pause * 1.5, _LONGEST_PAUSE_S)
        instance = await run_in_threadpool(instances.get, instance.id, ports)
    return instance


async def _be_woken(instance: Instance, until: float, request: Request, ports: RowPorts, changes: Changes) -> Instance:
    loop, written = asyncio.get_running_loop(), asyncio.Event()

    def wake() -> None:
        # The loop may end while the row is written.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(written.set)

    with changes.heard(instance.id, wake):
        written.set()  # it may have been written before
        while not instance.final and (left := until - loop.time()) > 0 and not await request.is_disconnected():
            with suppress(TimeoutError):
                await asyncio.wait_for(written.wait(), min(left, _LOOK_S))
            if written.is_set():
                written.clear()
                instance = await run_in_threadpool(instances.get, instance.id, ports)
    return instance
