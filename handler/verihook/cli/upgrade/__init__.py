"""``verihook upgrade``: bring what an older version has made up to date, step by step.

steps.py            a plan, and how it is carried out
asking_aws.py       calls of AWS, errors in words, waiting
table_plan.py       a table without a stack
stack_plan.py       a stack, whose table changes by updates of the stack alone
deployed_template.py   stack_update.py
former_rows.py      rows of older versions
data_plan.py        the data folder of one machine
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from verihook.adapters.printable import printable
from verihook.cli.aws import client_of
from verihook.cli.doctor.asking import Asking
from verihook.cli.options import add_json_option
from verihook.cli.upgrade.asking_aws import Calls
from verihook.cli.upgrade.data_plan import DataUpgrade
from verihook.cli.upgrade.former_rows import FormerRows
from verihook.cli.upgrade.stack_plan import StackUpgrade
from verihook.cli.upgrade.steps import WAIT, Plan, Step, StepFailed, Target, carry_out, plan_lines
from verihook.cli.upgrade.table_plan import TableUpgrade
from verihook.errors import ConfigurationError

_EPILOG = """exit codes:
  0  it is up to date, or the plan is printed (--plan)
  1  a step failed or was not agreed to, or something is left that it needs
  2  wrong use: there is no such table, it is not a ledger, or a server runs on the data folder

A command that was stopped is run again: it goes on from what AWS has."""


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser("upgrade", help="bring what an older version has made up to date", epilog=_EPILOG)
    one = parser.add_mutually_exclusive_group(required=True)
    one.add_argument("--stack", metavar="NAME", help="a stack in AWS, with the credentials of this environment")
    one.add_argument("--table", metavar="NAME", help="instead: a DynamoDB table that stands without a stack")
    one.add_argument(
        "--data", type=Path, metavar="DIR", help="instead: a data folder of this machine; stop its server first"
    )
    parser.add_argument("--drop-indexes", action="store_true", help="also remove indexes that are used no more")
    parser.add_argument(
        "--rows", action="store_true", help="also list instances and waits of older versions; reads the whole table"
    )
    parser.add_argument(
        "--bucket",
        default="",
        metavar="NAME",
        help="for a long template of a stack; default that of its functions' code",
    )
    parser.add_argument("--plan", action="store_true", help="print the plan and change nothing")
    parser.add_argument("--yes", action="store_true", help="do not ask before the steps are done")
    add_json_option(parser)
    parser.set_defaults(command=_upgrade)


def _upgrade(options: argparse.Namespace) -> int:
    try:
        return upgrade(_target(options), options)
    except StepFailed as error:
        print(f"verihook: {printable(str(error))}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("verihook: stopped; AWS ends the step that has begun. Run the same again to go on", file=sys.stderr)
        raise


def _target(options: argparse.Namespace) -> Target:
    if options.data:
        return DataUpgrade(options.data)
    calls = Calls(Asking(client_of))
    rows = FormerRows(calls) if options.rows else None
    if options.stack:
        return StackUpgrade(options.stack, calls, options.drop_indexes, options.bucket, rows)
    return TableUpgrade(options.table, calls, options.drop_indexes, rows)


def upgrade(target: Target, options: argparse.Namespace) -> int:
    """Show the plan, ask, carry it out, and return the exit code. Raises ConfigurationError, StepFailed."""
    plan = target.plan()
    while not options.plan and plan.steps and plan.steps[0].name == WAIT:
        print(printable(f"{plan.steps[0].what}"), file=sys.stderr)
        plan.steps[0].run()
        plan = target.plan()
    if not options.json:
        _show(plan)
    if options.plan or not plan.steps:
        if options.json:
            print(json.dumps({**plan.public(), "done": []}, indent=2))
        return 0 if options.plan else _code(plan)
    if not _agreed(options, len(plan.steps)):
        return 1
    done: list[Step] = []

    def begin(number: int, count: int, step: Step) -> None:
        done.append(step)
        print(printable(f"{number}/{count}: {step.what}"), file=sys.stderr)

    last = carry_out(target, plan, begin)
    # What comes after the steps does so still, though nothing that is left says it.
    last = replace(last, afterwards=last.afterwards or plan.afterwards)
    if options.json:
        print(json.dumps({**last.public(), "done": [step.public() for step in done]}, indent=2))
    else:
        print("Done.")
        _show(Plan(left=last.left, afterwards=last.afterwards))
    return _code(last)


def _show(plan: Plan) -> None:
    for line in plan_lines(plan):
        print(printable(line))
    if plan == Plan():
        print("Nothing is left to do.")


def _code(plan: Plan) -> int:
    return 1 if any(each.needed for each in plan.left) else 0


def _agreed(options: argparse.Namespace, count: int) -> bool:
    """Ask whether the steps are to be done. Raises ConfigurationError if no person can be asked."""
    if options.yes:
        return True
    if options.json or not sys.stdin.isatty():
        raise ConfigurationError("upgrade", "", "no person can be asked here: give --yes to do the steps, or --plan")
    steps = "this step" if count == 1 else f"these {count} steps"
    if input(f"Do {steps}? [y/N] ").strip().lower() in ("y", "yes"):
        return True
    print("Nothing was changed.", file=sys.stderr)
    return False
