"""Eight hours of a deployment in which something of everything happens, for the picture of the dashboard."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path
from random import Random

from tests.flows.signing import order
from tests.observe.series import SeriesOf, key
from tests.observe.world import DAY, MINUTE, World, world
from verihook.errors import RateLimited

LENGTH = 8 * 60

#: Minute -> what the engine then cannot do, until the minute that has nothing.
_ENGINE = {70: {"start"}, 79: set()}


def told() -> tuple[SeriesOf, int, int]:
    """The series of all that happens, from when and until when, in milliseconds."""
    chance = Random(7)
    with tempfile.TemporaryDirectory() as folder, world(Path(folder), until_ms=3 * DAY) as whole:
        began, passed = whole.clock.at, []
        for minute in range(LENGTH):
            before = len(whole.told.lines)
            _one_minute(whole, minute, chance)
            whole.engine.takes_ms = 0
            whole.minutes()
            passed.append((whole.clock.at, whole.told.lines[before:]))
        series = SeriesOf(whole.told.lines)
        _of_aws(series, passed)
        return series, began, whole.clock.at


def _one_minute(world: World, minute: int, chance: Random) -> None:
    if minute in _ENGINE:
        world.engine.failing = set(_ENGINE[minute])
    busy = 2 + minute * (LENGTH - minute) // 12_000
    world.engine.takes_ms = chance.choice((6, 9, 11, 14, 25)) + (900 if 300 < minute < 325 else 0)
    world.ledger.down = minute in (212, 213)
    world.deliver(busy + chance.randrange(3), secret="guess" if 130 < minute < 150 else "s3cret")
    world.deliver(chance.randrange(2, 5) if not 380 < minute < 400 else 25, source="shop")
    world.deliver(chance.randrange(3), source="crm")
    _odd_ones(world, minute, chance)
    world.ledger.down = False
    running = sum(each.status == "running" for each in world.engine.executions.values())
    failing = min(2, running) if 240 < minute < 262 else int(running > 0 and minute % 40 == 0)
    world.end("failed", failing)
    world.end("completed", max(running - failing - chance.randrange(4), 0))


def _odd_ones(world: World, minute: int, chance: Random) -> None:
    body = order(id=f"evt_{minute}")
    sent = {
        9: (body, body),
        31: (order(id=f"evt_{minute - 4}", note="changed"),),
        3: (order(type="unwanted"),),
        11: (b"{",),
    }
    for each, bodies in sent.items():
        for one in bodies if minute % each == 0 else ():
            world.send(one)
    for each, sources in {37: ("crm", "crm"), 13: ("made-up",)}.items():
        for source in sources if minute % each == 0 else ():
            world.send(body, source)
    if chance.random() < 0.05 and not world.ledger.down:
        world.forge()
    if minute < 200 and minute % 17 == 0:
        world.old_secret()
    if minute % 25 == 0:
        world.receiver.well = minute not in (100, 125)
        world.start_with_callback()
    with suppress(RateLimited):
        for _ in range(2 if minute % 90 == 5 else 0):
            world.start_by_key()


def _of_aws(series: SeriesOf, passed: list[tuple[int, list[tuple[int, dict[str, object]]]]]) -> None:
    """What AWS would count beside it: roughly, from the lines of each minute."""
    for at, lines in passed:
        deliveries = [line for _, line in lines if "delivery" in line]
        ends = sum("InstanceDuration" in line for _, line in lines)
        taken = sum("Accepted" in line for line in deliveries)
        for name, times, milliseconds in (
            ("Receiver", len(deliveries), 19),
            ("Api", 1, 12),
            ("Recorder", 2 * ends, 15),
            ("Reconciler", 1, 150),
            ("Feeds", 0, 0),
            ("Worker", taken // 4, 20),
        ):
            series.add(key("AWS/Lambda", "Invocations", {"FunctionName": name}), at, times)
            series.add(key("AWS/Lambda", "Duration", {"FunctionName": name}), at, times * milliseconds)
        series.add(key("AWS/Lambda", "Errors", {"FunctionName": "Receiver"}), at, 0)
        for name, age in (("Worker", 120 + 40 * taken), ("Feeds", 80)):
            series.add(key("AWS/Lambda", "IteratorAge", {"FunctionName": name}), at, age)
        series.add(key("AWS/DynamoDB", "ConsumedWriteCapacityUnits", {"TableName": "Ledger"}), at, 3 * taken + 3 * ends)
        series.add(key("AWS/DynamoDB", "ConsumedReadCapacityUnits", {"TableName": "Ledger"}), at, 9 + ends)
        dead = 1 if (at // MINUTE) % 480 > 400 else 0
        series.add(key("AWS/SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": "DeadLetters"}), at, dead)
