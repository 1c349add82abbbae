"""Wait for the end of an instance, as long as the caller asks for and the server allows."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from verihook import instances
from verihook.model.instance import Instance

if TYPE_CHECKING:
    from verihook.model.ports.sets import RowPorts

#: The longest wait on one machine, in seconds.
LONGEST_S = 60

#: The longest in AWS: the function behind the API has 30 seconds in all, and API Gateway gives up then.
#: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
LONGEST_IN_AWS_S = 20

#: The pauses between two looks at the row, in seconds: each is half as long again as the one before.
_FIRST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 1.0

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


async def wait_for_end(instance: Instance, wait_s: float, request: Request, ports: RowPorts) -> Instance:
    """Return the instance once it has ended, or as it stands after ``wait_s`` seconds. Each look reads the ledger.

    No thread is held between two looks. If the caller hangs up, the wait ends; the instance goes on.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + wait_s
    pause = _FIRST_PAUSE_S
    while not instance.final and (left := until - loop.time()) > 0 and not await request.is_disconnected():
        await asyncio.sleep(min(pause, left))
        pause = min(pause * 1.5, _LONGEST_PAUSE_S)
        instance = await run_in_threadpool(instances.get, instance.id, ports)
    return instance
