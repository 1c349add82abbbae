"""``verihook instances dismiss`` and ``callback``: what is done about failures, and about callbacks given up."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from verihook.adapters.printable import printable
from verihook.cli.connect import add_action, print_json

if TYPE_CHECKING:
    from verihook.client import Client


def add_setting_aside(actions: Any) -> None:
    """Add the two actions."""
    some = add_action(actions, "dismiss", _dismiss, "leave failures out of the list until they fail again")
    which = some.add_mutually_exclusive_group(required=True)
    which.add_argument("--workflow", metavar="NAME", help="whose failures")
    which.add_argument("--callback", metavar="ID", help="of the instance whose callback was given up")
    some.add_argument("--error", metavar="CODE", help="with this error; default those without one")
    some.add_argument("--note", default="", metavar="TEXT", help="why; kept with it")
    one = add_action(actions, "callback", _callback, "send the callback of one that has ended again")
    one.add_argument("id", metavar="ID", help="of the instance")


def _dismiss(client: Client, options: argparse.Namespace) -> int:
    made = client.dismiss_failures(options.workflow, options.error, instance_id=options.callback, note=options.note)
    if options.json:
        print_json(made)
    else:
        print("Dismissed, until it fails again.")
    return 0


def _callback(client: Client, options: argparse.Namespace) -> int:
    found = client.send_callback(options.id)
    if options.json:
        print_json(found.raw)
    else:
        print(printable(f"The callback of {found.id} is sent again."))
    return 0
