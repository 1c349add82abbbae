"""The operations of the Step Functions API that one machine offers: parameters in, answer out, ApiError otherwise.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_Operations.html
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from verihook.local.interpreter import history
from verihook.local.interpreter.arns import ARN_PREFIX, ROLE, execution_arn, parse_execution_arn, parse_machine_arn
from verihook.local.interpreter.definition import Definition, DefinitionError, compile_definition
from verihook.local.interpreter.executions import Executions, now_ms
from verihook.local.interpreter.journal import Entry, Journal
from verihook.local.interpreter.tasks import Tasks
from verihook.local.interpreter.validation import ApiError, check_input, check_name, optional_text, same_json, text

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Machine:
    """A state machine. Times in milliseconds since the epoch."""

    name: str
    definition: Definition
    role: str
    created_at: int
    updated_at: int


class Operations:
    """The API. ``answer`` is called by the endpoint's threads."""

    def __init__(self, journal: Journal, executions: Executions) -> None:
        self._journal = journal
        self._executions = executions
        self._machines: dict[str, Machine] = {}
        self._lock = threading.Lock()
        tasks = Tasks(executions)
        self._table: dict[str, Callable[[dict[str, Any]], Answer]] = {
            "CreateStateMachine": self._create_machine,
            "UpdateStateMachine": self._update_machine,
            "DescribeStateMachine": self._describe_machine,
            "ListStateMachines": self._list_machines,
            "StartExecution": self._start,
            "DescribeExecution": self._describe,
            "StopExecution": self._stop,
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

    def put_machine(self, name: str, asl: str, role: str = ROLE) -> Machine:
        """Create or update a machine; running executions go on with the definition they have. DefinitionError."""
        check_name(name)
        definition = compile_definition(asl)
        at = now_ms()
        with self._lock:
            before = self._machines.get(name)
            machine = Machine(name, definition, role, before.created_at if before else at, at)
            self._machines[name] = machine
        return machine

    def resume(self) -> int:
        """Run again what has no end in the journal and a machine here; the number of them."""
        count = 0
        for entry in self._journal.running():
            machine = self._machines.get(entry.machine)
            if machine is not None and self._executions.run(entry, machine.definition):
                count += 1
        return count

    def _create_machine(self, parameters: dict[str, Any]) -> Answer:
        name, asl, role = text(parameters, "name"), text(parameters, "definition"), text(parameters, "roleArn")
        if parameters.get("type", "STANDARD") != "STANDARD":
            raise ApiError("StateMachineTypeNotSupported", "Only STANDARD state machines run on one machine")
        machine = self._machines.get(name)
        if machine is None:
            machine = self._put(name, asl, role)
        elif (machine.definition.asl, machine.role) != (asl, role):
            raise ApiError("StateMachineAlreadyExists", f"State Machine Already Exists: '{ARN_PREFIX}{name}'")
        return {"stateMachineArn": ARN_PREFIX + name, "creationDate": machine.created_at / 1000}

    def _update_machine(self, parameters: dict[str, Any]) -> Answer:
        machine = self._machine(text(parameters, "stateMachineArn"))
        asl = optional_text(parameters, "definition") or machine.definition.asl
        updated = self._put(machine.name, asl, optional_text(parameters, "roleArn") or machine.role)
        return {"updateDate": updated.updated_at / 1000}

    def _put(self, name: str, asl: str, role: str) -> Machine:
        try:
            return self.put_machine(name, asl, role)
        except DefinitionError as error:
            raise ApiError("InvalidDefinition", f"Invalid State Machine Definition: '{error}'") from error

    def _describe_machine(self, parameters: dict[str, Any]) -> Answer:
        machine = self._machine(text(parameters, "stateMachineArn"))
        return {
            "stateMachineArn": ARN_PREFIX + machine.name,
            "name": machine.name,
            "status": "ACTIVE",
            "definition": machine.definition.asl,
            "roleArn": machine.role,
            "type": "STANDARD",
            "creationDate": machine.created_at / 1000,
        }

    def _list_machines(self, parameters: dict[str, Any]) -> Answer:
        machines = sorted(self._machines.values(), key=lambda machine: (machine.created_at, machine.name))
        items = [
            {
                "stateMachineArn": ARN_PREFIX + machine.name,
                "name": machine.name,
                "type": "STANDARD",
                "creationDate": machine.created_at / 1000,
            }
            for machine in machines
        ]
        start, size = _page(parameters)
        return _paged("stateMachines", items[start : start + size + 1], start, size)

    def _start(self, parameters: dict[str, Any]) -> Answer:
        """Journalled before it runs. The same name and input while it runs: the same answer, and no second run."""
        machine = self._machine(text(parameters, "stateMachineArn"))
        document = text({"input": "{}"} | parameters, "input")
        name = text({"name": str(uuid.uuid4())} | parameters, "name")
        check_name(name)
        check_input(document)
        entry = Entry(machine.name, name, document, now_ms())
        taken = self._journal.accept(entry)
        arn = execution_arn(machine.name, name)
        if taken is not None:
            if taken.status != "RUNNING" or not same_json(taken.input, document):
                raise ApiError("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'")
            entry = taken
        else:
            self._run(entry, machine)
        return {"executionArn": arn, "startDate": entry.started_at / 1000}

    def _run(self, entry: Entry, machine: Machine) -> None:
        try:
            self._executions.run(entry, machine.definition)
        except BaseException:
            self._journal.forget(entry.machine, entry.name)
            raise

    def _describe(self, parameters: dict[str, Any]) -> Answer:
        entry = self._entry(text(parameters, "executionArn"))
        answer = _item(entry) | {"input": entry.input, "inputDetails": {"included": True}}
        if entry.output is not None:
            answer |= {"output": entry.output, "outputDetails": {"included": True}}
        return answer | _present(error=entry.error, cause=entry.cause)

    def _stop(self, parameters: dict[str, Any]) -> Answer:
        entry = self._entry(text(parameters, "executionArn"))
        if entry.stopped_at is None:
            self._executions.stop(entry, optional_text(parameters, "error"), optional_text(parameters, "cause"))
            entry = self._entry(text(parameters, "executionArn"))
        return {"stopDate": (entry.stopped_at or now_ms()) / 1000}

    def _list(self, parameters: dict[str, Any]) -> Answer:
        machine = self._machine(text(parameters, "stateMachineArn"))
        start, size = _page(parameters)
        entries = self._journal.of_machine(machine.name, optional_text(parameters, "statusFilter"), size + 1, start)
        return _paged("executions", [_item(entry) for entry in entries], start, size)

    def _history(self, parameters: dict[str, Any]) -> Answer:
        entry = self._entry(text(parameters, "executionArn"))
        environment = self._executions.environment(entry)
        packed = self._journal.history(entry.machine, entry.name)
        events = history.unpack(packed) if packed else history.of(environment) if environment else []
        if parameters.get("reverseOrder"):
            events.reverse()
        start, size = _page(parameters)
        return _paged("events", events[start : start + size + 1], start, size)

    def _machine(self, arn: str) -> Machine:
        machine = self._machines.get(parse_machine_arn(arn) or "")
        if machine is None:
            if not arn.startswith("arn:"):
                raise ApiError("InvalidArn", f"Invalid Arn: '{arn}'")
            raise ApiError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
        return machine

    def _entry(self, arn: str) -> Entry:
        key = parse_execution_arn(arn)
        entry = self._journal.get(*key) if key else None
        if entry is None:
            if not arn.startswith("arn:"):
                raise ApiError("InvalidArn", f"Invalid Arn: '{arn}'")
            raise ApiError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
        return entry


def _item(entry: Entry) -> Answer:
    item: Answer = {
        "executionArn": execution_arn(entry.machine, entry.name),
        "stateMachineArn": ARN_PREFIX + entry.machine,
        "name": entry.name,
        "status": entry.status,
        "startDate": entry.started_at / 1000,
    }
    return item if entry.stopped_at is None else item | {"stopDate": entry.stopped_at / 1000}


def _present(**values: str | None) -> Answer:
    return {key: value for key, value in values.items() if value is not None}


def _page(parameters: dict[str, Any]) -> tuple[int, int]:
    """(offset, size) from nextToken and maxResults, where 0 or nothing means 100."""
    token = optional_text(parameters, "nextToken") or "0"
    if not (token.isascii() and token.isdigit()):
        raise ApiError("InvalidToken", f"Invalid Token: '{token}'")
    return int(token), min(int(parameters.get("maxResults") or 100), 1000)


def _paged(key: str, items: list[Any], start: int, size: int) -> Answer:
    """``items`` holds one more than the page where there is a next one."""
    return {key: items[:size]} | _present(nextToken=str(start + size) if len(items) > size else None)
