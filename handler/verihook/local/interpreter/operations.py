"""The operations of the Step Functions API that one machine offers: parameters in, answer out, ApiError otherwise.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_Operations.html
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from verihook.local.interpreter import history
from verihook.local.interpreter.arns import ARN_PREFIX, execution_arn, express_arn, parse_execution_arn
from verihook.local.interpreter.environment import now_ms
from verihook.local.interpreter.executions import Executions
from verihook.local.interpreter.journal import Entry, Journal
from verihook.local.interpreter.machines import Machine, Machines
from verihook.local.interpreter.pages import Answer, page, paged, present
from verihook.local.interpreter.tasks import Tasks
from verihook.local.interpreter.validation import ApiError, check_input, check_name, optional_text, same_json, text

#: An execution can be redriven for so long after its end.
#: https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
_REDRIVABLE_MS = 14 * 86_400_000
_REDRIVABLE = frozenset({"FAILED", "ABORTED", "TIMED_OUT"})


class Operations:
    """The API. ``answer`` is called by the endpoint's threads."""

    def __init__(self, journal: Journal, executions: Executions) -> None:
        self._journal = journal
        self._executions = executions
        self.machines = Machines()
        tasks = Tasks(journal, executions)
        self._table: dict[str, Callable[[dict[str, Any]], Answer]] = {
            "CreateStateMachine": self.machines.create,
            "UpdateStateMachine": self.machines.update,
            "DescribeStateMachine": self.machines.describe,
            "ListStateMachines": self.machines.list,
            "StartExecution": self._start,
            "StartSyncExecution": self._run,
            "DescribeExecution": self._describe,
            "StopExecution": self._stop,
            "RedriveExecution": self._redrive,
            "ListExecutions": self._list,
            "GetExecutionHistory": self._history,
            "SendTaskSuccess": tasks.success,
            "SendTaskFailure": tasks.failure,
            "SendTaskHeartbeat": tasks.heartbeat,
        }

    def answer(self, operation: str, parameters: dict[str, Any]) -> Answer:
        """Do it. ApiError UnknownOperationException for what is not offered here."""
        act = self._table.get(operation)
        if act is None:
            raise ApiError("UnknownOperationException", f"{operation} is not offered on one machine")
        return act(parameters)

    def resume(self) -> int:
        """Run again what has no end in the journal and a machine here; the number of them."""
        count = 0
        for entry in self._journal.running():
            machine = self.machines.get(entry.machine)
            if machine is not None and self._executions.run(entry, machine.definition, again=True):
                count += 1
        return count

    def _start(self, parameters: dict[str, Any]) -> Answer:
        """Journalled before it runs. The same name and input while it runs: the same answer, and no second run."""
        machine = self.machines.find(text(parameters, "stateMachineArn"))
        entry = _entry_of(machine, parameters)
        if machine.express:
            self._executions.start_express(entry, machine.definition)
            return {"executionArn": express_arn(machine.name, entry.name), "startDate": entry.started_at / 1000}
        taken = self._journal.accept(entry)
        arn = execution_arn(machine.name, entry.name)
        if taken is not None:
            if taken.status != "RUNNING" or not same_json(taken.input, entry.input):
                raise ApiError("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'")
            entry = taken
        else:
            self._begin(entry, machine)
        return {"executionArn": arn, "startDate": entry.started_at / 1000}

    def _begin(self, entry: Entry, machine: Machine) -> None:
        try:
            self._executions.run(entry, machine.definition)
        except BaseException:
            self._journal.forget(entry.machine, entry.name)
            raise

    def _run(self, parameters: dict[str, Any]) -> Answer:
        """StartSyncExecution: Express machines only; the name is taken as often as it is given."""
        machine = self.machines.find(text(parameters, "stateMachineArn"))
        if not machine.express:
            raise ApiError("StateMachineTypeNotSupported", "This operation is not supported by this type")
        entry = _entry_of(machine, parameters)
        end = self._executions.run_express(entry, machine.definition)
        return {
            "executionArn": express_arn(machine.name, entry.name),
            "stateMachineArn": ARN_PREFIX + machine.name,
            "name": entry.name,
            "startDate": entry.started_at / 1000,
            "stopDate": end.stopped_at / 1000,
            "status": end.status,
            "input": entry.input,
            "inputDetails": {"included": True},
        } | present(
            output=end.output,
            outputDetails=None if end.output is None else {"included": True},
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
            self._executions.stop(entry, optional_text(parameters, "error"), optional_text(parameters, "cause"))
            entry = self._entry(text(parameters, "executionArn"))
        return {"stopDate": (entry.stopped_at or now_ms()) / 1000}

    def _redrive(self, parameters: dict[str, Any]) -> Answer:
        """From the state it failed in, with that state's input, by the machine as it is deployed now.

        The same client token again is the same redrive, which has begun and may have ended since: the same answer.
        """
        entry = self._entry(text(parameters, "executionArn"))
        token = optional_text(parameters, "clientToken")
        if token and token == self._journal.redriven_by(entry.machine, entry.name):
            return {"redriveDate": (entry.redriven_at or entry.started_at) / 1000}
        machine = self.machines.get(entry.machine)
        reason = _not_redrivable(entry) or (None if machine else "Its state machine does not exist")
        at = now_ms()
        redriven = None if reason else self._journal.redrive(entry.machine, entry.name, at, token)
        if redriven is None or machine is None:
            raise ApiError("ExecutionNotRedrivable", f"{reason or 'Execution is RUNNING'}")
        self._executions.run(redriven, machine.definition, again=True)
        return {"redriveDate": at / 1000}

    def _list(self, parameters: dict[str, Any]) -> Answer:
        machine = self.machines.find(text(parameters, "stateMachineArn"))
        start, size = page(parameters)
        entries = self._journal.of_machine(machine.name, optional_text(parameters, "statusFilter"), size + 1, start)
        return paged("executions", [_item(entry) for entry in entries], start, size)

    def _history(self, parameters: dict[str, Any]) -> Answer:
        entry = self._entry(text(parameters, "executionArn"))
        environment = self._executions.environment(entry)
        packed = self._journal.history(entry.machine, entry.name)
        events = history.unpack(packed) if packed else history.of(environment) if environment else []
        if parameters.get("includeExecutionData") is False:
            events = history.without_data(events)
        if parameters.get("reverseOrder"):
            events.reverse()
        start, size = page(parameters)
        return paged("events", events[start : start + size + 1], start, size)

    def _entry(self, arn: str) -> Entry:
        key = parse_execution_arn(arn)
        entry = self._journal.get(*key) if key else None
        if entry is None:
            if not arn.startswith("arn:") or arn.split(":")[5:6] == ["express"]:
                raise ApiError("InvalidArn", f"Invalid Arn: '{arn}'")
            raise ApiError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
        return entry


def _entry_of(machine: Machine, parameters: dict[str, Any]) -> Entry:
    document = text({"input": "{}"} | parameters, "input")
    name = text({"name": str(uuid.uuid4())} | parameters, "name")
    check_name(name)
    check_input(document)
    return Entry(machine.name, name, document, now_ms())


def _not_redrivable(entry: Entry) -> str | None:
    """AWS's words for why it cannot be redriven; None if it can."""
    if entry.status not in _REDRIVABLE:
        return f"Execution is {entry.status} and cannot be redriven"
    if (entry.stopped_at or 0) < now_ms() - _REDRIVABLE_MS:
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
