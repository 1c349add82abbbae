"""The tokens of a state machine and the answers to them, when the process dies at any moment."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

from tests.flows.waiting import wait_until
from tests.unit.local.runner.interpreter.deaths import Deaths, alone, ask, copy, machine
from tests.unit.local.runner.interpreter.machines import client_of, end_of, start
from verihook.local.runner import Interpreter
from verihook.local.runner.integrations import Integrations

ROOT = machine(ask("$.orders[0]", HeartbeatSeconds=900))
NESTED = machine(
    {
        "Type": "Parallel",
        "Branches": [
            {
                "StartAt": "Outer",
                "States": {
                    "Outer": {
                        "Type": "Map",
                        "ItemsPath": "$.orders",
                        "ItemProcessor": alone(ask("$")),
                        "End": True,
                    }
                },
            },
            {"StartAt": "Other", "States": {"Other": {**ask("$.other"), "End": True}}},
        ],
    }
)


def words(output: str) -> list[str]:
    """The answers in an output, in order: ["a first", "b first"]."""
    found: Any = json.loads(output)
    while isinstance(found, list) and any(isinstance(each, list) for each in found):
        found = [word for each in found for word in (each if isinstance(each, list) else [each])]
    return found if isinstance(found, list) else [found]


@pytest.mark.parametrize(("asl", "orders"), [(ROOT, ["a"]), (NESTED, ["a", "b", "z"])], ids=["root", "nested"])
def test_a_confirmed_answer_is_used_once_whenever_the_process_dies(tmp_path: Path, asl: str, orders: list[str]) -> None:
    asked: Queue[Any] = Queue()
    document = json.dumps({"orders": [order for order in orders if order != "z"], "other": "z"})
    functions: dict[str, Callable[[Any], Any]] = {"ask": asked.put, "after": lambda event: None}
    first_tokens: dict[str, str] = {}
    (tmp_path / "live").mkdir()
    with Interpreter(tmp_path / "live" / "journal.db", integrations=Integrations(functions)) as first:
        first.deploy({"m": asl})
        deaths, client = Deaths(tmp_path, first), client_of(first)
        arn = start(client, "m", "n", document)
        for _ in orders:
            event = asked.get(timeout=60)
            first_tokens[event["order"]] = event["token"]
        # The last first: a Map that goes through its items again begins with another.
        for order in sorted(orders, reverse=True):
            deaths.answer(client, order, first_tokens[order])
        assert [f"{order} first" for order in orders] == words(end_of(client, arn)["output"])
        first._runner.store._db.set_trace_callback(None)
    assert len(deaths.copies) > 2 * len(orders)
    for (_, confirmed), journal in deaths.copies.items():
        goes_on_after(journal, asl, confirmed, orders, first_tokens)


def goes_on_after(
    journal: Path, asl: str, confirmed: frozenset[str], orders: list[str], tokens: dict[str, str]
) -> None:
    """A next process asks for what was not answered, with the tokens that were given out, and for nothing else."""
    again: dict[str, str] = {}

    def answer_at_once(event: Any) -> None:
        again[event["order"]] = event["token"]
        client.send_task_success(taskToken=event["token"], output=json.dumps(f"{event['order']} second"))

    functions: dict[str, Callable[[Any], Any]] = {"ask": answer_at_once, "after": lambda event: None}
    with Interpreter(journal, integrations=Integrations(functions)) as second:
        calls = second._runner.store._db.execute("SELECT token, made FROM calls WHERE token IS NOT NULL").fetchall()
        waits = {token for token, _ in calls}
        second.deploy({"m": asl})
        client = client_of(second)
        second.resume()
        for order, token in tokens.items():
            # The call was made and taken: it is not made again, and the token that it gave out is good.
            if (token, None) in calls:
                answer_at_once({"order": order, "token": token})
        found = second._runner.store.get(("m", "n"))
        if found is None:
            # It was never accepted.
            assert not confirmed
            return
        end = end_of(client, f"arn:aws:states:us-east-1:123456789012:execution:m:{found.name}")
    assert "SUCCEEDED" == end["status"], end
    assert [f"{order} {'second' if order in again else 'first'}" for order in orders] == words(end["output"])
    assert not confirmed & again.keys()
    assert [] == [order for order, token in again.items() if tokens[order] in waits and tokens[order] != token]


def opened(journal: Path, asl: str, ask: Callable[[Any], Any]) -> tuple[Interpreter, Any]:
    interpreter = Interpreter(journal, integrations=Integrations({"ask": ask, "after": lambda event: None}))
    interpreter.start()
    interpreter.deploy({"m": asl})
    return interpreter, client_of(interpreter)


def test_a_token_is_good_in_the_next_process_before_and_after_its_machine_runs(tmp_path: Path) -> None:
    asked: Queue[Any] = Queue()
    (tmp_path / "live").mkdir()
    first, client = opened(tmp_path / "live" / "journal.db", ROOT, asked.put)
    arn = start(client, "m", "n", '{"orders": ["a"]}')
    token = asked.get(timeout=60)["token"]
    wait_until(lambda: not first.busy())
    journal = copy(first._store_path, tmp_path / "copy")
    other = copy(first._store_path, tmp_path / "other")
    first.close()

    second, client = opened(journal, ROOT, asked.put)
    client.send_task_heartbeat(taskToken=token)
    client.send_task_success(taskToken=token, output='"early"')
    for act in (
        lambda: client.send_task_success(taskToken=token, output="2"),
        lambda: client.send_task_failure(taskToken=token),
        lambda: client.send_task_heartbeat(taskToken=token),
    ):
        with pytest.raises(client.exceptions.TaskTimedOut):
            act()
    second.resume()
    assert ("SUCCEEDED", '"early"') == ((end := end_of(client, arn))["status"], end["output"])
    kinds = [event["type"] for event in client.get_execution_history(executionArn=arn)["events"]]
    assert (1, 1) == (kinds.count("TaskSubmitted"), kinds.count("TaskStateEntered") - 1)
    assert asked.empty()
    second.close()

    third, client = opened(other, ROOT, asked.put)
    assert 1 == third.resume()
    client.send_task_success(taskToken=token, output='"late"')
    assert '"late"' == end_of(client, arn)["output"]
    third.close()


def test_each_try_keeps_its_token_and_a_failure_is_no_more_forgotten(tmp_path: Path) -> None:
    asked: Queue[Any] = Queue()
    retry = [{"ErrorEquals": ["Busy"], "IntervalSeconds": 1, "MaxAttempts": 1}]
    asl = machine(ask("$.orders[0]", Retry=retry))
    (tmp_path / "live").mkdir()
    first, client = opened(tmp_path / "live" / "journal.db", asl, asked.put)
    arn = start(client, "m", "n", '{"orders": ["a"]}')
    one = asked.get(timeout=60)["token"]
    client.send_task_failure(taskToken=one, error="Busy", cause="later")
    two = asked.get(timeout=60)["token"]
    wait_until(lambda: not first.busy())
    journal = copy(first._store_path, tmp_path / "copy")
    first.close()

    second, client = opened(journal, asl, asked.put)
    second.resume()
    with pytest.raises(client.exceptions.TaskTimedOut):
        client.send_task_success(taskToken=one, output="1")
    # The only retry was used before the process died.
    client.send_task_failure(taskToken=two, error="Busy")
    assert ("FAILED", "Busy") == ((end := end_of(client, arn))["status"], end["error"])
    client.redrive_execution(executionArn=arn)
    three = asked.get(timeout=60)["token"]
    assert three not in (one, two)
    with pytest.raises(client.exceptions.TaskTimedOut):
        client.send_task_success(taskToken=two, output="2")
    wait_until(lambda: not second.busy())
    again = copy(second._store_path, tmp_path / "again")
    second.close()

    third, client = opened(again, asl, asked.put)
    client.send_task_success(taskToken=three, output="3")
    third.resume()
    assert "3" == end_of(client, arn)["output"]
    third.close()


def test_no_answer_is_taken_once_the_time_is_over_also_by_the_next_process(tmp_path: Path) -> None:
    asked: Queue[Any] = Queue()
    catch = [{"ErrorEquals": ["States.Timeout"], "Next": "Late"}]
    states = json.loads(machine(ask("$.orders[0]", TimeoutSeconds=1, Catch=catch)))
    states["States"]["Late"] = {"Type": "Parallel", "Branches": [alone(ask("$.Error"))], "End": True}
    (tmp_path / "live").mkdir()
    first, client = opened(tmp_path / "live" / "journal.db", json.dumps(states), asked.put)
    start(client, "m", "n", '{"orders": ["a"]}')
    # On a busy machine the time may be over before the call has come.
    token = {event["order"]: event["token"] for event in (asked.get(timeout=60) for _ in range(2))}["a"]
    with pytest.raises(client.exceptions.TaskTimedOut):
        client.send_task_success(taskToken=token, output="1")
    journal = copy(first._store_path, tmp_path / "copy")
    first.close()
    second, client = opened(journal, json.dumps(states), asked.put)
    second.resume()
    with pytest.raises(client.exceptions.TaskTimedOut):
        client.send_task_success(taskToken=token, output="1")
    second.close()


@pytest.mark.parametrize("heartbeat", [{}, {"HeartbeatSeconds": 1}])
def test_an_answer_within_the_call_is_used_also_if_the_call_fails(tmp_path: Path, heartbeat: dict[str, int]) -> None:
    calls: list[str] = []

    def answer_and_fail(event: Any) -> None:
        calls.append(event["token"])
        client.send_task_success(taskToken=event["token"], output="5")
        raise ValueError("after the answer") if not heartbeat else ValueError

    def answer(event: Any) -> None:
        calls.append(event["token"])
        client.send_task_success(taskToken=event["token"], output="5")

    act = answer if heartbeat else answer_and_fail
    interpreter, client = opened(tmp_path / "journal.db", machine(ask("$.orders[0]", **heartbeat)), act)
    arn = start(client, "m", "n", '{"orders": ["a"]}')
    assert ("SUCCEEDED", "5") == ((end := end_of(client, arn))["status"], end.get("output"))
    assert 1 == len(calls)
    interpreter.close()


def test_a_branch_that_was_stopped_takes_no_answer(tmp_path: Path) -> None:
    asked: Queue[Any] = Queue()
    other = {"StartAt": "Other", "States": {"Other": {**ask("$.other"), "End": True}}}
    caught = {"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Rest"}]}
    both = {"Type": "Parallel", "Branches": [alone(ask("$.orders[0]")), other], **caught}
    states = json.loads(machine(both))
    rest = {"StartAt": "Last", "States": {"Last": {"Type": "Wait", "Seconds": 60, "End": True}}}
    states["States"]["Rest"] = {"Type": "Pass", "Next": "Map"}
    states["States"]["Map"] = {"Type": "Parallel", "Branches": [rest], "End": True}
    interpreter, client = opened(tmp_path / "journal.db", json.dumps(states), asked.put)
    arn = start(client, "m", "n", '{"orders": ["a"], "other": "z"}')
    tokens = {event["order"]: event["token"] for event in (asked.get(timeout=60) for _ in range(2))}
    client.send_task_failure(taskToken=tokens["a"], error="Declined")
    entered = "WaitStateEntered"
    wait_until(lambda: entered in [event["type"] for event in client.get_execution_history(executionArn=arn)["events"]])
    with pytest.raises(client.exceptions.TaskTimedOut):
        client.send_task_success(taskToken=tokens["z"], output="1")
    client.stop_execution(executionArn=arn)
    interpreter.close()
