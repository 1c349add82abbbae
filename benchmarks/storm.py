"""A retry storm after an outage, simulated with the limits of AWS: what is refused, what is queued, how long it drains.

    .venv/bin/python benchmarks/storm.py [--rounds 1]

Nothing is called. For ten minutes every delivery is refused; then the senders bring ten times the usual load until all
that was missed has come. Events are taken one by one: arrivals, answers, starts, a call of reconcile each minute.
Reconcile's rate is the very class that runs in AWS (verihook.instances.start_rate). ``--rounds 1``: two cases, shorter.

Limits (each is a default that AWS raises on request, but for Lambda's scaling and a partition's):
https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html
"""

from __future__ import annotations

import argparse
import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from verihook.instances.reconcile import MAX_OUTAGES, MOST_THREADS, REPAIRS_MS, THREADS
from verihook.instances.start_rate import StartRate

#: Bucket and refill a second of StartExecution and of DescribeExecution, in us-east-1 and in most other regions.
LARGE, SMALL = ((1_300, 300), (300, 15)), ((800, 150), (250, 10))

#: A delivery, a start and the write of its record, and what a round reads before it begins, in seconds.
DELIVERY_S, START_S, RECORD_S, READ_S = 0.06, 0.04, 0.02, 0.12

#: New environments a second that Lambda makes: 1,000 in ten seconds.
NEW_ENVIRONMENTS = 100

#: Units that a claim writes: row, due, status, time; and those that a partition takes a second. An index has 8 shards.
UNITS_OF_CLAIM, SHARDS, PARTITION = 4, 8, 1_000

#: A sender tries what was refused again after so long, in seconds; a queued row is due after so long.
RETRY_S, FIRST_LOOK_S = 60.0, 60.0


@dataclass
class Bucket:
    """A token bucket. ``level``: at ``at``, in seconds."""

    size: float
    refill: float
    level: float = 0.0
    at: float = 0.0

    def take(self, now: float) -> bool:
        """Take a token, if there is one."""
        self.level, self.at = min(self.size, self.level + (now - self.at) * self.refill), now
        if self.level < 1:
            return False
        self.level -= 1
        return True


@dataclass
class Case:
    """``load``: deliveries a second in quiet times; ``limits``: as :data:`LARGE`; ``concurrency``: of Receiver."""

    name: str
    load: int
    limits: tuple[tuple[int, int], tuple[int, int]]
    concurrency: int = 1_000
    paced: bool = True
    outage_s: int = 600


@dataclass
class Clock:
    """The port Clock in the time of the simulation, of which ``now`` is in seconds."""

    now: float = 0.0

    def now_ms(self) -> int:
        """Return the time in milliseconds."""
        return round(self.now * 1_000)


@dataclass
class Storm:
    """One case as it goes on. ``queue``: (due, accepted at) of rows that wait for their start."""

    case: Case
    clock: Clock = field(default_factory=Clock)
    refused: int = 0
    unavailable: int = 0
    most_queued: int = 0
    oldest_s: float = 0.0
    drained_at: float = 0.0
    fastest: float = 0.0
    throttled: int = 0

    def __post_init__(self) -> None:
        (size, refill), (described, again) = self.case.limits
        self.starts, self.describes = Bucket(size, refill, size), Bucket(described, again, described)
        # An on-demand table takes twice its former peak at once, and a new one 4,000 units.
        most = min(max(4_000, 2 * self.case.load * UNITS_OF_CLAIM) / UNITS_OF_CLAIM, SHARDS * PARTITION)
        self.claims = Bucket(most, most, most)
        # As Lambda's scaling is refilled all the time, environments are a bucket, too.
        self.environments = Bucket(1_000, NEW_ENVIRONMENTS, 1_000)
        self.made, self.busy = min(self.case.concurrency, max(1, round(self.case.load * DELIVERY_S))), 0
        self.queue: list[tuple[float, float]] = []
        self.missed, self.accepted, self.before = self.case.load * self.case.outage_s, 0, 0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()

    def at(self, when: float, act: Callable[[], None]) -> None:
        """Let ``act`` happen at this time."""
        heapq.heappush(self._events, (when, next(self._order), act))

    def run(self) -> None:
        """Go on until all that was missed has come and nothing is queued, for a day at most."""
        self.at(0, self._arrive)
        self.at(0, self._reconcile)
        while self._events and self.clock.now < 86_400:
            self.clock.now, _, act = heapq.heappop(self._events)
            act()
            if self.missed <= 0 and not self.queue:
                self.drained_at = self.clock.now
                return

    def _arrive(self) -> None:
        storms = self.missed > 0
        if storms:
            self.missed -= 0.9
        self._deliver()
        self.at(self.clock.now + 1 / (self.case.load * (10 if storms else 1)), self._arrive)

    def _deliver(self) -> None:
        now = self.clock.now
        if self.busy >= self.made:
            if self.made >= self.case.concurrency or not self.environments.take(now):
                self.refused += 1
                self.at(now + RETRY_S, self._deliver)
                return
            self.made += 1
        if not self.claims.take(now):
            self.unavailable += 1
            self.at(now + RETRY_S, self._deliver)
            return
        self.busy += 1
        self.at(now + DELIVERY_S, self._answered)
        if not self.starts.take(now):
            heapq.heappush(self.queue, (now + FIRST_LOOK_S, now))
            self.most_queued = max(self.most_queued, len(self.queue))

    def _answered(self) -> None:
        self.busy -= 1

    def _reconcile(self) -> None:
        """A call of a minute: (as it was) asking for each row first, or at a rate."""
        self.at(self.clock.now + 60, self._reconcile)
        slept: deque[float] = deque()
        rate = StartRate(self.clock, lambda milliseconds: slept.append(milliseconds / 1_000))
        call = _Call(self, rate if self.case.paced else None, slept, self.clock.now)
        self.at(self.clock.now + READ_S, call.step)


