"""The operations of the Step Functions API that one machine offers: parameters in, answer out, ApiError otherwise.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_Operations.html
"""

from __future__ import annotations

import json
import sqlite3
import time
import uuid
from collections.abc import Callable
from typing import Any

from verihook.local.runner.arns import ARN_PREFIX, execution_arn, express_arn, parse_execution_arn
from verihook.local.runner.door.machines import Machines
from verihook.local.runner.door.map_runs import MapRuns
from verihook.local.runner.door.pages import Answer, page, paged, present
from verihook.local.runner.door.tasks import Tasks
from verihook.local.runner.door.validation import ApiError, check_input, check_name, optional_text, text
from verihook.local.runner.express import Closing, Express
from verihook.local.runner.rows import Entry, Taken
from verihook.local.runner.runner import Runner

#: An execution can be redriven for so long after its end.
#: https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
_REDRIVABLE_MS = 14 * 86_400_000
_REDRIVABLE = frozenset({"FAILED", "ABORTED", "TIMED_OUT"})


class Operations:
    """The API. Safe to use from any thread."""

    def __init__(self, runner: Runner, express: Express) -> None:
        self._runner = runner
        self._store = runner.store
        self._express = express
        self.machines = Machines(runner, express)
        tasks, map_runs = Tasks(runner, self.machines), MapRuns(runner)
        self._table: dict[str, Callable[[dict[str, Any]], Answer]] = {
            "CreateStateMachine": self.machines.create,
            "UpdateStateMachine": self.machines.update,
            "DescribeStateMachine": self.machines.describe,
            "ListStateMachines": self.machines.list,
            "ValidateStateMachineDefinition": self.machines.validate,
            "StartExecution": self._start,
            "StartSyncExecution": self._run,
            "DescribeExecution": self._describe,
            "StopExecution": self._stop,
            "RedriveExecution": self._redrive,
            "ListExecutions": self._list,
            "GetExecutionHistory": self._history,
            "ListMapRuns": map_runs.list,
            "DescribeMapRun": map_runs.describe,
            "UpdateMapRun": map_runs.update,
            "GetActivityTask": tasks.take,
            "SendTaskSuccess": tasks.success,
            "SendTaskFailure": tasks.failure,
            "SendTaskHeartbeat": tasks.heartbeat,
        }

    def answer(self, operation: str, parameters: dict[str, Any]) -> Answer:
        """Do it. Raises ApiError: UnknownOperationException for what is not offered here."""
        act = self._table.get(operation)
        if act is None:
            raise ApiError("UnknownOperationException", f"{operation} is not offered on one machine")
        try:
            return act(parameters)
        except sqlite3.Error as error:
            # Nothing was done, and the client tries again.
            raise ApiError("ServiceUnavailable", f"{self._store.path} cannot be used: {error}", 503) from error
        except Closing as error:
            raise ApiError("ServiceUnavailable", str(error), 503) from error

    def _start(self, parameters: dict[str, Any]) -> Answer:
        """Written before it is called. The same name and input while it runs: the same answer, and no second run."""
        machine = self.machines.find(text(parameters, "stateMachineArn"))
        name, document = _asked(parameters)
        if machine.express:
            arn = express_arn(machine.name, name)
            self._express.start(machine.name, name, document, arn)
            return {"executionArn": arn, "startDate": time.time()}
        arn = execution_arn(machine.name, name)
        try:
            entry = self._runner.start(machine.name, name, document)
        except Taken as taken:
            raise ApiError("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'") from taken
        return {"executionArn": arn, "startDate": entry.started_at / 1000}

    def _run(self, parameters: dict[str, Any]) -> Answer:
        """StartSyncExecution: Express machines only; the name is taken as often as it is given."""
        machine = self.machines.find(text(parameters, "stateMachineArn"))
        if not machine.express:
            raise ApiError("StateMachineTypeNotSupported", "This operation is not supported by this type")
        name, document = _asked(parameters)
        arn, started_at = express_arn(machine.name, name), time.time()
        end = self._express.run(machine.name, name, document, arn)
        output = json.dumps(end.output, separators=(",", ":")) if end.status == "SUCCEEDED" else None
        return {
            "executionArn": arn,
            "stateMachineArn": ARN_PREFIX + machine.name,
            "name": name,
            "startDate": started_at,
            "stopDate": time.time(),
            "status": end.status,
            "input": document,
            "inputDetails": {"included": True},
        } | present(
            output=output,
            outputDetails=None if output is None else {"included": True},
            error=end.error,
            cause=end.cause,
        )

    def _describe(self, parameters: dict[str, Any]) -> Answer:
        entry = self._entry(text(parameters, "executionArn"))
        answer = _item(entry) | {"input": entry.input, "inputDetails": {"included": True}}
        if entry.output is not None:
            answer |= {"output": entry.output, "outputDetails": {"included": True}}
        reason = _not_redrivable(entry)
        answer["redriveStatus"] = "NOT_REDRIVABLE" if reason else "REDRIVABLE"
        return answer | present(error=entry.error, cause=entry.cause, redriveStatusReason=reason)

    def _stop(self, parameters: dict[str, Any]) -> Answer:
        entry = self._entry(text(parameters, "executionArn"))
        if entry.stopped_at is None:
            self._runner.stop(entry.key, optional_text(parameters, "error"), optional_text(parameters, "cause"))
            entry = self._entry(text(parameters, "executionArn"))
        return {"stopDate": time.time() if entry.stopped_at is None else entry.stopped_at / 1000}

    def _redrive(self, parameters: dict[str, Any]) -> Answer:
        """From the state it failed in, with that state's input, by the definition that it was started with.

        The same client token again is the same redrive, which has begun and may have ended since: the same answer.
        """
        entry = self._entry(text(parameters, "executionArn"))
        token = optional_text(parameters, "clientToken")
        if token and token == self._store.redriven_by(entry.key):
            return {"redriveDate": (entry.redriven_at or entry.started_at) / 1000}
        reason = _not_redrivable(entry)
        if reason or not self._runner.redrive(entry.key, token):
            raise ApiError("ExecutionNotRedrivable", reason or "Execution is RUNNING, or its definition is refused")
        again = self._entry(text(parameters, "executionArn"))
        return {"redriveDate": (again.redriven_at or again.started_at) / 1000}

    def _list(self, parameters: dict[str, Any]) -> Answer:
        machine = self.machines.find(text(parameters, "stateMachineArn"))
        start, size = page(parameters)
        entries = self._store.of_machine(machine.name, optional_text(parameters, "statusFilter"), size + 1, start)
        return paged("executions", [_item(entry) for entry in entries], start, size)

    def _history(self, parameters: dict[str, Any]) -> Answer:
        entry = self._entry(text(parameters, "executionArn"))
        events = self._store.history(entry.key)
        if parameters.get("includeExecutionData") is False:
            events = _without_data(events)
        if parameters.get("reverseOrder"):
            events.reverse()
        start, size = page(parameters)
        return paged("events", events[start : start + size + 1], start, size)

    def _entry(self, arn: str) -> Entry:
        key = parse_execution_arn(arn)
        entry = self._store.get(key) if key else None
        if entry is None:
            if not arn.startswith("arn:") or arn.split(":")[5:6] == ["express"]:
                raise ApiError("InvalidArn", f"Invalid Arn: '{arn}'")
            raise ApiError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
        return entry


