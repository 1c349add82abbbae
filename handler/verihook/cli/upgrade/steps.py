"""A plan of an upgrade: its steps, what is left, and what remains to be done by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

#: The name of the step that changes nothing.
WAIT = "wait"


class StepFailed(Exception):
    """A step did not succeed. Its text says why, and how to mend it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One change, in the words of an operator.

    ``name``: ``add-index:status``; a step of this name is in no later plan once it is done. ``what`` it does; ``takes``
    how long; ``costs``; ``meanwhile``: what is so until it is done, and if it is stopped. ``actions``: of IAM, which it
    needs. ``run`` does it, waits until it is done, and raises StepFailed. Doing it again after a stop does no harm.
    """

    name: str
    what: str
    takes: str
    costs: str
    meanwhile: str
    actions: tuple[str, ...]
    run: Callable[[], None]

    def public(self) -> dict[str, Any]:
        """The step as ``--json`` prints it."""
        return {
            "name": self.name,
            "what": self.what,
            "takes": self.takes,
            "costs": self.costs,
            "meanwhile": self.meanwhile,
            "actions": list(self.actions),
        }


@dataclass(frozen=True, slots=True)
class Left:
    """What no step does, and its mend. ``needed``: without it, what is upgraded is not up to date."""

    what: str
    mend: str
    needed: bool

    def public(self) -> dict[str, Any]:
        """The entry as ``--json`` prints it."""
        return {"what": self.what, "mend": self.mend, "needed": self.needed}


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps in their order; ``afterwards``: what the operator does after them."""

    steps: list[Step] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    afterwards: list[str] = field(default_factory=list)

    def public(self) -> dict[str, Any]:
        """The plan as ``--json`` prints it."""
        return {
            "steps": [step.public() for step in self.steps],
            "left": [each.public() for each in self.left],
            "afterwards": self.afterwards,
        }


class Target(Protocol):
    """What is upgraded. Its state is read again for each plan, so a command that was stopped just goes on."""

    def plan(self) -> Plan:
        """Return what is still to be done. Raises ConfigurationError, StepFailed."""
        ...


def carry_out(target: Target, plan: Plan, begin: Callable[[int, int, Step], None]) -> Plan:
    """Do the steps one after the other and return the last plan, which has none.

    ``begin`` gets the number of each step, how many there are, and the step. Raises StepFailed, too if there is a step
    now that the plan did not have: it was not agreed to.
    """
    agreed, done = {WAIT, *(step.name for step in plan.steps)}, list[str]()
    while plan.steps:
        step = plan.steps[0]
        if step.name in done and step.name != WAIT:
            raise StepFailed(f"{step.name} was done and still has to be: look at what undoes it, and run this again")
        if step.name not in agreed:
            raise StepFailed(f"now {step.name} has to be done as well: run this again to see the plan")
        begin(len(done) + 1, len(done) + len(plan.steps), step)
        step.run()
        done.append(step.name)
        plan = target.plan()
    return plan


def plan_lines(plan: Plan) -> Iterable[str]:
    """Yield the plan for people."""
    for number, step in enumerate(plan.steps, 1):
        yield f"{number}. {step.what}"
        yield f"   takes: {step.takes}"
        yield f"   costs: {step.costs}"
        yield f"   meanwhile: {step.meanwhile}"
    for each in plan.left:
        yield f"{'Not done' if each.needed else 'Left as it is'}: {each.what}"
        yield f"   {each.mend}"
    for text in plan.afterwards:
        yield f"Afterwards: {text}"
