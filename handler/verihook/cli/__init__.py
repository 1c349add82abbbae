"""The program ``verihook``: one module for each command, which adds it with ``add_parser``."""

from __future__ import annotations

import pkgutil
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from types import ModuleType

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
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in _commands():
        command.add_parser(commands)
    describe(commands)
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


def _commands() -> Iterator[ModuleType]:
    """Yield every module of this package that adds a command, by name."""
    for found in pkgutil.iter_modules(__path__):
        module = import_module(f"{__name__}.{found.name}")
        if hasattr(module, "add_parser"):
            yield module
