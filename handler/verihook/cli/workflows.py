"""``verihook workflows``: list, show, definition, run."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from verihook.adapters.printable import printable
from verihook.cli.arguments import delay, json_value, pair, seconds
from verihook.cli.connect import ENDED_BADLY, REFUSED, add_action, print_json
from verihook.cli.open import add_open_option, open_instance
from verihook.cli.table import show_table

if TYPE_CHECKING:
    from verihook.client import Client, Result, StartOptions, Workflow


def add_parser(commands: Any) -> None:
    """Add the command and its subcommands."""
    parser = commands.add_parser("workflows", help="list workflows, show one, start an instance")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    add_action(actions, "list", _list, "list the workflows that the API key covers")
    one = add_action(actions, "show", _show, "show one, with the schema of its input")
    one.add_argument("name", metavar="NAME", help="of the workflow")
    definition = add_action(actions, "definition", _definition, "print the state machine of one")
    definition.add_argument("name", metavar="NAME", help="of the workflow")
    _add_run(actions)


def _add_run(actions: Any) -> None:
    run = add_action(actions, "run", _run, "start an instance")
    run.add_argument("name", metavar="NAME", help="of the workflow")
    run.add_argument("--input", type=json_value, metavar="JSON|@FILE|-", help="what the workflow gets; default null")
    run.add_argument("--id", help="the instance's id; made if absent")
    run.add_argument(
        "--on-conflict",
        choices=("fail", "return", "restart"),
        metavar="WHAT",
        help="if the id is taken: fail, return or restart; default fail",
    )
    run.add_argument("--idempotency-key", metavar="KEY", help="a second start with the same key starts nothing")
    run.add_argument(
        "--clear-on-failure",
        action="store_true",
        help="with --idempotency-key: start again if the first instance failed",
    )
    run.add_argument(
        "--tag", action="append", default=[], help="a tag to find the instance by; may be given several times"
    )
    run.add_argument(
        "--metadata",
        action="append",
        default=[],
        type=pair,
        metavar="KEY=VALUE",
        help="a pair to find it by; may be given several times",
    )
    run.add_argument("--delay", type=delay, metavar="SPAN", help="start later: seconds, 90s, 15m, 2h, 7d")
    run.add_argument("--connection", metavar="NAME", help="one of the connections of the workflow")
    run.add_argument("--callback-url", metavar="URL", help="gets a signed POST when the instance ends")
    add_open_option(run)
    run.add_argument("--wait", action="store_true", help="wait for the end, and print the output")
    run.add_argument("--timeout", type=seconds, default=60.0, metavar="SECONDS", help="of --wait; default 60")


def _definition(client: Client, options: argparse.Namespace) -> int:
    found = client.definition(options.name)
    if options.json:
        print_json(found.raw)
    elif found.machine is None:
        print(f"verihook: {printable(found.why or '')}", file=sys.stderr)
        return REFUSED
    else:
        print_json(found.machine)
    return 0


def _list(client: Client, options: argparse.Namespace) -> int:
    found = client.workflows()
    if options.json:
        print_json({"workflows": [each.raw for each in found]})
    elif found:
        rows = [(each.name, str(each.version), _status(each), each.engine) for each in found]
        show_table(("WORKFLOW", "VERSION", "STATUS", "ENGINE"), rows, right="VERSION")
    else:
        print("No workflows.")
    return 0


def _show(client: Client, options: argparse.Namespace) -> int:
    found = client.workflow(options.name)
    if options.json:
        print_json(found.raw)
        return 0
    row = (found.name, str(found.version), _status(found), found.engine, f"{found.retention_days} days")
    show_table(("WORKFLOW", "VERSION", "STATUS", "ENGINE", "KEPT FOR"), [row], right="VERSION")
    if found.refusal:
        print(f"\n{printable(found.refusal)}")
    if found.connections:
        print(f"\nA start may choose a connection: {printable(', '.join(found.connections))}.")
    schema = found.input_schema
    print("\nThe workflow takes any input." if schema is None else f"\nInput:\n{json.dumps(schema, indent=2)}")
    return 0


def _status(found: Workflow) -> str:
    return f"{found.status}, cannot run" if found.refusal else found.status


def _run(client: Client, options: argparse.Namespace) -> int:
    started = client.start(options.name, options.input, **_options(options))
    if options.open:
        open_instance(started.id, options)
    if not options.wait:
        if options.json:
            print_json(started.raw)
        else:
            show_table(
                ("INSTANCE", "WORKFLOW", "STATUS"), [(started.id, started.workflow, started.stands or started.status)]
            )
        return 0
    # Printed at once: a person who interrupts the wait knows which instance goes on.
    print(f"verihook: instance {printable(started.id)}", file=sys.stderr, flush=True)
    return _print_result(client.wait(started.id, options.timeout), options)


def _print_result(result: Result, options: argparse.Namespace) -> int:
    """Print the result; the output alone goes to stdout, for the next program."""
    from verihook.client import InstanceFailed

    if options.json:
        print_json(result.raw)
        return 0 if result.status == "completed" else ENDED_BADLY
    if result.status != "completed":
        raise InstanceFailed(result.id, result.status, result.error, result.cause)
    print_json(result.output)
    return 0


def _options(options: argparse.Namespace) -> StartOptions:
    wanted: StartOptions = {
        "id": options.id,
        "idempotency_key": options.idempotency_key,
        "tags": options.tag,
        "metadata": dict(options.metadata),
        "delay": options.delay,
        "connection": options.connection,
        "callback_url": options.callback_url,
        "clear_on_failure": options.clear_on_failure or None,
    }
    if options.on_conflict:
        wanted["on_conflict"] = options.on_conflict
    return wanted
