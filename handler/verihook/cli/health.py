"""``verihook health``: whether a server is well, part by part."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from verihook.adapters.printable import printable
from verihook.cli.connect import UNAVAILABLE, add_action, print_json
from verihook.cli.table import show_table

if TYPE_CHECKING:
    from verihook.client import Client


def add_parser(commands: Any) -> None:
    """Add the command."""
    add_action(commands, "health", _health, "whether a server is well; exit code 6 if a part is unavailable")


def _health(client: Client, options: argparse.Namespace) -> int:
    found = client.health()
    if options.json:
        print_json(found.raw)
    else:
        parts = {"server": found.status, **({"ledger": found.ledger} if found.ledger else {}), **found.engines}
        rows = [(name, state, found.faults.get(name, "")) for name, state in parts.items()]
        rows += [(name, "unavailable", fault) for name, fault in found.faults.items() if name not in parts]
        show_table(("PART", "STATUS", "FAULT"), rows)
        if found.without_secret:
            print(f"\nThese sources have no secret and answer 503: {printable(', '.join(found.without_secret))}.")
    return 0 if found.ok else UNAVAILABLE
