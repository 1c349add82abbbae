"""Writes what differs from AWS into docs/engines.md, from the list: ``python -m tests.project.engines_page``.

Everything in which one machine differs stands in tests/states/disagreements.toml: what is not offered or bounded
otherwise, and each recorded answer that comes out otherwise, which tests/states/test_recorded_cases.py holds.
"""

from __future__ import annotations

import re
import sys
import textwrap
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "engines.md"
LIST = ROOT / "tests" / "states" / "disagreements.toml"


def differences() -> str:
    """Return the list as the page has it."""
    table = tomllib.loads(LIST.read_text(encoding="utf-8"))
    points = [each["text"] for each in table["difference"]]
    points += [f"`{each['case']}` ({each['what']}): {each['reason']}." for each in table["disagreement"]]
    return "".join(f"{_point(' '.join(text.split()))}\n" for text in points)


def written(text: str) -> str:
    """Return the page with the list between its marks. Raises ValueError if they are lost."""
    content = differences()
    text, found = re.subn(
        r"(<!-- differences -->\n).*?(<!-- /differences -->)",
        lambda match: f"{match[1]}{content}{match[2]}",
        text,
        flags=re.DOTALL,
    )
    if found != 1:
        raise ValueError(f"{PAGE.name}: has {found} parts between <!-- differences --> and <!-- /differences -->")
    return text


def _point(text: str) -> str:
    """A point of a list, in lines of 120 characters."""
    return textwrap.fill(
        text, 120, initial_indent="- ", subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


def main() -> int:
    """Write the page."""
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write(f"wrote the differences of docs/{PAGE.name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
