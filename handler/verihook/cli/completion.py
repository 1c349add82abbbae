"""``verihook completion SHELL``: a script that completes this program's commands and options."""

from __future__ import annotations

import argparse
from typing import Any

from verihook.cli import add_commands
from verihook.cli.parser import Parser
from verihook.cli.shells import SHELLS
from verihook.cli.tree import Node, read_tree

_INSTALL = """how to install it:
  bash   source <(verihook completion bash)          in ~/.bashrc
  zsh    source <(verihook completion zsh)           in ~/.zshrc, after compinit
  fish   verihook completion fish | source           in ~/.config/fish/config.fish"""


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "completion",
        help="print a script for the shell's completion",
        epilog=_INSTALL,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("shell", choices=[*SHELLS], help="which shell the script is for")
    parser.set_defaults(command=_completion)


def _completion(options: argparse.Namespace) -> int:
    root = Node("", "", (), tuple(read_tree(add_commands(Parser(prog="verihook")))))
    print(SHELLS[options.shell](root))
    return 0
