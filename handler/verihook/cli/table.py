"""Tables for people: with colours and fitted to the width on a terminal, plain aligned columns elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from io import StringIO
from shutil import get_terminal_size

from verihook.adapters.printable import printable

#: The colour of a status on a terminal.
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

#: What separates two columns of a table: rich's divider with a space on each side.
_GAP = 3


def plain_table(head: Sequence[str], rows: Sequence[Sequence[str]], right: str = "") -> str:
    """Return the rows under their head; the column whose head is ``right`` is flush right. No line ends in spaces."""
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


def show_table(head: Sequence[str], rows: Sequence[Sequence[str]], right: str = "", spare: Sequence[str] = ()) -> None:
    """Print the rows: as a table on a terminal, else as a plain one. Control characters in them are replaced.

    ``spare``: heads of the columns that are left out, in this order, if the terminal is too narrow for all.
    """
    safe = [[printable(cell) for cell in row] for row in rows]
    print(terminal_table(head, safe, right, spare) if sys.stdout.isatty() else plain_table(head, safe, right))


def show_members(members: Sequence[tuple[str, str]]) -> None:
    """Print a name and its value on each line, without those that have none. Control characters are replaced."""
    rows = [(name, value) for name, value in members if value]
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        print(f"{name.ljust(width)}  {printable(value)}")


def terminal_table(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    right: str = "",
    spare: Sequence[str] = (),
    width: int | None = None,
) -> str:
    """Return a table for a terminal of ``width`` columns, by default this one's; a plain one without rich.

    No word is broken, because an id in two pieces cannot be copied: if a row does not fit, each of its cells has a
    line of its own.
    """
    try:
        from rich import box
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text
    except ImportError:
        return plain_table(head, rows, right)
    room = width or terminal_width()
    head, rows = _without_spare(spare, head, rows, room)
    widths = _fitted_widths(head, rows, room)
    if widths is None:
        return _one_cell_a_line(head, rows)
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, show_edge=False)
    for name, wide in zip(head, widths, strict=True):
        table.add_column(name, justify="right" if name == right else "left", width=wide, overflow="fold")
    for row in rows:
        # Text, not markup: a [tag] in a cell is not a colour.
        table.add_row(*(Text(cell, style=COLOURS.get(cell, "")) for cell in row))
    output = StringIO()
    # rich heeds NO_COLOR and TERM=dumb: https://rich.readthedocs.io/en/stable/console.html#terminal-detection
    Console(file=output, force_terminal=True, width=room).print(table)
    return "\n".join(line.rstrip() for line in output.getvalue().splitlines() if line.strip())


def terminal_width() -> int:
    """Return the columns of this terminal: 80 if there is none, and never less than 20."""
    return max(20, get_terminal_size().columns)


def utc_time(at: datetime | int | None) -> str:
    """Return a time for people, in UTC to the second. ``at``: also milliseconds since the epoch; "" for None."""
    if at is None:
        return ""
    if isinstance(at, int):
        at = datetime.fromtimestamp(at // 1000, UTC)
    return f"{at:%Y-%m-%d %H:%M:%S}Z"


def _without_spare(
    spare: Sequence[str], head: Sequence[str], rows: Sequence[Sequence[str]], room: int
) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
    """Return head and rows without the spare columns that there is no room for."""
    for name in spare:
        if _total_width(_full_widths(head, rows)) <= room:
            break
        at = head.index(name)
        head = [*head[:at], *head[at + 1 :]]
        rows = [[*row[:at], *row[at + 1 :]] for row in rows]
    return head, rows


def _fitted_widths(head: Sequence[str], rows: Sequence[Sequence[str]], room: int) -> list[int] | None:
    """Return the width of each column; None if a word would have to be broken. The widest column is cut first."""
    from rich.cells import cell_len

    widths = _full_widths(head, rows)
    least = [
        max(cell_len(word) for cell in column for word in cell.split() or [""])
        for column in zip(head, *rows, strict=True)
    ]
    if _total_width(least) > room:
        return None
    while _total_width(widths) > room:
        cuttable = [at for at, wide in enumerate(widths) if wide > least[at]]
        widths[max(cuttable, key=widths.__getitem__)] -= 1
    return widths


def _full_widths(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    from rich.cells import cell_len

    return [max(map(cell_len, column)) for column in zip(head, *rows, strict=True)]


def _total_width(widths: Sequence[int]) -> int:
    return sum(widths) + _GAP * (len(widths) - 1)


def _one_cell_a_line(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a block for each row, with a line for each cell that is not empty."""
    wide = max(map(len, head))
    return "\n\n".join(
        "\n".join(f"{name.ljust(wide)}  {cell}" for name, cell in zip(head, row, strict=True) if cell) for row in rows
    )
