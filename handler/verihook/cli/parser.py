"""The program's way with its arguments: what each command says of itself, and one line for what it cannot read."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn


class _Form(argparse.RawDescriptionHelpFormatter):
    """Every name stands in one line with what it does."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28)

    def add_argument(self, action: argparse.Action) -> None:
        super().add_argument(action)
        if isinstance(action, argparse._SubParsersAction):
            # Those of a list of commands are indented once more, which argparse leaves out of its reckoning.
            self._action_max_length += self._indent_increment


class Parser(argparse.ArgumentParser):
    """A parser of which every subparser is one, too. Lines that it is given stay as they are.

    A mistake ends the program with code 2 and one line.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{**settings, "formatter_class": _Form})

    def add_subparsers(self, **settings: Any) -> Any:
        """Under a title of their own, which is their metavar."""
        return super().add_subparsers(**{"title": f"{str(settings['metavar']).lower()}s", **settings})

    def _match_argument(self, action: argparse.Action, arg_strings_pattern: str) -> int:
        # argparse names the choices of a wrong value, and not those of a missing one; this name is as old as it is.
        try:
            return super()._match_argument(action, arg_strings_pattern)
        except argparse.ArgumentError as error:
            if action.choices:
                error.message += f": {', '.join(str(choice) for choice in action.choices)}"
            raise

    def print_help(self, file: Any = None) -> None:
        """Print the help. Raises what the stream raises, which argparse itself passes over."""
        print(self.format_help(), end="", file=file)

    def error(self, message: str) -> NoReturn:
        """End the program with what is wrong and where to read on."""
        self.exit(2, f"{self.prog}: {message} (usage: {self.prog} --help)\n")


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
