"""The words that the project does not use in prose are not used more often than english.toml says, room by room.

``.venv/bin/python -m tests.project.english handler/verihook/api docs/ledger.md`` prints each line that is left there
(without a path: everywhere), and ``--lower`` writes english.toml once there are fewer. "where" is wrong for "if"
alone, so its pattern knows places from conditions: if it is wrong about a place, add what stands before it to PLACES
in english.py, with a line below.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable

import pytest

from tests.project import english


@pytest.mark.parametrize(
    "prose",
    [
        "The row; None where there is none.",
        "Raises LedgerUnavailable where the store\n    fails.",
        "The header, or b'' where it was absent.",
        "Raises ValueError, in words, where the schema is wrong.",
        "Made where absent.",
        "Keep it, where none is kept.",
        "A body. Where it is missing, the default counts.",
        "It is asked for first: where the store is down, no more is tried.",
        "``running`` where the engine has it.",
        "``id``: made where absent. ``name``: its name.",
        "Raises Forbidden, where the caller may not do this.",
        "It survives, where its text is no longer found.",
        "It is held, where it was suspended.",
        "Nobody waits.",
        "whoever asks",
        "A mistake is told at the start.",
        "made anew",
    ],
)
def test_what_the_project_does_not_say(prose: str) -> None:
    assert len(list(english.found_in(prose))) == 1


@pytest.mark.parametrize(
    "prose",
    [
        "Where secrets come from.",
        "Where a value stands: in a header, or in the body.",
        "The file's name, or where it is.",
        "It goes on where it failed.",
        "Say where a source is.",
        "Tell the commands where the server is, and what opens it.",
        "``output``: where its standard output goes.",
        "the place where one is parsed",
        "the text of the expression, where a quotation mark breaks out",
        "They are told apart by their path.",
        "``where`` it stands",
    ],
)
def test_a_place_is_no_condition(prose: str) -> None:
    assert [] == list(english.found_in(prose))


def test_docstrings_comments_texts_and_pages_are_read_with_their_lines() -> None:
    module = '"""A row.\n\nNone where it is absent."""\nx = 1  # made anew\ny = f"nobody {x}"\n'
    assert [3, 4, 5] == sorted(lines(english.of_python(module, texts=True)))
    assert [3, 4] == sorted(lines(english.of_python(module, texts=False)))
    assert [7] == lines(english.of_markdown("Row\n\n```\nNone where absent\n```\n\nNone where\nabsent\n"))
    assert [3] == lines(english.of_comments("[a]\n#\n# None where absent.\nanew = 1\n"))


def lines(pieces: Iterable[english.Prose]) -> list[int]:
    return [first + text[:offset].count("\n") for text, first in pieces for offset, _ in english.found_in(text)]


def test_no_room_has_more_than_are_left_there() -> None:
    found = list(english.findings(english.files()))
    left = english.left()
    more = {
        room for room, count in Counter(english.room(each.path) for each in found).items() if count > left.get(room, 0)
    }
    assert [] == [f"{path}:{line}: {word}" for path, line, word, _ in found if english.room(path) in more]


def test_every_room_of_the_table_is_there() -> None:
    assert [] == [room for room in english.left() if not (english.ROOT / room).is_dir()]


#: "Raise X" is what a function does and nothing else; after another sentence it is said that it "Raises X".
RAISES = re.compile(r"\A\s*Raises\b|(?:[.;:,)]\s+|\n\s*\n\s*)Raise (?=[A-Z])")


@pytest.mark.parametrize(
    ("docstring", "wrong"),
    [
        ("Raise Forbidden if it may not.", False),
        ("The row. Raises Conflict.", False),
        ("The row.\n\n    Raises Conflict.", False),
        ("Raises Forbidden if it may not.", True),
        ("The row. Raise Conflict.", True),
        ("The row.\n\n    Raise Conflict.", True),
    ],
)
def test_what_is_raised_is_said_in_one_form(docstring: str, wrong: bool) -> None:
    assert wrong == bool(RAISES.search(docstring))


def test_docstrings_say_in_one_form_what_is_raised() -> None:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    assert [] == [
        f"{path.relative_to(english.ROOT)}: {docstring}"
        for path in sorted((english.ROOT / "handler").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, documented) and RAISES.search(docstring := ast.get_docstring(node, clean=False) or "")
    ]
