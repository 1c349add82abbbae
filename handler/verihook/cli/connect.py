"""How a command calls the API: which server, with which key, and which exit code each error of the client becomes."""

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
  1  the instance failed, timed out or was terminated, or a part of the job did (--wait, watch)
  2  wrong use
  3  there is no such workflow, instance, key or job
  4  refused: a conflict, an invalid input, or not supported
  5  not authorised: no valid API key, or one that may not do this
  6  unavailable: out of reach, failing, rate limited, or no end within the time
130  interrupted (Ctrl-C); what was started goes on"""

#: What to do if something was not found, by the code of the error.
_FIND = {
    "instance-not-found": "See verihook instances list.",
    "delivery-not-found": "See verihook deliveries list.",
    "source-not-found": "See verihook sources list.",
    "workflow-not-found": "See verihook workflows list.",
    "key-not-found": "See verihook keys list.",
    "job-not-found": "See verihook jobs list.",
    "path-not-found": "Give the address of the server alone, without a path such as /v1 (--url, VERIHOOK_URL).",
}

ApiCommand: TypeAlias = "Callable[[Client, argparse.Namespace], int]"


def add_action(actions: Any, name: str, command: ApiCommand, summary: str) -> argparse.ArgumentParser:
    """A subcommand that calls the API, with ``--url``, ``--key``, ``--data`` and ``--json``."""
    parser: argparse.ArgumentParser = actions.add_parser(
        name, help=summary, epilog=EXIT_CODES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    server = parser.add_argument_group("server")
    server.add_argument("--url", help="of the deployment; default VERIHOOK_URL, else the server that runs on --data")
    server.add_argument("--key", help="API key; default VERIHOOK_KEY, which other users of this machine cannot see")
    server.add_argument("--data", type=Path, help=f"data folder of a server on this machine; default {DEFAULT}")
    parser.add_argument("--json", action="store_true", help="for programs: the answer of the API")
    parser.set_defaults(command=with_client(command))
    return parser


def with_client(command: ApiCommand) -> Callable[[argparse.Namespace], int]:
    """Return the command as ``main`` calls it: with a client, and with an error as one line and an exit code."""

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
            # If the reader of the pipe has ended, that is raised now, in main(), and not at the end of the process.
            sys.stdout.flush()
        except (ClientError, ValueError) as error:
            sys.stdout.flush()
            return report_error(error)
        return code

    return run


def connect(options: argparse.Namespace) -> Client:
    """Return a client of the server that the options and the environment name. Raises Unavailable, ValueError.

    ``--url``, else ``--data``, else ``VERIHOOK_URL``, else the usual data folder.
    """
    from verihook.client import Client

    variables = environment()
    key = options.key or variables.get("VERIHOOK_KEY") or None
    environment_url = variables.get("VERIHOOK_URL")
    url = options.url or (None if options.data else environment_url)
    if options.key is None and environment_url and (url or "").rstrip("/") != environment_url.rstrip("/"):
        key = None  # the key of the environment belongs to the server of the environment
    return Client(url, key) if url else Client.from_run(options.data or DEFAULT, key)


def report_error(error: ClientError | ValueError) -> int:
    """Print the error in one line with what to do, and return the exit code."""
    from verihook import client

    code, mend = USAGE, ""
    match error:
        case client.InstanceFailed():
            code = ENDED_BADLY
        case client.WaitTimeout():
            code, mend = UNAVAILABLE, f"Look again: verihook instances watch {error.instance_id}"
        case client.NotFound():
            code, mend = NOT_FOUND, _FIND.get(error.code, _FIND["instance-not-found"])
        case client.Unauthorized() | client.Forbidden():
            code, mend = NOT_AUTHORISED, "Give --key or set VERIHOOK_KEY; verihook keys create makes one."
        case client.Unavailable(status=0):
            code, mend = UNAVAILABLE, "Start it (verihook run), or name another (--url, --data)."
        case client.RateLimited() | client.Unavailable():
            code, mend = UNAVAILABLE, "Try again later."
        case client.ApiError(status=status) if status >= 500 and not isinstance(error, client.NotSupported):
            code, mend = UNAVAILABLE, "The server has failed: its log has the request and the error."
        case client.ApiError():
            code, mend = REFUSED, _faults(error)
    about = f"(request {error.request_id})" if isinstance(error, client.ApiError) and error.request_id else ""
    line = " ".join(part for part in (str(error), mend, about) if part)
    print(f"verihook: {printable(line)}", file=sys.stderr)
    return code


def print_json(content: object) -> None:
    """Print JSON for programs, in UTF-8 and without control characters."""
    print(printable(json.dumps(content, indent=2, ensure_ascii=False), keep="\n"))


def _faults(error: Any) -> str:
    return "; ".join(f"{fault.get('pointer') or '(the whole)'}: {fault.get('message')}" for fault in error.violations)
