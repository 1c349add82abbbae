"""How fast reconcile starts what is queued in AWS: as fast as the engines take it, which is found by trying.

Step Functions has a bucket of starts for the whole account, which deliveries that come now draw from, too. Its size
differs by region and can be raised, so no number of ours can be right: the rate grows while starts are taken, and is
halved when one is throttled. ``benchmarks/storm.py`` tries this very class against AWS's buckets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from verihook.errors import EngineUnavailable
from verihook.model.instance import Instance, Progress, execution_name
from verihook.model.ports import Clock, Engine

#: Starts a second: at first, at least, and at most, which is what Step Functions' largest bucket regains in a second.
#: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
FIRST, LEAST, MOST = 100.0, 5.0, 300.0

#: How much each start that is taken adds to the rate: at 100 a second, 10 a second.
_MORE = 0.1

#: After a start that was throttled none is tried for so long, and the rate is not halved again, in milliseconds.
PAUSE_MS = 1_000


class StartRate:
    """The rate of one call of reconcile, whose threads share it. ``sleep(milliseconds)`` waits."""

    def __init__(self, clock: Clock, sleep: Callable[[float], object]) -> None:
        self._clock, self._sleep = clock, sleep
        self._lock = Lock()
        self.per_second = FIRST
        self._next, self._halved_at = 0.0, 0.0

    def wait(self) -> None:
        """Wait until the next start may be tried."""
        with self._lock:
            now = self._clock.now_ms()
            at = max(self._next, now)
            self._next = at + 1_000 / self.per_second
        if at > now:
            self._sleep(at - now)

    def taken(self) -> None:
        """Note that the engine has taken a start."""
        with self._lock:
            self.per_second = min(self.per_second + _MORE, MOST)

    def throttled(self) -> bool:
        """Note that the engine takes fewer starts. Return whether this is the first time, which the log gets."""
        with self._lock:
            now, first = self._clock.now_ms(), not self._halved_at
            # Others that are under way hear the same.
            if now >= self._halved_at + PAUSE_MS:
                self.per_second, self._halved_at = max(self.per_second / 2, LEAST), now
                self._next = max(self._next, now + PAUSE_MS)
            return first


@dataclass(slots=True)
class Starts:
    """How a call of reconcile starts instances. ``outages``: how often the engine of each workflow was away for it.

    ``asks``: whether an engine is asked for a queued instance before its start, until that is throttled.
    """

    rate: StartRate | None = None
    outages: Counter[str] = field(default_factory=Counter)
    asks: bool = True

    def describe(self, instance: Instance, engine: Engine, definition: str) -> Progress | None:
        """Return what the engine says; None also if it need not be asked, because a start says that it is there."""
        startable = self.rate is not None and instance.status == "queued" and not instance.held and engine.keeps_names
        if startable and not self.asks:
            return None
        try:
            return engine.describe(definition, execution_name(instance.id, instance.attempt))
        except EngineUnavailable as error:
            if not (startable and error.throttled):
                raise
            self.asks = False
            return None
