"""Options that several commands share: the data folder, hooks.toml, and output for programs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from verihook.config.settings import environment, hooks_path
from verihook.local.data import DEFAULT


def add_data_option(parser: Any) -> None:
    """Add ``--data`` to a parser or a group of one."""
    parser.add_argument("--data", type=Path, default=DEFAULT, metavar="DIR", help=f"data folder; default {DEFAULT}")


def add_hooks_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--hooks``."""
    parser.add_argument(
        "--hooks",
        type=Path,
        default=hooks_path(environment()),
        metavar="FILE",
        help="default VERIHOOK_HOOKS, else handler/hooks.toml of a checkout, else hooks.toml in this folder",
    )


def add_json_option(parser: Any) -> None:
    """Add ``--json`` to a parser or a group of one."""
    parser.add_argument("--json", action="store_true", help="for programs")
