"""The commands in the pages, taken apart as the shell does."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_BETWEEN = set("();<>|&")


def blocks(page: Path) -> list[str]:
    """The shell's blocks of a page."""
    return re.findall(r"```bash\n(.*?)```", page.read_text("utf-8"), re.DOTALL)


def commands(page: Path, program: str) -> list[list[str]]:
    """The arguments of every call of ``program`` in the blocks of a page; references to variables stay as they are."""
    found = [words for block in blocks(page) for words in _split(block)]
    named = [words for words in found if Path(words[0]).name == program]
    return [words[1:] for words in named]


def _split(block: str) -> Iterator[list[str]]:
    """Every simple command: a program and its arguments, without assignments before it."""
    for line in block.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars="".join(_BETWEEN))
        lexer.whitespace_split = True
        words: list[str] = []
        for token in [*lexer, ";"]:
            if _BETWEEN >= set(token):
                if words:
                    yield words
                words = []
            elif words or not (token in ("{", "}", "$") or re.match(r"\w+=", token)):
                words.append(token)
