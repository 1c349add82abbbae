"""``verihook open``: the console in a browser; and the page of an instance for commands that have ``--open``."""

from __future__ import annotations

import argparse
import sys
import webbrowser
from pathlib import Path
from typing import Any
from urllib.parse import quote

from verihook.adapters.printable import printable
from verihook.config.settings import environment
from verihook.errors import ConfigurationError
from verihook.local.console_page import write_page
from verihook.local.data import DEFAULT, read_run


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser("open", help="open the console in a browser")
    parser.add_argument("id", nargs="?", default="", metavar="ID", help="of an instance, whose page is opened")
    parser.add_argument("--url", help="of the API; default VERIHOOK_URL, else the server that runs on --data")
    parser.add_argument("--data", type=Path, metavar="DIR", help=f"data folder; default {DEFAULT}")
    parser.add_argument("--print", action="store_true", help="print the address, with the key of the run")
    parser.set_defaults(command=_open)


def add_open_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--open`` to a command about one instance."""
    parser.add_argument("--open", action="store_true", help="open the instance's page in a browser, too")


def open_instance(instance_id: str, options: argparse.Namespace) -> None:
    """Open the page of an instance of the server that the options name; say so if that cannot be done."""
    try:
        _show(f"instances/{quote(instance_id)}", options)
    except ConfigurationError as error:
        print(f"verihook: {printable(str(error))}", file=sys.stderr)


def _open(options: argparse.Namespace) -> int:
    page = f"instances/{quote(options.id)}" if options.id else ""
    if not options.print:
        return 0 if _show(page, options) else 1
    url, key = _server(options)
    print(_address(url, page, key))
    return 0


def _show(page: str, options: argparse.Namespace) -> bool:
    """Open a page of the console. Return whether a browser was found. Raises ConfigurationError."""
    url, key = _server(options)
    address = _address(url, page, key)
    # Not as an argument of the browser, which other users of this machine can see: a file of this user's leads there.
    target = write_page(options.data or DEFAULT, address).as_uri() if key else address
    if webbrowser.open(target):
        return True
    print("verihook: no browser was found; verihook open --print prints the address.", file=sys.stderr)
    return False


def _server(options: argparse.Namespace) -> tuple[str, str]:
    """Return the URL of the server and the key of its run, "" if it is elsewhere: there the page asks for a key."""
    url = options.url or (None if options.data else environment().get("VERIHOOK_URL"))
    if url:
        return url.rstrip("/"), ""
    run = read_run(options.data or DEFAULT)
    if run is None:
        mend = "no Verihook runs on this data folder; start it (verihook run), or name another (--url, --data)"
        raise ConfigurationError(str(options.data or DEFAULT), "", mend)
    return run.url, run.key


def _address(url: str, page: str, key: str) -> str:
    # A fragment is sent to no server.
    return f"{url}/console/{page}{f'#key={key}' if key else ''}"
