"""Rows for people: plain aligned columns, and a table with colours where a person looks at a terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from io import StringIO

#: How a status is shown on a terminal.
COLOURS = {
    "completed": "green",
    "active": "green",
    "running": "cyan",
    "queued": "blue",
    "suspended": "yellow",
    "paused": "yellow",
    "failed": "bold red",
    "timed_out": "bold red",
    "terminated": "magenta",
}


def aligned(head: Sequence[str], rows: Sequence[Sequence[str]], right: str = "") -> str:
    """The rows under their head; the column whose head is ``right`` is flush right. No line ends in blanks."""
    lines = [head, *rows]
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    shown = []
    for line in lines:
        cells = [
            cell.rjust(width) if name == right else cell.ljust(width)
            for name, cell, width in zip(head, line, widths, strict=True)
        ]
        shown.append("  ".join(cells).rstrip())
    return "\n".join(shown)


def show(head: Sequence[str], rows: Sequence[Sequence[str]], right: str = "") -> None:
    """Print the rows: as a table on a terminal, else as :func:`aligned` has them. Any text is safe to give."""
    safe = [[printable(cell) for cell in row] for row in rows]
    print(drawn(head, safe, right) if sys.stdout.isatty() else aligned(head, safe, right))


def drawn(head: Sequence[str], rows: Sequence[Sequence[str]], right: str = "", width: int | None = None) -> str:
    """The rows as a table for a terminal of ``width`` columns, by default this one's; plain where rich is not there."""
    try:
        from rich import box
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text
    except ImportError:
        return aligned(head, rows, right)
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for name in head:
        # An id that is broken over two lines cannot be copied.
        table.add_column(
            name, justify="right" if name == right else "left", overflow="fold", no_wrap=name == "INSTANCE"
        )
    for row in rows:
        # Text, not markup: a [tag] of somebody's is no colour.
        table.add_row(*(Text(cell, style=COLOURS.get(cell, "")) for cell in row))
    output = StringIO()
    # Knows NO_COLOR and TERM=dumb: https://rich.readthedocs.io/en/stable/console.html#terminal-detection
    console = Console(file=output, force_terminal=True, width=width or Console().width)
    console.print(table)
    return "\n".join(line.rstrip() for line in output.getvalue().splitlines() if line.strip())


def printable(text: str) -> str:
    """Without what would move the cursor, colour the screen or break the row: who starts an instance may write it."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