@dataclass
class _Call:
    """One call of reconcile: its rows one after the other, as fast as its threads could."""

    storm: Storm
    rate: StartRate | None
    slept: deque[float]
    began: float
    asks: bool = True
    outages: int = 0
    done: int = 0
    started: int = 0

    def step(self) -> None:
        storm, now = self.storm, self.storm.clock.now
        # As it was, rounds went on for 540 seconds; the calls beside it then start the same, which is left out.
        longest = REPAIRS_MS / 1_000 if self.rate else 60
        if not storm.queue or storm.queue[0][0] > now or now - self.began >= longest:
            storm.fastest = max(storm.fastest, self.started / max(now - self.began, 1))
            return
        self.done += 1
        pause = READ_S if self.done % 200 == 0 else 0.0
        if self.rate is not None:
            self.rate.wait()
            asked = START_S / MOST_THREADS if self.asks else 0.0
            self.asks = self.asks and storm.describes.take(now)
            storm.at(now + pause + asked + (self.slept.popleft() if self.slept else 0.0), self._try)
            return
        _, accepted = heapq.heappop(storm.queue)
        if self.outages >= MAX_OUTAGES or not (storm.describes.take(now) and storm.starts.take(now)):
            self.outages += 1
            heapq.heappush(storm.queue, (now + min(max(60.0, (now - accepted) / 10), 3_600.0), accepted))
            storm.throttled += 1
        else:
            self._began(accepted)
        storm.at(now + pause + (2 * START_S + RECORD_S) / THREADS, self.step)

    def _try(self) -> None:
        storm, now = self.storm, self.storm.clock.now
        if self.rate is not None and storm.queue:
            if storm.starts.take(now):
                self.rate.taken()
                self._began(heapq.heappop(storm.queue)[1])
            else:
                self.rate.throttled()
                storm.throttled += 1
        storm.at(now + (START_S + RECORD_S) / MOST_THREADS, self.step)

    def _began(self, accepted: float) -> None:
        self.started += 1
        self.storm.oldest_s = max(self.storm.oldest_s, self.storm.clock.now - accepted)


CASES = (
    Case("us-east-1, as it was", 50, LARGE, paced=False),
    Case("us-east-1", 50, LARGE),
    Case("us-east-1", 200, LARGE),
    Case("us-east-1, ReceiverConcurrency=20", 200, LARGE, concurrency=20),
    Case("others, as it was", 50, SMALL, paced=False),
    Case("others", 50, SMALL),
    Case("others", 100, SMALL),
    Case("others, a new account's 10", 50, SMALL, concurrency=10),
)
SHORT = (
    Case("as it was", 50, LARGE, paced=False, outage_s=100),
    Case("at a rate", 50, LARGE, outage_s=100),
)


def main() -> None:
    """Print a line for each case."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=2)
    heads = ("a second", "429", "503", "most queued", "oldest, s", "throttled", "starts/s", "drained, min")
    print(f"{'':36}" + "".join(f"{head:>13}" for head in heads))
    for case in CASES if parser.parse_args().rounds > 1 else SHORT:
        storm = Storm(case)
        storm.run()
        drained = f"{storm.drained_at / 60:.1f}" if storm.drained_at else "never"
        numbers = (case.load, storm.refused, storm.unavailable, storm.most_queued)
        more = f"{storm.oldest_s:>13,.0f}{storm.throttled:>13,}{storm.fastest:>13,.0f}{drained:>13}"
        print(f"{case.name:36}" + "".join(f"{number:>13,}" for number in numbers) + more)


if __name__ == "__main__":
    main()
