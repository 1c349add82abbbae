"""The commands and options of an argparse parser, as plain data."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Option:
    """An option, or a positional argument (no ``names``).

    ``takes_value``: it has a value; ``choices``: the values allowed, () for any; ``is_file``: the value is a path.
    """

    names: tuple[str, ...]
    summary: str
    takes_value: bool
    choices: tuple[str, ...]
    is_file: bool


@dataclass(frozen=True, slots=True)
class Node:
    """A command: its name, its summary in the help, its options and its subcommands."""

    name: str
    summary: str
    options: tuple[Option, ...]
    children: tuple[Node, ...]

    def walk(self, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Node]]:
        """Yield every command of the tree with the names that are typed to reach it; the root has none."""
        yield path, self
        for child in self.children:
            yield from child.walk((*path, child.name))


def read_tree(commands: Any) -> Iterator[Node]:
    """Yield the commands of what ``ArgumentParser.add_subparsers`` returned."""
    # argparse has no public way to its own tree; these names are as old as the module.
    summaries = {choice.dest: choice.help or "" for choice in commands._choices_actions}
    for name, parser in commands.choices.items():
        children: tuple[Node, ...] = ()
        options = []
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                children = tuple(read_tree(action))
            elif action.help is not argparse.SUPPRESS:
                options.append(_option(action))
        yield Node(name, summaries.get(name, ""), tuple(options), children)


def _option(action: argparse.Action) -> Option:
    return Option(
        tuple(action.option_strings),
        (action.help or "").partition(";")[0].replace("%%", "%"),
        action.nargs != 0,
        tuple(str(choice) for choice in action.choices or ()),
        action.type is Path,
    )
