from __future__ import annotations

import argparse
from pathlib import Path

from verihook.cli.tree import Option, read_tree


def test_a_parser_as_data() -> None:
    commands = argparse.ArgumentParser().add_subparsers()
    keys = commands.add_parser("keys", help="about keys")
    create = keys.add_subparsers().add_parser("create", help="make one", add_help=False)
    create.add_argument("--file", "-f", type=Path, help="where; default 100%% here")
    create.add_argument("--kind", choices=("a", "b"))
    create.add_argument("--quiet", action="store_true", help="say less")
    create.add_argument("--old", help=argparse.SUPPRESS)
    (node,) = read_tree(commands)
    assert [(), ("create",)] == [path for path, _ in node.walk()]
    assert ("keys", "about keys") == (node.name, node.summary)
    (child,) = node.children
    assert (
        Option(("--file", "-f"), "where", takes_value=True, choices=(), is_file=True),
        Option(("--kind",), "", takes_value=True, choices=("a", "b"), is_file=False),
        Option(("--quiet",), "say less", takes_value=False, choices=(), is_file=False),
    ) == child.options
