"""Finds out whether the ledger and the engines can be reached: every five seconds at most, for callers of the API."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool

from verihook import __version__
from verihook.errors import Unavailable
from verihook.instances.measuring import ending
from verihook.model.instance import iso
from verihook.model.ports import Clock, Services

#: How long an answer is kept, in milliseconds: however many callers ask, the parts are asked once in that time.
KEPT_MS = 5_000

#: No instance and no execution has this name.
PROBE = "verihook-health-probe"

#: Returns what is wrong in this process, by its part (an engine, or a round of repairs). It makes no call.
Faults = Callable[[], Mapping[str, str]]


class Health:
    """The state of the parts of the server."""

    def __init__(self, services: Services, faults: Faults = dict) -> None:
        self._services = services
        self._look = _Cached(self._ask, services.clock)
        self._faults = _Cached(lambda: dict(faults()), services.clock)

    async def faults(self) -> dict[str, str]:
        """Return what is wrong in this process, by its part. It makes no call: callers without a key may ask, too."""
        return await self._faults()

    async def look(self) -> dict[str, Any]:
        """``{"status", "ledger", "engines"}``, each ``ok`` or ``unavailable``; ``withoutSecret``, names of sources.

        With what :func:`_standing` says.

        ``faults``, if there are any: what is wrong in this process, by its part. A source without a secret does not
        change the status: it answers 503 by itself, and the others work.
        """
        found, faults = await self._look(), await self._faults()
        if not faults:
            return found
        engines = {name: "unavailable" if name in faults else state for name, state in found["engines"].items()}
        return {**found, "status": "unavailable", "engines": engines, "faults": faults}

    def _ask(self) -> dict[str, Any]:
        services = self._services
        ledger = self._state("ledger", self._look_at_ledger)
        engines = {}
        for name, engine in sorted(services.engines.items()):
            definitions = [
                each.definition for each in services.workflows.values() if each.engine == name and not each.express
            ]
            if definitions:
                probe = definitions[0]
                engines[name] = self._state(name, lambda engine=engine, probe=probe: engine.describe(probe, PROBE))  # type: ignore[misc]
        whole = "ok" if {ledger, *engines.values()} == {"ok"} else "unavailable"
        states = {"status": whole, "ledger": ledger, "engines": engines, "withoutSecret": [*services.without_secret()]}
        return states | _standing(services)

    def _look_at_ledger(self) -> None:
        """Read and write: with a full disk reads work, and every delivery is refused."""
        now = self._services.clock.now_ms()
        self._services.ledger.get(PROBE, now)
        self._services.documents.take_token(PROBE, 1000, 1, now)

    def _state(self, part: str, ask: Callable[[], object]) -> str:
        try:
            ask()
        except Unavailable as error:
            self._services.telemetry.failure(f"health {part}", error)
            return "unavailable"
        return "ok"


def _standing(services: Services) -> dict[str, Any]:
    """What runs here, which secrets end, and, if this process measures it, how the repairs stand."""
    ends = {name: iso(at * 1000) for name, at in ending(services.sources, services.clock.now_ms())}
    found: dict[str, Any] = {"version": __version__, "configuration": services.configuration, "secretsEnd": ends}
    measured = {each.name: each.value for each in services.series()}
    if at := measured.get("verihook_reconcile_last_success_timestamp"):
        found["reconciledAt"] = iso(round(at * 1000))
        found["oldestQueuedSeconds"] = measured.get("verihook_queued_oldest_seconds", 0.0)
    return found


class _Cached:
    """Calls ``ask`` in another thread, at most every :data:`KEPT_MS`, and keeps its answer in between."""

    def __init__(self, ask: Callable[[], dict[str, Any]], clock: Clock) -> None:
        self._ask, self._clock = ask, clock
        self._lock = asyncio.Lock()
        self._found: dict[str, Any] = {}
        self._until_ms = 0

    async def __call__(self) -> dict[str, Any]:
        async with self._lock:
            now = self._clock.now_ms()
            if now >= self._until_ms:
                self._found = await run_in_threadpool(self._ask)
                self._until_ms = now + KEPT_MS
        return self._found
