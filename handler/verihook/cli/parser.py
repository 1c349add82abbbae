"""The program's way with its arguments: what each command says of itself, and one line for what it cannot read."""

from __future__ import annotations

import argparse
from functools import partial
from typing import Any, NoReturn

#: So far to the right what an option does may begin: every name of ours fits before it.
_COLUMN = 28


class Parser(argparse.ArgumentParser):
    """A parser of which every subparser is one, too. Lines that it is given stay as they are.

    A mistake ends the program with code 2 and one line; the usage comes first where it is no longer than that.
    """

    def __init__(self, **settings: Any) -> None:
        form = partial(argparse.RawDescriptionHelpFormatter, max_help_position=_COLUMN)
        super().__init__(**{**settings, "formatter_class": form})

    def error(self, message: str) -> NoReturn:
        """End the program with what is wrong and where to read on."""
        usage = self.format_usage()
        self.exit(2, f"{usage if usage.count(chr(10)) == 1 else ''}{self.prog}: {message}; see {self.prog} --help\n")


def describe(commands: Any) -> None:
    """Have every command say at the head of its help what the list of commands says of it.

    ``commands``: what ``add_subparsers`` gave.
    """
    # argparse has no public way to its own tree; these names are as old as the module.
    for choice in commands._choices_actions:
        parser = commands.choices[choice.dest]
        if parser.description is None and choice.help:
            parser.description = f"{choice.help[0].upper()}{choice.help[1:]}."
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                describe(action)
