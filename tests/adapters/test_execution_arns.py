"""Which executions are of a definition, by their ARNs."""

from __future__ import annotations

from typing import Any, cast

import pytest

from verihook.adapters.clock import SystemClock
from verihook.adapters.engines.durable import DurableEngine
from verihook.adapters.engines.function import FunctionEngine
from verihook.adapters.engines.stepfunctions import StepFunctionsEngine

NOTHING = cast(Any, None)
STATES = "arn:aws:states:eu-west-1:123456789012"
LAMBDA = "arn:aws:lambda:eu-west-1:123456789012:function"


@pytest.mark.parametrize(
    ("definition", "execution", "is_one"),
    [
        ("pay", f"{STATES}:execution:stack-pay:a", True),
        ("pay", f"{STATES}:execution:stack-pay:a.2", True),
        (f"{STATES}:stateMachine:other:3", f"{STATES}:execution:other:a", True),
        ("pay", f"{STATES}:execution:stack-payroll:a", False),
        ("pay", f"{STATES}:execution:pay:a", False),
        ("pay", "arn:aws:states:eu-west-1:999999999999:execution:stack-pay:a", False),
        ("pay", "a", False),
    ],
)
def test_of_a_state_machine(definition: str, execution: str, is_one: bool) -> None:
    engine = StepFunctionsEngine(NOTHING, f"{STATES}:stateMachine:stack-")
    assert is_one == engine.owns(definition, execution)


@pytest.mark.parametrize(
    ("definition", "execution", "is_one"),
    [
        ("pay", f"{LAMBDA}:stack-pay:live/durable-execution/a/1", True),
        ("pay", f"{LAMBDA}:stack-pay:7/durable-execution/--2-00/1", True),
        (f"{LAMBDA}:other:live", f"{LAMBDA}:other:3/durable-execution/a/1", True),
        ("pay", f"{LAMBDA}:stack-payroll:live/durable-execution/a/1", False),
        ("pay", f"{LAMBDA}:pay:live/durable-execution/a/1", False),
        ("pay", "a", False),
    ],
)
def test_of_a_durable_function(definition: str, execution: str, is_one: bool) -> None:
    assert is_one == DurableEngine(NOTHING, "stack-").owns(definition, execution)


def test_a_function_has_none() -> None:
    engine = FunctionEngine(NOTHING, SystemClock(), lambda *_: None)
    assert not engine.owns("pay", f"{LAMBDA}:pay:live/durable-execution/a/1")
