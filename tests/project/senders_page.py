"""Writes the tables of docs/senders.md from the senders' files: ``python -m tests.project.senders_page``."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from verihook.cli.senders import Row, first_requests, markdown, rows

PAGE = Path(__file__).parents[2] / "docs" / "senders.md"


def unchecked(table: list[Row]) -> str:
    """Return the list of those that were never compared with the sender's own text."""
    names = ", ".join(f"`{row.id}`" for row in table if row.evidence == "unchecked")
    return f"{names}.\n"


def written(text: str) -> str:
    """Return the page with what stands between its marks made of today's files. Raises ValueError for a lost mark."""
    table = rows()
    for mark, content in (
        ("table", markdown(table)),
        ("first", first_requests(table)),
        ("unchecked", unchecked(table)),
    ):
        text, found = re.subn(
            rf"(<!-- {mark} -->\n).*?(<!-- /{mark} -->)",
            lambda match, content=content: f"{match[1]}{content}{match[2]}",  # type: ignore[misc]
            text,
            flags=re.DOTALL,
        )
        if found != 1:
            raise ValueError(f"{PAGE.name}: has {found} parts between <!-- {mark} --> and <!-- /{mark} -->, not one")
    return text


def main() -> int:
    """Write the page."""
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write(f"wrote the tables of docs/{PAGE.name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
