"""The lines that a record of the log becomes. tests/flows/test_workflow_log.py reads those of a server."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from verihook.local.workflow_log import SDK, say_end, workflow_log
from verihook.local.workflow_log import said as said_by
from verihook.worker.current_instance import INSTANCE

ARN = "arn:aws:lambda:us-east-1:123456789012:function:charge:$LATEST/durable-execution/{}/0"


@contextmanager
def running(instance_id: str) -> Iterator[None]:
    token = INSTANCE.set(instance_id)
    yield
    INSTANCE.reset(token)


def said(record: logging.LogRecord) -> str:
    return said_by(record, "/workflows/")


def record(level: int, name: str, text: object, *values: object, **more: Any) -> logging.LogRecord:
    made = logging.LogRecord(name, level, "file.py", 1, text, values, None)
    for key, value in more.items():
        setattr(made, key, value)
    return made


def test_below_a_warning_the_code_of_an_instance_alone() -> None:
    for name, shown in (("mine", True), ("mine.part", True), ("botocore.credentials", False), ("verihook.x", False)):
        assert "" == said(record(logging.INFO, name, "a"))
        assert said(record(logging.WARNING, name, "a"))
        with running("a1"):
            assert shown is bool(said(record(logging.INFO, name, "a")))
    with running("a1"):
        assert "[a1] INFO mine: a\n" == said(record(logging.INFO, "mine", "a"))
    # A thread that the operator's code has begun has no instance.
    assert "INFO mine: a\n" == said(record(logging.INFO, "mine", "a", pathname="/workflows/mine.py"))


@pytest.mark.parametrize(
    ("name", "instance"), [("order-7", "order-7"), ("-2-order-7", "order-7"), ("--2-0f", "--2-0f")]
)
def test_what_a_durable_workflow_logs_has_its_instance_and_step(name: str, instance: str) -> None:
    extra = {"executionArn": ARN.format(name), "operationName": "Charge"}
    assert f"[{instance}] INFO Charge: a\n" == said(record(logging.INFO, "root", "a", **extra))


def test_a_message_begins_no_line_and_any_message_is_said() -> None:
    with running("a1"):
        forged = said(record(logging.INFO, "mine", "%s", "a\n202 orders accepted\r\x1b[2J\u2028b \ud800"))
        assert ["[a1] INFO mine: a", "    202 orders accepted"] == forged.splitlines()[:2]
        assert "\x1b" not in forged
        assert forged.encode()
        assert "[a1] INFO mine: %d\n" == said(record(logging.INFO, "mine", "%d", "no number"))
        assert len(said(record(logging.INFO, "mine", "a\n" * 10_000)).splitlines()) == 51


@pytest.mark.parametrize(
    ("text", "values", "told"),
    [("Step failed id: %s, name: %s", ("1", "Charge"), "step 'Charge' failed"), ("failed", (), "the workflow failed")],
)
def test_what_a_durable_workflow_raised_has_step_file_and_line(text: str, values: tuple[str, ...], told: str) -> None:
    def take() -> None:
        raise ValueError("no\nmoney")

    try:
        take()
    except ValueError:
        made = record(logging.ERROR, f"{SDK}.state", text, *values, executionArn=ARN.format("a1"))
        made.exc_info = sys.exc_info()
    first, *frames = said(made).splitlines()
    assert f"! [a1] {told}: ValueError: no\N{REPLACEMENT CHARACTER}money" == first
    assert frames[-1].startswith(f'    File "{__file__}", line ')
    assert frames[-1].endswith('in take: raise ValueError("no\\nmoney")')


def test_an_ended_execution_is_said_in_words(caplog: pytest.LogCaptureFixture) -> None:
    durable = {"durableExecutionArn": ARN.format("-2-a1"), "functionArn": ARN.partition("/")[0]}
    say_end(durable | {"status": "FAILED", "Error": {"ErrorType": "NoMoney", "ErrorMessage": "none"}})
    say_end(durable | {"status": "STOPPED", "Error": None})
    machine = {"stateMachineArn": "arn:aws:states:us-east-1:1:stateMachine:review", "name": "a1.2"}
    say_end(machine | {"status": "TIMED_OUT", "error": None, "cause": None})
    assert ["! [a1] charge failed: NoMoney: none\n", "! [a1] review timed_out\n"] == [said(it) for it in caplog.records]


def test_it_raises_nothing_and_leaves_the_log_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.getLogger()
    before = root.level, list(root.handlers)
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    with workflow_log(Path()):
        logging.getLogger("mine").warning("said")
        stream.close()
        logging.getLogger("mine").warning("lost")
    assert before == (root.level, list(root.handlers))
