"""The CPU of judging a body of a megabyte by its JSON Schema, beside that of ``json.loads`` of the same body.

    .venv/bin/python benchmarks/validate.py [--rounds 9]

Both are measured in turn in the same process, so what counts are the ratios: at most half the time of ``json.loads``,
whether the body fits or has its faults looked for, under a schema that says one thing of each value. Two parts below
``allOf`` that each look at all items take as much again. The last line is another matter: defaults of items are put in
by Python, one by one, at several times what ``json.loads`` takes.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "handler"))

from verihook.model.schema import Schema

TEXTS: dict[str, Any] = {"properties": {"items": {"items": {"type": "string"}}}}
ROWS: dict[str, Any] = {
    "properties": {
        "items": {
            "items": {
                "type": "object",
                "required": ["id", "name"],
                "properties": {"id": {"type": "integer"}, "name": {"type": "string", "pattern": "^([a-z]+ ?)*$"}},
            }
        }
    }
}


BELOW: dict[str, Any] = {
    "allOf": [{"properties": {"items": {"allOf": [{"$ref": "#/$defs/rows"}]}}}],
    "$defs": {"rows": ROWS["properties"]["items"]},
}
DEFAULTS: dict[str, Any] = {"properties": {"items": {"items": {"properties": {"currency": {"default": "CHF"}}}}}}
MEMBERS: dict[str, Any] = {"properties": {"items": {"additionalProperties": {"type": "integer"}}}}
PATTERNS: dict[str, Any] = {"properties": {"items": {"patternProperties": {"^[a-z]": {"type": "integer"}}}}}
NAMES: dict[str, Any] = {"properties": {"items": {"propertyNames": {"minLength": 3}}}}


def members(last: str) -> str:
    """``{"items": {...}}`` of about a megabyte, whose last member is another."""
    return '{"items":{' + ",".join([f'"name{number:05}":{number}' for number in range(55_000)] + [last]) + "}}"


def array(item: str, last: str = "") -> str:
    """``{"items": [...]}`` of about a megabyte, whose last item is another."""
    items = [item] * (1_000_000 // (len(item) + 1) - 10)
    return '{"items":[' + ",".join([*items, last] if last else items) + "]}"


CASES: dict[str, tuple[dict[str, Any], str]] = {
    "texts that fit": (TEXTS, array('"abc"')),
    "rows that fit": (ROWS, array('{"id":1,"name":"some name"}')),
    "numbers, all wrong": (TEXTS, array("0")),
    "objects, all wrong": (TEXTS, array("{}")),
    "texts, the last one wrong": (TEXTS, array('"abc"', "0")),
    "rows, the last one wrong": (ROWS, array('{"id":1,"name":"some name"}', '{"id":1,"name":"a!"}')),
    "the same below allOf": (BELOW, array('{"id":1,"name":"some name"}', '{"id":1,"name":"a!"}')),
    "members that fit": (MEMBERS, members('"last":1')),
    "members, the last one wrong": (MEMBERS, members('"last":"x"')),
    "the same by a pattern": (PATTERNS, members('"last":"x"')),
    "names, the last one wrong": (NAMES, members('"x":1')),
}


def seconds(work: Callable[[], object]) -> float:
    """The CPU of one call."""
    start = time.process_time_ns()
    work()
    return (time.process_time_ns() - start) / 1e9


def report(rounds: int) -> None:
    """Measure and print."""
    print(f"{'a megabyte of':28}{'json.loads':>12}{'judged':>12}{'ratio':>8}{'memory':>10}{'told':>6}")
    for name, (schema, body) in CASES.items():
        judged, content = Schema(schema), json.loads(body)
        told = len(judged.violations(content))  # what the library takes once
        pairs = [
            (seconds(lambda: json.loads(body)), seconds(lambda: judged.violations(content)))  # noqa: B023
            for _ in range(rounds)
        ]
        tracemalloc.start()
        judged.violations(content)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        loads, ours = (statistics.median(times) * 1000 for times in zip(*pairs, strict=True))
        ratio = statistics.median(judging / reading for reading, judging in pairs)
        print(f"{name:28}{loads:9.1f} ms{ours:9.1f} ms{ratio:8.2f}{peak / 2**20:7.1f} MB{told:6}")
    body = array('{"id":1,"name":"some name"}')
    content, filling = json.loads(body), Schema(DEFAULTS)
    loads, ours = (
        1000 * statistics.median(seconds(work) for _ in range(rounds))
        for work in (lambda: json.loads(body), lambda: filling.filled(content))
    )
    print(f"{'rows that lack a default':28}{loads:9.1f} ms{ours:9.1f} ms{ours / loads:8.2f}")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description="The CPU of a JSON Schema, as ratios.")
    arguments.add_argument("--rounds", type=int, default=9, help="how often each is measured, in turn (default 9)")
    report(arguments.parse_args().rounds)
