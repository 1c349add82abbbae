"""For each alarm, what moves it over its threshold, and what comes close and leaves it: causes, not metrics.

An alarm of AWS's own metrics has the values that AWS would give, as its cause is not here.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from tests.flows.signing import order
from tests.observe.series import key
from tests.observe.world import DAY, HOUR, SOURCE, WORKFLOW, World
from verihook.errors import RateLimited

Cause = Callable[[World], None]


@dataclass(frozen=True)
class Scenario:
    """``over`` and ``under``: what happens. ``until_ms``: for how long the old secret verifies, in both."""

    over: Cause
    under: Cause
    until_ms: tuple[int | None, int | None] = (None, None)


def _engine_out_for(minutes: int) -> Cause:
    def happen(world: World) -> None:
        world.engine.failing.add("start")
        world.deliver()
        world.minutes(minutes)

    return happen


def _refused(forged: int, taken: int) -> Cause:
    def happen(world: World) -> None:
        world.minutes()
        world.forge(forged)
        world.deliver(taken)
        world.minutes(2)

    return happen


def _unavailable(down: bool) -> Cause:
    def happen(world: World) -> None:
        world.minutes()
        world.deliver(3)
        world.ledger.down = down
        for _ in range(3):
            world.deliver(2)
            world.ledger.down, before = False, world.ledger.down
            world.minutes()
            world.ledger.down = before

    return happen


def _last_heard(hours: int) -> Cause:
    def happen(world: World) -> None:
        world.deliver()
        world.minutes()
        world.deliver()
        world.idle(hours * 60)

    return happen


def _old_secret(hours_later: int) -> Cause:
    def happen(world: World) -> None:
        world.idle(hours_later * 60)
        world.minutes()
        world.old_secret()
        world.minutes(2)

    return happen


def _time_passes(world: World) -> None:
    world.minutes(2)


def _no_rounds(minutes: int) -> Cause:
    def happen(world: World) -> None:
        world.minutes(3)
        world.ledger.down = True
        world.minutes(minutes)
        world.ledger.down = False
        world.scrape()

    return happen


def _slow(takes_ms: int) -> Cause:
    def happen(world: World) -> None:
        world.engine.takes_ms = takes_ms
        for _ in range(32):
            world.deliver(2)
            world.minutes()

    return happen


def _ends(failed: int, timed_out: int, completed: int) -> Cause:
    def happen(world: World) -> None:
        world.deliver(failed + timed_out + completed)
        world.minutes()
        for status, times in (("failed", failed), ("timed_out", timed_out), ("completed", completed)):
            world.end(status, times)
        world.minutes(2)

    return happen


def _changed(times: int) -> Cause:
    def happen(world: World) -> None:
        world.deliver(id="evt_1")
        world.minutes()
        for number in range(times):
            world.deliver(id="evt_1", note=str(number))
        world.minutes(2)

    return happen


def _not_called_back(hours: int) -> Cause:
    def happen(world: World) -> None:
        world.receiver.well = False
        world.start_with_callback()
        world.minutes()
        world.end()
        world.idle(hours * 60)
        world.minutes(3)

    return happen


def _limited(times: int) -> Cause:
    def happen(world: World) -> None:
        world.minutes()
        world.deliver(times, source="shop")
        world.minutes(2)

    return happen


#: Name of an alarm, without the stack -> its scenario. Prometheus has the same names.
SCENARIOS = {
    "oldest-queued": Scenario(_engine_out_for(8), _engine_out_for(2)),
    "unavailable": Scenario(_unavailable(True), _unavailable(False)),
    f"refused-by-signature_{SOURCE}": Scenario(_refused(12, 3), _refused(12, 20)),
    f"silent-source_{SOURCE}": Scenario(_last_heard(25), _last_heard(22)),
    f"previous-secret-in-use_{SOURCE}": Scenario(_old_secret(2), _old_secret(2), (20 * HOUR, 3 * DAY)),
    f"secret-ends_{SOURCE}": Scenario(_time_passes, _time_passes, (6 * DAY, 8 * DAY)),
    "reconcile": Scenario(_no_rounds(6), _no_rounds(3)),
    "slow-answers": Scenario(_slow(1_600), _slow(1_400)),
    f"failed-instances_{WORKFLOW}": Scenario(_ends(3, 3, 20), _ends(3, 3, 60)),
    "body-changed": Scenario(_changed(6), _changed(3)),
    "callbacks-late": Scenario(_not_called_back(2), _not_called_back(0)),
    "limited": Scenario(_limited(70), _limited(30)),
}

#: Besides these, what stays under by the other condition of two.
FEW = {
    f"refused-by-signature_{SOURCE}": _refused(9, 0),
    f"failed-instances_{WORKFLOW}": _ends(2, 2, 0),
}


def all_sorts(world: World) -> None:
    """A bit of all that an alarm is about, and nothing of it too much."""
    body = order(id="evt_1")
    world.minutes()
    for each in (body, body, order(id="evt_1", note="changed"), order(type="unwanted"), b"{"):
        world.send(each)
    world.forge()
    world.old_secret()
    world.deliver(12, source="shop")
    for _ in range(2):
        world.send(body, "crm")
    world.send(body, "made-up")
    world.start_by_key()
    with suppress(RateLimited):
        world.start_by_key()
    world.ledger.down = True
    world.deliver()
    world.ledger.down = False
    world.end("failed")
    world.end("timed_out")
    world.end("completed")
    world.start_with_callback()
    world.minutes(2)


_LEDGER = {"TableName": "Ledger"}

#: Name of an alarm -> the series of AWS, a value every minute that is over, one that is not. ``None``: there is none.
OF_AWS = {
    "silent-receiver": (key("AWS/Lambda", "Invocations", {"FunctionName": "Receiver"}), None, 1.0),
    "dead-letters": (key("AWS/SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": "DeadLetters"}), 1.0, 0.0),
    "reconciler-fails": (key("AWS/Lambda", "Errors", {"FunctionName": "Reconciler"}), 1.0, 0.0),
    "receiver-throttled": (key("AWS/Lambda", "Throttles", {"FunctionName": "Receiver"}), 1.0, 0.0),
    "account-concurrency": (key("AWS/Lambda", "ConcurrentExecutions", {}), 801.0, 799.0),
    "ledger-throttled": (key("AWS/DynamoDB", "WriteThrottleEvents", _LEDGER), 1.0, 0.0),
    "ledger-fails": (key("AWS/DynamoDB", "SystemErrors", _LEDGER | {"Operation": "PutItem"}), 1.0, 0.0),
    "stream-behind": (key("AWS/Lambda", "IteratorAge", {"FunctionName": "Worker"}), 61_000.0, 59_000.0),
    "engine-throttled": (key("AWS/States", "ThrottledEvents", {"APIName": "StartExecution"}), 1.0, 0.0),
}
