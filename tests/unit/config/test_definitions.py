"""A definition is a file in the folder of workflows."""

from __future__ import annotations

from pathlib import Path

import pytest

from verihook.config.definitions import load
from verihook.errors import ConfigurationError


def test_a_definition_is_a_file(tmp_path: Path) -> None:
    text = (
        "from dataclasses import dataclass\n\n@dataclass\nclass Order:\n    id: str\n\ndef run(): return Order('x')\n"
    )
    (tmp_path / "order_log.py").write_text(text)
    assert "x" == load(tmp_path, "order-log", "run")().id


@pytest.mark.parametrize(
    ("definition", "words"),
    [
        (
            "missing",
            r"missing\.py: there is no such file in .*; write it, or mend the workflow of hooks.toml that has "
            'definition = "missing"$',
        ),
        ("../x", "'../x' is not a definition: lower-case letters, digits, hyphens and underscores"),
        ("", "'' is not a definition"),
        ("empty", r"empty\.py: run: is missing; the workflow 'empty' runs it"),
        ("broken", r"broken\.py: cannot be loaded: SyntaxError: "),
        ("raising", r"raising\.py: cannot be loaded: ModuleNotFoundError: No module named 'no_such'"),
    ],
)
def test_what_cannot_be_loaded_is_said_in_words(tmp_path: Path, definition: str, words: str) -> None:
    (tmp_path / "empty.py").write_text("")
    (tmp_path / "broken.py").write_text("def run(:\n")
    (tmp_path / "raising.py").write_text("import no_such\n")
    with pytest.raises(ConfigurationError, match=words):
        load(tmp_path, definition, "run")
