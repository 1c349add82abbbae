"""The command line: one file per command."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from verihook.cli import run, send
from verihook.errors import VerihookError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Exit codes: 0 done, 1 it did not end well, 2 wrong use or configuration."""
    parser = argparse.ArgumentParser(prog="verihook", description="Signed webhooks start durable workflows.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in (run, send):
        command.add_parser(commands)
    options = parser.parse_args(arguments)
    try:
        return int(options.command(options))
    except VerihookError as error:
        print(f"verihook: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
