"""argparse in the words and the layout of this program: help of one line a name, errors of one line."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn

from verihook.senders.tables import must_be_one_of


class _OneLineEach(argparse.RawDescriptionHelpFormatter):
    """Help with every name in one line with what it does."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28)

    def add_argument(self, action: argparse.Action) -> None:
        super().add_argument(action)
        if isinstance(action, argparse._SubParsersAction):
            # Commands in a list are indented once more, which argparse does not count.
            self._action_max_length += self._indent_increment


class Parser(argparse.ArgumentParser):
    """A parser whose subparsers are of this class, too. Line breaks in a description or an epilog stay.

    A mistake ends the program with code 2 and one line.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{**settings, "formatter_class": _OneLineEach})
        # The innermost subparser sets this last.
        self.set_defaults(parser=self)

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As in argparse; arguments that are too many are an error of the command that they were given to."""
        options, unknown = self.parse_known_args(args, namespace)
        if unknown:
            options.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
        return options

    def add_subparsers(self, **settings: Any) -> Any:
        """As in argparse; the title of their list is the plural of their metavar."""
        return super().add_subparsers(**{"title": f"{str(settings['metavar']).lower()}s", **settings})

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        # argparse words it differently from version to version; this name is as old as it is.
        if action.choices is not None and value not in action.choices:
            raise argparse.ArgumentError(action, must_be_one_of(map(str, action.choices), str(value)))

    def _match_argument(self, action: argparse.Action, arg_strings_pattern: str) -> int:
        # argparse does not name the choices of a missing value.
        try:
            return super()._match_argument(action, arg_strings_pattern)
        except argparse.ArgumentError as error:
            if action.choices:
                error.message += f": {', '.join(str(choice) for choice in action.choices)}"
            raise

    def print_help(self, file: Any = None) -> None:
        """Print the help. Raises what the stream raises; argparse itself would ignore it."""
        print(self.format_help(), end="", file=file)

    def error(self, message: str) -> NoReturn:
        """End the program with what is wrong and how to get help."""
        self.exit(2, f"{self.prog}: {message} (usage: {self.prog} --help)\n")


def describe(commands: Any) -> None:
    """Set the description of each command to its summary in the list of commands, unless it has one of its own.

    ``commands``: what ``add_subparsers`` returned.
    """
    # argparse has no public way to its own tree; these names are as old as the module.
    for choice in commands._choices_actions:
        parser = commands.choices[choice.dest]
        if parser.description is None and choice.help:
            parser.description = f"{choice.help[0].upper()}{choice.help[1:]}."
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                describe(action)
