"""Names of attempts in Lambda."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from verihook.engines.durable_names import (
    durable_name,
    instance_in,
    parse_durable_name,
    with_instance,
    without_instance,
)
from verihook.instance import execution_name

LONG = "a" * 64


@pytest.mark.parametrize("id", ["a", "_", "9-", "a-2-b", "2-a", "a" * 61, LONG, "_" + "-" * 63])
@pytest.mark.parametrize("attempt", [1, 2, 10, 999_999_999])
def test_a_name_is_taken_by_lambda_and_read_back(id: str, attempt: int) -> None:
    name = durable_name(execution_name(id, attempt))
    assert re.fullmatch("[A-Za-z0-9_-]{1,64}", name)
    hashed = name.startswith("--")
    assert hashed == (attempt > 1 and len(id) + len(str(attempt)) + 2 > 64)
    assert parse_durable_name(name) == (None if hashed else (id, attempt))


def test_no_two_attempts_share_a_name() -> None:
    ids = ["a", "2-a", "a-2", "2", LONG, "a" * 63, "a" * 62, "b" * 64]
    names = [durable_name(execution_name(id, attempt)) for id in ids for attempt in (1, 2, 3, 22)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    "name", ["", "-", "--2-" + "0" * 40, "-1-a", "-0-a", "-02-a", "-2-", "-2--a", "a.2", "é", "a\n"]
)
def test_other_names_are_not_ours(name: str) -> None:
    assert parse_durable_name(name) is None


@pytest.mark.parametrize("value", [{}, {"a": 1}, {"verihookInput": 1}, [], [{}], 1, "x", None, True])
def test_a_hashed_name_has_its_instance_in_the_input(value: Any) -> None:
    event = json.loads(with_instance(f"{LONG}.3", json.dumps(value)))
    assert instance_in(event) == (LONG, 3)
    if value != {"verihookInput": 1}:  # the one object that is read back as what it wraps
        assert without_instance(event) == value


@pytest.mark.parametrize("name", ["a", LONG, "a.2", "a" * 61 + ".2"])
def test_any_other_input_is_left_as_it_is(name: str) -> None:
    assert with_instance(name, ' {"a": 1}') == ' {"a": 1}'


@pytest.mark.parametrize(
    "event",
    [None, 1, [], {}, {"verihookInstance": 1}, {"verihookInstance": {"id": "a"}},
     {"verihookInstance": {"id": "-a", "attempt": 2}}, {"verihookInstance": {"id": "a", "attempt": "2"}}],
)  # fmt: skip
def test_other_events_tell_no_instance(event: Any) -> None:
    assert instance_in(event) is None
    assert without_instance(event) == event
