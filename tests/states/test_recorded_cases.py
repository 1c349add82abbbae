"""The evaluator against answers of AWS: all cases in one process, in random order, so that none can spoil another."""

from __future__ import annotations

import random
import tomllib
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.states.own import ANSWERING, has_ended
from tests.states.recorded import FOLDER, Comparison, compare, definitions, executions, in_virtual_time, judge
from tests.states.virtual import Answering
from verihook.local.states.compiler import compile_machine
from verihook.local.states.errors import Refused
from verihook.local.states.machine import Machine

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the recorded cases are not beside the repository")

DISAGREEMENTS = tomllib.loads(Path(__file__).with_name("disagreements.toml").read_text())["disagreement"]

#: What share has to be as AWS answered, in percent.
AIMS = {"status": 100, "output": 99.5, "error": 98, "events": 98.5, "cause": 90}


@cache
def comparisons() -> list[Comparison]:
    todo: list[tuple[Callable[[dict[str, Any]], Comparison], dict[str, Any]]] = [
        *((lambda case: compare(case, in_virtual_time(case)), case) for case in executions()),
        *((judge, case) for case in definitions()),
    ]
    seed = random.randrange(10**6)
    print(f"order of seed {seed}")  # noqa: T201  # shown if a test fails
    random.Random(seed).shuffle(todo)
    return [compared(work, case) for work, case in todo]


def compared(work: Callable[[dict[str, Any]], Comparison], case: dict[str, Any]) -> Comparison:
    try:
        return work(case)
    except (Refused, AssertionError) as error:
        return Comparison(case["id"], case["area"], ("status",), {"status": repr(error)})


def test_all_differences_are_listed_and_all_that_are_listed_are_left() -> None:
    found = {(one.case, what): how for one in comparisons() for what, how in one.differs.items()}
    listed = {(one["case"], one["what"]) for one in DISAGREEMENTS}
    assert {} == {key: how for key, how in found.items() if key not in listed}
    assert set() == listed - found.keys()


def test_the_aims_are_met() -> None:
    print(table())  # noqa: T201  # shown if it fails, or with -s
    scores = totals(comparisons())
    missed = {what: scores[what] for what, aim in AIMS.items() if 100 * scores[what][0] < aim * scores[what][1]}
    assert missed == {}
    assert scores["words"][0] == scores["words"][1]


def test_what_aws_judged_is_judged_likewise() -> None:
    by_aws = {case["id"] for case in definitions() if case["authority"] == "AWS"}
    assert by_aws
    assert [] == [one.case for one in comparisons() if one.case in by_aws and "verdict" in one.differs]


@pytest.mark.parametrize("answering", ANSWERING)
@pytest.mark.parametrize("given", [{}, {"a": [1]}, [1]], ids=repr)
def test_whatever_is_accepted_ends(given: Any, answering: Answering) -> None:
    """With any answers: ``run`` has a bound of its own, and ``has_ended`` says if it waits for what nothing brings."""
    accepted = [machine for case in definitions() if (machine := accepted_of(case)) is not None]
    assert len(accepted) > 50
    assert [] == [machine for machine in accepted if not has_ended(machine, given, answering)]


def accepted_of(case: dict[str, Any]) -> Machine | None:
    try:
        return compile_machine(case["definition"], express=case["type"] == "EXPRESS")
    except Refused:
        return None


def totals(found: list[Comparison]) -> dict[str, tuple[int, int]]:
    """For each thing that was compared, how many are alike, and of how many."""
    scores: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for one in found:
        for what in one.compared:
            alike, of = scores[what]
            scores[what] = (alike + (what not in one.differs), of + 1)
    return scores


def table() -> str:
    """The scores by area."""
    areas: dict[str, list[Comparison]] = defaultdict(list)
    for one in comparisons():
        areas[one.area].append(one)
    rows = [*sorted(areas.items()), ("all", comparisons())]
    return "\n".join(
        f"{area:28}" + " ".join(f"{what} {alike}/{of}" for what, (alike, of) in sorted(totals(found).items()))
        for area, found in rows
    )
