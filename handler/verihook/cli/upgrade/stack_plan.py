"""The plan of a stack: its table is changed by updates of the stack, one index in each.

An index that was added past CloudFormation makes the next deployment fail, which would want to make it. So what the
template lacks comes by an update of the stack, and only what the template has already and the table has lost by a call.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from verihook.adapters.ledgers.table_state import Difference, busy, consequence
from verihook.cli.doctor.stack import Stack, read_stack
from verihook.cli.upgrade.asking_aws import Calls
from verihook.cli.upgrade.deployed_template import LEDGER, changed, read_template, template_differences
from verihook.cli.upgrade.former_rows import FormerRows
from verihook.cli.upgrade.stack_update import ACTIONS, StackUpdate
from verihook.cli.upgrade.steps import WAIT, Left, Plan, Step
from verihook.cli.upgrade.table_plan import (
    DROP,
    Described,
    DirectSteps,
    adding_meanwhile,
    describe,
    filling_costs,
    filling_time,
    kept_index,
    list_rows,
)
from verihook.errors import ConfigurationError

#: A stack in one of these can be updated.
_UPDATABLE = (
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE",
)

_ORDER = ("add-index", "stream", "time-to-live", "remove-index")


@dataclass(frozen=True, slots=True)
class _Lack:
    """A difference of the template, of the table, or of both."""

    each: Difference
    template: bool
    table: bool

    @property
    def rank(self) -> int:
        """Return its place: indexes of other keys make way first, unused ones go last."""
        return -1 if self.each.change == "remove-index" and not self.each.unused else _ORDER.index(self.each.change)


def _lacks(template: list[Difference], table: list[Difference]) -> list[_Lack]:
    of_template = {(each.change, each.subject): each for each in template}
    of_table = {(each.change, each.subject): each for each in table}
    every = of_template | of_table
    found = [_Lack(each, key in of_template, key in of_table) for key, each in every.items()]
    return sorted(found, key=lambda lack: lack.rank)


@dataclass(frozen=True, slots=True)
class StackUpgrade:
    """The upgrade of the stack ``name``. ``drop``: indexes may be removed; ``bucket``: see StackUpdate.

    ``rows``: older ones are listed.
    """

    name: str
    calls: Calls
    drop: bool
    bucket: str = ""
    rows: FormerRows | None = None

    def plan(self) -> Plan:
        """Return what is still to be done. Raises ConfigurationError, StepFailed."""
        stack, plan = read_stack(self.name, self.calls.asking), Plan()
        table = stack.id_of(LEDGER)
        if not table:
            raise ConfigurationError("--stack", self.name, f"it has no {LEDGER}; name Verihook's own stack")
        if stack.status.endswith("_IN_PROGRESS"):
            # Neither template nor table are what they will be.
            plan.steps.append(self._wait(stack))
            return plan
        if stack.status not in _UPDATABLE:
            mend = "look at its events, mend what they say (aws cloudformation continue-update-rollback), then run this"
            plan.left.append(Left(f"the stack {self.name} is {stack.status} and takes no update", mend, needed=True))
            return plan
        now, direct = describe(table, self.calls), DirectSteps(table, self.calls)
        if doing := busy(now.table):
            plan.steps.append(direct.wait(doing))
        lacks = _lacks(template_differences(read_template(self.name, self.calls)), now.differences())
        for lack in lacks:
            for each in self._mend(lack, now, direct):
                (plan.steps if isinstance(each, Step) else plan.left).append(each)  # type: ignore[arg-type]
        plan.afterwards.extend(self._afterwards(stack, lacks))
        list_rows(self.rows, now, plan, f"--stack {self.name}")
        return plan

    def _mend(self, lack: _Lack, now: Described, direct: DirectSteps) -> Iterator[Step | Left]:
        each = lack.each
        if each.change == "remove-index":
            if not self.drop:
                yield self._kept(each)
            else:
                yield self._step(each, now) if lack.template else direct.step(each, now)
        elif lack.template and lack.table:
            yield self._step(each, now)
        elif lack.table:
            # The stack has it already: what is there becomes again what the stack says.
            yield direct.step(each, now)
        elif each.change == "add-index" and self.drop:
            yield direct.remove(each, "which the stack does not know")
            yield self._step(each, now)
        else:
            yield self._stray(each, now.name)

    def _stray(self, each: Difference, table: str) -> Left:
        if each.change == "add-index":
            what = f"the index {each.subject} is in the table {table} and not in the stack's template"
            mend = f"{DROP}, and has the stack make it again; {consequence(each)} meanwhile"
        else:
            what = f"the {each.change} of the table {table} is on, and the stack's template does not have it"
            mend = "turn it off by hand (aws dynamodb), then run this again"
        return Left(f"{what}: CloudFormation would fail to make it", mend, needed=True)

    def _kept(self, each: Difference) -> Left:
        left = kept_index(each)
        return (
            left if left.needed else Left(left.what, f"the deployment afterwards removes it, or {DROP}", needed=False)
        )

    def _step(self, each: Difference, now: Described) -> Step:
        """Return the step that mends a difference by an update of the stack."""
        adds = each.change == "add-index"
        subject = {
            "add-index": f"add the index {each.subject} to",
            "remove-index": f"remove the index {each.subject} from",
            "stream": "turn on the stream of",
            "time-to-live": "delete expired rows of",
        }[each.change]
        waits = ", and wait until it is ACTIVE" if adds else ""
        lists = "functions of an older version that use it answer 503 for their lists. No row is lost"
        other = lists if each.change == "remove-index" else consequence(each)
        return Step(
            f"{each.change}:{each.subject}".rstrip(":"),
            f"have the stack {self.name} {subject} its table (UpdateStack, nothing else is changed){waits}",
            f"a minute of CloudFormation{f', then {filling_time(now.table)}' if adds else ''}",
            filling_costs(now.table) if adds else "nothing",
            adding_meanwhile(each) if adds else other,
            ACTIONS,
            partial(self._run, each, now.name),
        )

    def _run(self, each: Difference, table: str) -> None:
        StackUpdate(self.name, self.bucket, self.calls).run(changed(read_template(self.name, self.calls), each))
        # CloudFormation does not wait until an index is filled.
        DirectSteps(table, self.calls).settle()

    def _wait(self, stack: Stack) -> Step:
        return Step(
            WAIT,
            f"wait, as the stack {self.name} is {stack.status}",
            "until CloudFormation is done",
            "nothing",
            "nothing else can be changed",
            ("cloudformation:DescribeStacks",),
            StackUpdate(self.name, self.bucket, self.calls).settle,
        )

    def _afterwards(self, stack: Stack, lacks: list[_Lack]) -> Iterator[str]:
        if lacks or not stack.id_of("SourceSecrets"):
            yield f"sam build && sam deploy --stack-name {self.name}: it finds nothing to add to the table any more"
        if not stack.id_of("SourceSecrets"):
            yield f"verihook secrets put NAME --stack {self.name}, for each secret of a source: they were parameters"