def _asked(parameters: dict[str, Any]) -> tuple[str, str]:
    """Name and input, checked."""
    document = text({"input": "{}"} | parameters, "input")
    name = text({"name": str(uuid.uuid4())} | parameters, "name")
    check_name(name)
    check_input(document)
    return name, document


def _without_data(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    data = ("input", "output")
    return [
        {
            key: {name: value for name, value in details.items() if name not in data}
            if isinstance(details, dict)
            else details
            for key, details in event.items()
        }
        for event in events
    ]


def _not_redrivable(entry: Entry) -> str | None:
    """AWS's words for why it cannot be redriven; None if it can."""
    if entry.status not in _REDRIVABLE:
        return f"Execution is {entry.status} and cannot be redriven"
    if (entry.stopped_at or 0) < time.time() * 1000 - _REDRIVABLE_MS:
        return "Execution has exceeded the redrivable period"
    return None


def _item(entry: Entry) -> Answer:
    item: Answer = {
        "executionArn": execution_arn(entry.machine, entry.name),
        "stateMachineArn": ARN_PREFIX + entry.machine,
        "name": entry.name,
        "status": entry.status,
        "startDate": entry.started_at / 1000,
        "redriveCount": entry.redrives,
    }
    return item | present(
        stopDate=None if entry.stopped_at is None else entry.stopped_at / 1000,
        redriveDate=None if entry.redriven_at is None else entry.redriven_at / 1000,
    )
