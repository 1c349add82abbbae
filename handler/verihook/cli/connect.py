"""The API that a command calls: the server of this machine, or another; and what each error ends the program with."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from verihook.adapters.printable import printable
from verihook.config.settings import environment
from verihook.local.data import DEFAULT

if TYPE_CHECKING:
    from verihook.client import Client, ClientError

#: 0 and 2 have their usual meaning; docs/commands.md has them all.
ENDED_BADLY, USAGE, NOT_FOUND, REFUSED, NOT_AUTHORISED, UNAVAILABLE = 1, 2, 3, 4, 5, 6

EXIT_CODES = """exit codes:
  0  done
  1  the instance failed, timed out or was terminated (--wait, watch)
  2  wrong use
  3  there is no such workflow, instance or key
  4  refused: a conflict, an invalid input, or not supported
  5  not authorised: no valid API key, or one that may not do this
  6  unavailable: out of reach, failing, rate limited, or no end within the time
130  interrupted (Ctrl-C); what was started goes on"""

_SEE = "See verihook workflows list, or verihook instances list."

ApiCommand: TypeAlias = "Callable[[Client, argparse.Namespace], int]"


def add_action(actions: Any, name: str, command: ApiCommand, summary: str) -> argparse.ArgumentParser:
    """A subcommand that calls the API, with ``--url``, ``--key``, ``--data`` and ``--json``."""
    parser: argparse.ArgumentParser = actions.add_parser(
        name, help=summary, epilog=EXIT_CODES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    where = parser.add_argument_group("server")
    where.add_argument("--url", help="of the deployment; default VERIHOOK_URL, else the server that runs on --data")
    where.add_argument("--key", help="API key; default VERIHOOK_KEY, which other users of this machine cannot see")
    where.add_argument("--data", type=Path, help=f"data folder of a server on this machine; default {DEFAULT}")
    parser.add_argument("--json", action="store_true", help="for programs: the API's own words")
    parser.set_defaults(command=served(command))
    return parser


def served(command: ApiCommand) -> Callable[[argparse.Namespace], int]:
    """The command with its client; an error is one line on stderr and an exit code."""

    @wraps(command)
    def run(options: argparse.Namespace) -> int:
        # Imported here: no other command needs to wait for httpx.
        try:
            from verihook.client import ClientError
        except ModuleNotFoundError as error:
            print(f"verihook: this command needs {error.name}: pip install 'verihook[local]'", file=sys.stderr)
            return USAGE
        try:
            with connect(options) as client:
                code = command(client, options)
            # That the reader is gone is found out now, where main() sees it, and not at the end of the process.
            sys.stdout.flush()
        except (ClientError, ValueError) as error:
            sys.stdout.flush()
            return report(error)
        return code

    return run


def connect(options: argparse.Namespace) -> Client:
    """A client for the server that the options and the environment name. Raises Unavailable, ValueError.

    ``--url``, else ``--data``, else ``VERIHOOK_URL``, else the usual data folder.
    """
    from verihook.client import Client

    variables = environment()
    key = options.key or variables.get("VERIHOOK_KEY") or None
    named = variables.get("VERIHOOK_URL")
    url = options.url or (None if options.data else named)
    if options.key is None and named and (url or "").rstrip("/") != named.rstrip("/"):
        key = None  # the environment's key is of the environment's server
    return Client(url, key) if url else Client.from_run(options.data or DEFAULT, key)


def report(error: ClientError | ValueError) -> int:
    """Print one line; the exit code."""
    from verihook import client

    code, mend = USAGE, ""
    match error:
        case client.InstanceFailed():
            code = ENDED_BADLY
        case client.WaitTimeout():
            code, mend = UNAVAILABLE, f"Look again: verihook instances watch {error.instance_id}"
        case client.NotFound():
            key = error.code == "key-not-found"
            code, mend = NOT_FOUND, "See verihook keys list." if key else _SEE
        case client.Unauthorized() | client.Forbidden():
            code, mend = NOT_AUTHORISED, "Give --key or set VERIHOOK_KEY; verihook keys create makes one."
        case client.Unavailable(status=0):
            code, mend = UNAVAILABLE, "Start it (verihook run), or name another (--url, --data)."
        case client.RateLimited() | client.Unavailable():
            code, mend = UNAVAILABLE, "Try again later."
        case client.ApiError(status=status) if status >= 500 and not isinstance(error, client.NotSupported):
            code, mend = UNAVAILABLE, "The server has failed: its log knows the request."
        case client.ApiError():
            code, mend = REFUSED, _faults(error)
    about = f"(request {error.request_id})" if isinstance(error, client.ApiError) and error.request_id else ""
    line = " ".join(part for part in (str(error), mend, about) if part)
    print(f"verihook: {printable(line)}", file=sys.stderr)
    return code


def emit(content: object) -> None:
    """Print JSON for programs."""
    print(printable(json.dumps(content, indent=2, ensure_ascii=False), keep="\n"))


def _faults(error: Any) -> str:
    return "; ".join(f"{fault.get('pointer') or '(the whole)'}: {fault.get('message')}" for fault in error.violations)
