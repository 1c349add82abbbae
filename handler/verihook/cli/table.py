"""Rows for people: plain aligned columns, and a table with colours if a person looks at a terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from io import StringIO
from shutil import get_terminal_size

from verihook.adapters.printable import printable

#: How a status is shown on a terminal.
COLOURS = {
    "completed": "green",
    "active": "green",
    "running": "cyan",
    "queued": "blue",
    "suspended": "yellow",
    "running, held": "yellow",
    "paused": "yellow",
    "failed": "bold red",
    "timed_out": "bold red",
    "terminated": "magenta",
}

#: Between two columns of a table: a blank each, and where rich has its divider.
_GAP = 3


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


def show(head: Sequence[str], rows: Sequence[Sequence[str]], right: str = "", spare: Sequence[str] = ()) -> None:
    """Print the rows: as a table on a terminal, else as :func:`aligned` has them. Any text is safe to give.

    ``spare``: heads of the columns that a terminal too narrow for all of them does without, the first first.
    """
    safe = [[printable(cell) for cell in row] for row in rows]
    print(drawn(head, safe, right, spare) if sys.stdout.isatty() else aligned(head, safe, right))


def drawn(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    right: str = "",
    spare: Sequence[str] = (),
    width: int | None = None,
) -> str:
    """The rows as a table for a terminal of ``width`` columns, by default this one's; plain if rich is not there.

    No word is broken, as an id in two pieces cannot be copied: if the terminal has no room for a row, each of its
    cells has a line of its own.
    """
    try:
        from rich import box
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text
    except ImportError:
        return aligned(head, rows, right)
    room = width or terminal_width()
    head, rows = _without(spare, head, rows, room)
    widths = _fitting(head, rows, room)
    if widths is None:
        return _stacked(head, rows)
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, show_edge=False)
    for name, wide in zip(head, widths, strict=True):
        table.add_column(name, justify="right" if name == right else "left", width=wide, overflow="fold")
    for row in rows:
        # Text, not markup: a [tag] of somebody's is no colour.
        table.add_row(*(Text(cell, style=COLOURS.get(cell, "")) for cell in row))
    output = StringIO()
    # Knows NO_COLOR and TERM=dumb: https://rich.readthedocs.io/en/stable/console.html#terminal-detection
    Console(file=output, force_terminal=True, width=room).print(table)
    return "\n".join(line.rstrip() for line in output.getvalue().splitlines() if line.strip())


def terminal_width() -> int:
    """Columns of this terminal; 80 if there is none, and never less than 20."""
    return max(20, get_terminal_size().columns)


def moment(at: datetime | int | None) -> str:
    """A time for people, in UTC to the second; ``at`` may be milliseconds since the epoch. "" for None."""
    if at is None:
        return ""
    if isinstance(at, int):
        at = datetime.fromtimestamp(at // 1000, UTC)
    return f"{at:%Y-%m-%d %H:%M:%S}Z"


def _without(
    spare: Sequence[str], head: Sequence[str], rows: Sequence[Sequence[str]], room: int
) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
    """Head and rows with no more of the spare columns than there is room for."""
    for name in spare:
        if _taken(_natural(head, rows)) <= room:
            break
        at = head.index(name)
        head = [*head[:at], *head[at + 1 :]]
        rows = [[*row[:at], *row[at + 1 :]] for row in rows]
    return head, rows


def _fitting(head: Sequence[str], rows: Sequence[Sequence[str]], room: int) -> list[int] | None:
    """The width of each column; None if some word would have to be broken. The widest are the first to be cut."""
    from rich.cells import cell_len

    widths = _natural(head, rows)
    least = [
        max(cell_len(word) for cell in column for word in cell.split() or [""])
        for column in zip(head, *rows, strict=True)
    ]
    if _taken(least) > room:
        return None
    while _taken(widths) > room:
        cuttable = [at for at, wide in enumerate(widths) if wide > least[at]]
        widths[max(cuttable, key=widths.__getitem__)] -= 1
    return widths


def _natural(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    from rich.cells import cell_len

    return [max(map(cell_len, column)) for column in zip(head, *rows, strict=True)]


def _taken(widths: Sequence[int]) -> int:
    return sum(widths) + _GAP * (len(widths) - 1)


def _stacked(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A block for each row, a line for each of its cells that has something in it."""
    wide = max(map(len, head))
    return "\n\n".join(
        "\n".join(f"{name.ljust(wide)}  {cell}" for name, cell in zip(head, row, strict=True) if cell) for row in rows
    )
