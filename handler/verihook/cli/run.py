"""``verihook run``: the whole thing on this machine."""

from __future__ import annotations

import argparse
from typing import Any

from verihook.cli.options import add_data_option, add_hooks_option
from verihook.local.stopping import GRACE_S, MAX_GRACE_S, leave


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser("run", help="run the whole thing on this machine, on loopback")
    parser.add_argument("--port", type=_port, default=8787, metavar="N", help="0 takes a free one; default 8787")
    add_data_option(parser)
    add_hooks_option(parser)
    parser.add_argument(
        "--open",
        action="store_true",
        help="for development: the API asks for no key, so anything that reaches the port has it",
    )
    parser.add_argument(
        "--grace",
        type=_seconds,
        default=GRACE_S,
        metavar="S",
        help=f"how long a stop waits for steps and functions that run, in seconds; default {GRACE_S}",
    )
    parser.set_defaults(command=_run)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: 0 to 65535")
    return int(text)


def _seconds(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= MAX_GRACE_S):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds: 0 to {MAX_GRACE_S}")
    return int(text)


def _run(options: argparse.Namespace) -> int:
    from verihook.local.server import serve
    from verihook.local.terminal import unfailing

    with unfailing():
        serve(options.hooks, options.port, options.data, options.grace, opened=options.open)
        leave()
    return 0
