"""The program ``verihook``: one module for each command, which adds it with ``add_parser``."""

from __future__ import annotations

import pkgutil
import sys
from collections.abc import Iterable, Sequence
from importlib import import_module
from types import ModuleType
from typing import Any

from verihook.adapters.printable import printable
from verihook.cli.parser import Parser, describe
from verihook.errors import RecordDamaged, VerihookError
from verihook.local.standard_streams import OutputFailed, checked_output, discard_buffer, open_closed_streams

_MORE = "verihook COMMAND --help explains one command and its options."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    0 done, 1 it did not end well, 2 wrong use or configuration; commands that call the API have more (EXIT_CODES).
    """
    open_closed_streams()
    parser = Parser(prog="verihook", description="Signed webhooks start durable workflows.", epilog=_MORE)
    add_commands(parser, sys.argv[1:] if arguments is None else arguments)
    try:
        with checked_output():
            options = parser.parse_args(arguments)
            return int(options.command(options))
    except (VerihookError, RecordDamaged) as error:
        notes = "".join(f" ({note})" for note in getattr(error, "__notes__", ()))
        print(f"verihook: {printable(f'{error}{notes}')}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of the pipe has ended (`| head`).
        discard_buffer(sys.stdout)
        return 0
    except OutputFailed as error:
        print(f"verihook: {printable(str(error))}", file=sys.stderr)
        discard_buffer(sys.stdout)
        return 1


def add_commands(parser: Parser, arguments: Sequence[str] = ()) -> Any:
    """Add the command that the arguments begin with; if that is none, all. Return argparse's action of commands.

    A module has the name of its command. To import all takes longer than most commands do.
    """
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    names = [found.name for found in pkgutil.iter_modules(__path__)]
    for module in _adding(name for name in names if name in arguments[:1]) or _adding(names):
        module.add_parser(commands)
    describe(commands)
    return commands


def _adding(names: Iterable[str]) -> list[ModuleType]:
    """Import the modules of these names of this package; return those that add a command."""
    modules = [import_module(f"{__name__}.{name}") for name in names]
    return [module for module in modules if hasattr(module, "add_parser")]
