"""Each alarm is moved over its threshold by its cause, and left alone by what comes close: in AWS and by Prometheus."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import Literal

import pytest

from tests.observe.alarms import SERVICE, alarms
from tests.observe.aws_metrics import is_of_aws
from tests.observe.evaluation import calculated, keys_of, state
from tests.observe.rules import RULES, Scraped, evaluated
from tests.observe.scenarios import FEW, OF_AWS, SCENARIOS, all_sorts
from tests.observe.series import SeriesOf
from tests.observe.world import MINUTE, SOURCE, WORKFLOW, World, world

Side = Literal["over", "under", "few"]

ALARMS = {name.removeprefix(f"{SERVICE}_"): each for name, each in alarms(Sources=SOURCE, Workflows=WORKFLOW).items()}
CASES: list[tuple[str, Side]] = [(name, side) for name in SCENARIOS for side in ("over", "under")]
CASES += [(name, "few") for name in FEW]


@cache
def happened(name: str, side: Side) -> World:
    """The world after that; its ledger is closed."""
    scenario = SCENARIOS[name]
    cause = {"over": scenario.over, "under": scenario.under, "few": FEW.get(name)}[side]
    assert cause is not None
    with tempfile.TemporaryDirectory() as folder, world(Path(folder), scenario.until_ms[side != "over"]) as whole:
        cause(whole)
    return whole


@pytest.mark.parametrize(("name", "side"), CASES)
def test_its_cause_moves_an_alarm_of_aws_and_what_comes_close_leaves_it(name: str, side: Side) -> None:
    whole = happened(name, side)
    expected = "ALARM" if side == "over" else "OK"
    assert expected == state(ALARMS[name], SeriesOf(whole.told.lines), whole.clock.at)


def test_so_it_is_with_the_rules_of_prometheus(tmp_path: Path) -> None:
    tests = []
    for name, side in CASES:
        alert, _, of = name.partition("_")
        labels = {"workflow" if of == WORKFLOW else "source": of} if of else {}
        whole = happened(name, side)
        scraped = Scraped(f"{name}, {side}", whole.began, whole.scrapes)
        tests.append((alert, scraped.test(alert, labels if side == "over" else None)))
    assert {alert for alert, _ in tests} == RULES.keys() - {"silent-receiver"}
    tests += [("silent-receiver", silence(hours)) for hours in (2, 0)]
    assert "" == evaluated(tests, tmp_path)


def silence(hours: int) -> dict[str, object]:
    """In AWS it is AWS that counts the requests."""
    whole = happened("unavailable", "under")
    scrapes = whole.scrapes + whole.scrapes[-1:] * (hours * 60)
    return Scraped(f"silent-receiver, {hours}", whole.began, scrapes).test("silent-receiver", {} if hours else None)


def test_every_alarm_has_a_scenario_and_every_rule_an_alarm() -> None:
    assert ALARMS.keys() == SCENARIOS.keys() | OF_AWS.keys()
    assert RULES.keys() <= {name.partition("_")[0] for name in ALARMS}


def test_every_metric_of_an_alarm_is_printed_with_its_dimensions(tmp_path: Path) -> None:
    with world(tmp_path) as whole:
        all_sorts(whole)
    printed = SeriesOf(whole.told.lines).keys()
    for name, alarm in ALARMS.items():
        assert {each for each in keys_of(alarm) if each[0] == "Verihook"} <= printed, name


def test_every_other_metric_is_one_that_aws_has() -> None:
    for name, alarm in ALARMS.items():
        for each in keys_of(alarm):
            assert each[0] == "Verihook" or is_of_aws(each), f"{name}: {each}"


@pytest.mark.parametrize("name", OF_AWS)
def test_a_value_of_aws_moves_it(name: str) -> None:
    series, over, under = OF_AWS[name]
    assert series in keys_of(ALARMS[name])
    for value, expected in ((over, "ALARM"), (under, "OK")):
        given = SeriesOf()
        if value is not None:
            for minute in range(120):
                given.add(series, minute * MINUTE, value)
        assert expected == state(ALARMS[name], given, 119 * MINUTE)


def test_metric_math_takes_what_is_missing_for_nothing() -> None:
    assert calculated("IF((a >= 1) AND (100 * a > 50 * (a + b)), 1, 0)", {"a": 2, "b": None}) == 1
    assert calculated("IF((a >= 1) OR (b > 3), 1, 0)", {"a": None, "b": 3}) == 0
    assert calculated("a + b", {"a": None, "b": None}) is None
