"""``verihook check``: what is wrong with hooks.toml and the files that it names. Reads them alone, and runs no code."""

from __future__ import annotations

import argparse
from typing import Any

from verihook.cli.options import add_hooks_option, add_json_option

_EPILOG = """exit codes:
  0  no fault (with --strict: no warning either)
  1  a fault, or with --strict a warning
  2  wrong use: there is no such hooks.toml

Of hooks.toml the first mistake of each table is said. A workflow whose state machine has a fault is refused alone by
`verihook run`: its starts are answered 501, its events are held, and everything else runs."""


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "check", help="what is wrong with hooks.toml, state machines and schemas", epilog=_EPILOG
    )
    parser.add_argument(
        "--aws", action="store_true", help="for a deployment: leave out what one machine alone cannot run"
    )
    parser.add_argument("--strict", action="store_true", help="a warning is a fault, too")
    add_hooks_option(parser)
    add_json_option(parser)
    parser.set_defaults(command=_check)


def _check(options: argparse.Namespace) -> int:
    # Imported here: other commands need none of it.
    from verihook.adapters.clock import SystemClock
    from verihook.cli.doctor.configuration import read_configuration
    from verihook.cli.doctor.telling import check_file, tell

    check_file(options.hooks)
    _, found = read_configuration(options.hooks, SystemClock().now_ms() // 1000, here=not options.aws)
    return tell(found, options.hooks, {}, as_json=options.json, strict=options.strict)
