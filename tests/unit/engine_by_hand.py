"""An engine whose executions are moved by hand, so that a test can say what an engine does and when."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from verihook.errors import EngineRefused, EngineUnavailable, NotSupported
from verihook.model.instance import FINAL, Progress, Status, Step


@dataclass
class EngineByHand:
    """Implements :class:`verihook.model.ports.Engine`.

    ``failing``: the operations that are unavailable; ``lost``: those that are done although their answer is lost.
    """

    max_input: int = 262_144
    keeps_names: bool = True
    continues: bool = True
    executions: dict[str, Progress] = field(default_factory=dict)
    inputs: dict[str, str] = field(default_factory=dict)
    starts: list[str] = field(default_factory=list)
    answers: list[tuple[str, str]] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    failing: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    refusing: bool = False
    pauses: bool = True
    redrives: bool = True
    events: bool = True
    #: The names and tokens of the redrives that were made.
    redriven: list[tuple[str, str]] = field(default_factory=list)
    #: A list of executions may trail: what is not in it is found by its own ARN alone.
    listed: bool = True

    def begin(self, operation: str) -> None:
        self.calls.append(operation)
        if operation in self.failing:
            raise EngineUnavailable("The engine did not answer.")

    def done(self, operation: str) -> None:
        if operation in self.lost:
            raise EngineUnavailable("The answer was lost.")

    def start(self, definition: str, name: str, input: str, connection: str | None = None) -> Status:
        self.begin("start")
        if self.refusing:
            raise EngineRefused("It can never start.")
        fresh = Progress("running")
        # One of two that come at once begins it, as in AWS.
        if self.executions.setdefault(name, fresh) is fresh:
            self.inputs[name] = input
            self.starts.append(name)
        self.done("start")
        return "running"

    def run(self, definition: str, name: str, input: str) -> Progress:
        self.begin("run")
        self.starts.append(name)
        self.done("run")
        return Progress("completed", input)

    def describe(self, definition: str, name: str, arn: str | None = None) -> Progress | None:
        self.begin("describe")
        return self.executions.get(name) if self.listed or arn else None

    def stop(self, definition: str, name: str, cause: str) -> None:
        self.begin("stop")
        if name in self.executions and self.executions[name].status not in FINAL:
            self.executions[name] = Progress("terminated", cause=cause)
        self.done("stop")

    def suspend(self, definition: str, name: str) -> bool:
        self.begin("suspend")
        if not self.pauses:
            raise NotSupported("The engine by hand cannot suspend.")
        self.executions[name] = replace(self.executions[name], status="suspended")
        return True

    def resume(self, definition: str, name: str) -> None:
        self.begin("resume")
        if name in self.executions and self.executions[name].status == "suspended":
            self.executions[name] = replace(self.executions[name], status="running")

    def owns(self, definition: str, execution: str) -> bool:
        return execution.startswith(f"{definition}:")

    def machine(self, definition: str) -> str | None:
        return '{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}'

    def check_events(self) -> None:
        if not self.events:
            raise NotSupported("The engine by hand has no events.")

    def answer(self, token: str, payload: str) -> bool:
        self.begin("answer")
        if token not in self.tokens:
            return False
        self.tokens.remove(token)
        self.answers.append((token, payload))
        self.done("answer")
        return True

    def redrive(self, definition: str, name: str, token: str = "") -> bool:
        self.begin("redrive")
        if self.redrives and not (token and (name, token) in self.redriven):
            self.executions[name] = Progress("running")
            self.redriven.append((name, token))
        return self.redrives

    def steps(self, definition: str, name: str) -> list[Step]:
        return [Step(f"step of {name}", "running", 1)]

    def delete(self, definition: str, name: str) -> None:
        self.begin("delete")
        self.executions.pop(name, None)

    def end(self, name: str, status: Status = "completed", output: str | None = '"done"') -> None:
        """The execution ends."""
        self.executions[name] = Progress(status, output)
