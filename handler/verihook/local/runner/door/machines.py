"""The state machines of one machine, and the operations on them.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any

from verihook.local.runner.arns import ARN_PREFIX, ROLE, parse_machine_arn
from verihook.local.runner.door.pages import Answer, page, paged
from verihook.local.runner.door.validation import ApiError, check_name, optional_text, text
from verihook.local.runner.express import Express
from verihook.local.runner.runner import Runner
from verihook.local.states.compiler import validate
from verihook.local.states.data import value_of
from verihook.local.states.errors import Refused
from verihook.local.states.warnings import warnings_of

_KINDS = ("STANDARD", "EXPRESS")


@dataclass(frozen=True, slots=True)
class Machine:
    """A state machine. Times in milliseconds since the epoch."""

    name: str
    asl: str
    role: str
    created_at: int
    updated_at: int
    express: bool = False

    @property
    def kind(self) -> str:
        """AWS's word."""
        return "EXPRESS" if self.express else "STANDARD"


class Machines:
    """Machines by name. They live in memory: who starts the process deploys them."""

    def __init__(self, runner: Runner, express: Express) -> None:
        self._runner = runner
        self._express = express
        self._machines: dict[str, Machine] = {}
        self._lock = threading.Lock()

    def put(self, name: str, asl: str, role: str = ROLE, *, express: bool = False) -> Machine:
        """Create or update a machine; running executions go on with the definition they have. Refused."""
        check_name(name)
        (self._express if express else self._runner).deploy(name, asl)
        at = time.time_ns() // 1_000_000
        with self._lock:
            before = self._machines.get(name)
            machine = Machine(name, asl, role, before.created_at if before else at, at, express)
            self._machines[name] = machine
        return machine

    def get(self, name: str) -> Machine | None:
        """The machine of this name."""
        return self._machines.get(name)

    def have_activity(self, name: str) -> bool:
        """Whether a task of a machine is of the activity."""
        return any(f':activity:{name}"' in machine.asl for machine in [*self._machines.values()])

    def find(self, arn: str) -> Machine:
        """The machine of this ARN; ApiError InvalidArn, StateMachineDoesNotExist."""
        machine = self._machines.get(parse_machine_arn(arn) or "")
        if machine is None:
            if not arn.startswith("arn:"):
                raise ApiError("InvalidArn", f"Invalid Arn: '{arn}'")
            raise ApiError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
        return machine

    def create(self, parameters: dict[str, Any]) -> Answer:
        """CreateStateMachine: the same again changes nothing."""
        name, asl, role = text(parameters, "name"), text(parameters, "definition"), text(parameters, "roleArn")
        kind = _kind_of(parameters)
        machine = self._machines.get(name)
        if machine is None:
            machine = self._put(name, asl, role, kind == "EXPRESS")
        elif (machine.asl, machine.role, machine.kind) != (asl, role, kind):
            raise ApiError("StateMachineAlreadyExists", f"State Machine Already Exists: '{ARN_PREFIX}{name}'")
        return {"stateMachineArn": ARN_PREFIX + name, "creationDate": machine.created_at / 1000}

    def update(self, parameters: dict[str, Any]) -> Answer:
        """UpdateStateMachine."""
        machine = self.find(text(parameters, "stateMachineArn"))
        asl = optional_text(parameters, "definition") or machine.asl
        updated = self._put(machine.name, asl, optional_text(parameters, "roleArn") or machine.role, machine.express)
        return {"updateDate": updated.updated_at / 1000}

    def describe(self, parameters: dict[str, Any]) -> Answer:
        """DescribeStateMachine."""
        machine = self.find(text(parameters, "stateMachineArn"))
        return _item(machine) | {
            "status": "ACTIVE",
            "definition": machine.asl,
            "roleArn": machine.role,
        }

    def validate(self, parameters: dict[str, Any]) -> Answer:
        """ValidateStateMachineDefinition.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinition.html
        """
        express = _kind_of(parameters) == "EXPRESS"
        asl = text(parameters, "definition")
        findings = validate(asl, express=express)
        if optional_text(parameters, "severity") == "WARNING" and not findings:
            findings = warnings_of(value_of(asl))
        found = [
            {"severity": each.severity, "code": each.code, "message": each.message}
            | ({"location": each.location} if each.location else {})
            for each in findings
        ]
        failed = any(each.severity == "ERROR" for each in findings)
        return {"result": "FAIL" if failed else "OK", "diagnostics": found, "truncated": False}

    def list(self, parameters: dict[str, Any]) -> Answer:
        """ListStateMachines, the oldest first."""
        machines = sorted(self._machines.values(), key=lambda machine: (machine.created_at, machine.name))
        start, size = page(parameters)
        return paged("stateMachines", [_item(machine) for machine in machines[start : start + size + 1]], start, size)

    def _put(self, name: str, asl: str, role: str, express: bool) -> Machine:
        try:
            return self.put(name, asl, role, express=express)
        except Refused as error:
            raise ApiError("InvalidDefinition", str(error)) from error


def _kind_of(parameters: dict[str, Any]) -> str:
    kind = optional_text(parameters, "type") or "STANDARD"
    if kind not in _KINDS:
        raise ApiError("ValidationException", f"1 validation error detected: 'type' must be one of {_KINDS}")
    return kind


def _item(machine: Machine) -> Answer:
    return {
        "stateMachineArn": ARN_PREFIX + machine.name,
        "name": machine.name,
        "type": machine.kind,
        "creationDate": machine.created_at / 1000,
    }
