"""Names of attempts in Lambda."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import Any

import pytest

from verihook.adapters.engines.durable_names import (
    connection_of,
    durable_name,
    instance_of,
    parse_durable_name,
    with_instance,
    without_instance,
)
from verihook.model.instance import execution_name, parse_execution_name

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


VICTIM = {"id": "victim", "attempt": 1}
#: What a caller may write, our own words among it.
INPUTS: list[Any] = [
    {}, {"a": 1}, [], [{}], 1, "x", None, True,
    {"verihookInput": 1}, {"verihookInstance": VICTIM}, {"verihookInstance": VICTIM, "a": 1},
    {"verihookInstance": VICTIM, "verihookInput": {"forged": True}}, {"verihookInstance": 1},
    {"verihookInstance": VICTIM, "verihookInput": {"verihookInstance": VICTIM, "verihookInput": 1}},
]  # fmt: skip


@pytest.mark.parametrize("chosen", [None, "live"])
@pytest.mark.parametrize("name", ["a", "a.2", LONG, f"{LONG}.3"])
@pytest.mark.parametrize(
    "value", [*INPUTS, {"verihookInstance": {**VICTIM, "connection": "forged"}, "verihookInput": 1}]
)
def test_a_connection_is_the_one_that_was_chosen_whatever_the_input_says(
    name: str, value: Any, chosen: str | None
) -> None:
    event = json.loads(with_instance(name, json.dumps(value), value, chosen))
    assert connection_of(durable_name(name), event) == chosen
    assert without_instance(event) == value
    assert connection_of(durable_name("another"), event) is None


@pytest.mark.parametrize("name", ["a", "a.2", LONG, f"{LONG}.3"])
@pytest.mark.parametrize("value", INPUTS)
def test_an_input_is_given_back_and_never_says_which_instance_it_is(name: str, value: Any) -> None:
    for text in (json.dumps(value), json.dumps(value).replace("verihookInst", "verihook\\u0049nst")):
        started_with = with_instance(name, text, value)
        assert without_instance(json.loads(started_with)) == value
        assert instance_of(durable_name(name), partial(json.loads, started_with)) == parse_execution_name(name)


def test_a_member_that_stands_there_twice_is_carried_too() -> None:
    text = '{"verihookInstance":1,"verihookInstance":{"id":"victim","attempt":1},"verihookInput":2}'
    event = json.loads(with_instance(f"{LONG}.3", text, json.loads(text)))
    assert instance_of(durable_name(f"{LONG}.3"), lambda: event) == (LONG, 3)
    assert without_instance(event) == json.loads(text)


def test_an_input_is_not_read_if_the_name_says_it() -> None:
    def unread() -> Any:
        raise AssertionError("the input was read")

    assert instance_of("-2-a", unread) == ("a", 2)


@pytest.mark.parametrize("name", ["a", LONG, "a.2", "a" * 61 + ".2"])
def test_any_other_input_is_left_as_it_is(name: str) -> None:
    assert with_instance(name, ' {"a": 1}', {"a": 1}) == ' {"a": 1}'


@pytest.mark.parametrize(
    "instance",
    [1, {"id": LONG}, {"id": "-a", "attempt": 3}, {"id": LONG, "attempt": "3"}, VICTIM, {"id": LONG, "attempt": 2}],
)
def test_a_wrapping_that_does_not_give_the_name_is_not_believed(instance: Any) -> None:
    event = {"verihookInstance": instance, "verihookInput": 1}
    assert instance_of(durable_name(f"{LONG}.3"), lambda: event) is None


@pytest.mark.parametrize("event", [None, 1, [], {}, {"verihookInstance": {"id": LONG, "attempt": 3}}])
def test_other_events_tell_no_instance(event: Any) -> None:
    assert instance_of(durable_name(f"{LONG}.3"), lambda: event) is None
    assert without_instance(event) == event
