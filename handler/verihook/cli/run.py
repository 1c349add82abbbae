"""``verihook run``: receiver, API, ledger, engines and repairs in one process on this machine."""

from __future__ import annotations

import argparse
from typing import Any

from verihook.cli.arguments import whole_number
from verihook.cli.options import add_data_option, add_hooks_option
from verihook.local.stopping import GRACE_S, MAX_GRACE_S, end_process


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser("run", help="run the whole thing on this machine, on loopback")
    parser.add_argument(
        "--port", type=whole_number(0, 65535), default=8787, metavar="N", help="0 takes a free one; default 8787"
    )
    add_data_option(parser)
    add_hooks_option(parser)
    parser.add_argument(
        "--open",
        action="store_true",
        help="for development: the API asks for no key, so anything that reaches the port has it",
    )
    parser.add_argument(
        "--grace",
        type=whole_number(0, MAX_GRACE_S),
        default=GRACE_S,
        metavar="S",
        help=f"how long a stop waits for steps and functions that run, in seconds; default {GRACE_S}",
    )
    parser.add_argument(
        "--json", action="store_true", help="the log as one JSON object a line; all else goes to standard error"
    )
    parser.set_defaults(command=_run)


def _run(options: argparse.Namespace) -> int:
    from verihook.local.server import serve
    from verihook.local.standard_streams import lossy_output

    with lossy_output():
        serve(options.hooks, options.port, options.data, options.grace, opened=options.open, as_json=options.json)
        end_process()
    return 0
