"""``verihook doctor``: what is wrong with this machine, or with a deployed stack, and how to mend it. Changes nothing.

findings.py       what is said, and telling.py how
configuration.py  hooks.toml and its files
secret_checks.py  secrets, their ends
traffic.py        what the ledger shows of each source
outside.py        URLs and clocks
machine.py        one machine: data folder, server, disk
deployment.py     a stack: the parts below, in order
asking.py         calls of AWS that only look
stack.py          what CloudFormation says
table_checks.py   functions.py   permissions.py   drift.py   drift_of_fronts.py   load.py
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any
from urllib.request import urlopen

from verihook.adapters.clock import SystemClock
from verihook.cli.aws import client_of
from verihook.cli.doctor.asking import Asking
from verihook.cli.doctor.configuration import read_configuration
from verihook.cli.doctor.findings import Finding
from verihook.cli.doctor.outside import get
from verihook.cli.doctor.telling import check_file, tell
from verihook.cli.options import add_data_option, add_hooks_option, add_json_option
from verihook.config import Hooks
from verihook.config.settings import environment

#: What a package of Lambda has at most, in bytes.
_MOST_PACKAGE = 250 * 1024 * 1024

_EPILOG = """exit codes:
  0  no fault (with --strict: no warning either)
  1  a fault, or with --strict a warning
  2  wrong use: there is no such stack, or no hooks.toml

Nothing is changed. Each source's URL is asked once by GET, which Verihook counts as a refused request."""


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "doctor", help="what is wrong here or with a stack, and how to mend it", epilog=_EPILOG
    )
    either = parser.add_mutually_exclusive_group()
    add_data_option(either)
    either.add_argument(
        "--stack", metavar="NAME", help="instead: a stack in AWS, with the credentials of this environment"
    )
    parser.add_argument("--offline", action="store_true", help="hooks.toml and its files alone; asks nothing")
    parser.add_argument("--strict", action="store_true", help="a warning is a fault, too")
    add_hooks_option(parser)
    add_json_option(parser)
    parser.set_defaults(command=_doctor)


def _doctor(options: argparse.Namespace) -> int:
    check_file(options.hooks)
    now_ms = SystemClock().now_ms()
    hooks, found = read_configuration(options.hooks, now_ms // 1000, here=options.stack is None)
    if hooks is not None and not options.offline:
        found += _looked_at(hooks, options, now_ms)
    where = {"stack": options.stack} if options.stack else {"data": str(options.data)}
    return tell(found, options.hooks, where, as_json=options.json, strict=options.strict)


def _looked_at(hooks: Hooks, options: argparse.Namespace, now_ms: int) -> Iterator[Finding]:
    if options.stack:
        from verihook.cli.doctor.deployment import deployment

        return deployment(options.stack, hooks, Asking(client_of), get, _fetch, now_ms)
    from verihook.cli.doctor.machine import machine

    return machine(hooks, options.data, environment(), get, now_ms)


def _fetch(url: str) -> bytes:
    """Return what is at the address that AWS gave for a package. Raises OSError."""
    if not url.startswith("https://"):
        raise OSError("AWS gave no https address for it")
    with urlopen(url, timeout=60) as answer:  # noqa: S310  # https, see above
        return bytes(answer.read(_MOST_PACKAGE))
