"""Rows for people: aligned columns of plain text."""

from __future__ import annotations

from collections.abc import Sequence


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
