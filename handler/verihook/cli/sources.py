"""``verihook sources list``: the sources of a server, each with its sender and the workflow that it starts."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from verihook.cli.connect import add_action, print_json
from verihook.cli.table import show_table

if TYPE_CHECKING:
    from verihook.client import Client
    from verihook.client.records import Source


def add_parser(commands: Any) -> None:
    """Add the command and its one subcommand."""
    parser = commands.add_parser("sources", help="list the sources of a server")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    add_action(actions, "list", _list, "list the sources that start a workflow which the API key covers")


def _list(client: Client, options: argparse.Namespace) -> int:
    found = client.sources()
    if options.json:
        print_json({"sources": [each.raw for each in found]})
    elif found:
        rows = [_row(each) for each in found]
        show_table(("SOURCE", "SENDER", "WORKFLOW", "PATH", "TYPES"), rows, spare=("PATH", "TYPES"))
    else:
        print("No sources.")
    return 0


def _row(source: Source) -> tuple[str, ...]:
    started, types = ", ".join(source.workflows), ", ".join(source.types) or "all"
    return source.name, source.sender, started, source.path, types
