"""Loading handlers: what cannot be loaded is refused in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from verihook.errors import ConfigurationError
from verihook.local.durable.workflows import Workflows


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "no such file"),
        ("x = 1\n", "handler"),
        ("handler = 1\n", "@durable_execution"),
        ("def handler(event, context): ...\n", "@durable_execution"),
        ("raise RuntimeError('boom')\n", "boom"),
        ("def handler(:\n", "SyntaxError"),
    ],
)
def test_what_cannot_be_loaded(tmp_path: Path, text: str | None, words: str) -> None:
    if text is not None:
        (tmp_path / "my_flow.py").write_text(text)
    workflows = Workflows(tmp_path)
    with pytest.raises(ConfigurationError, match=words):
        workflows.handler("my-flow")
    assert "my-flow" not in workflows


def test_it_is_loaded_once(tmp_path: Path) -> None:
    (tmp_path / "my_flow.py").write_text(
        "from aws_durable_execution_sdk_python import durable_execution\n"
        "@durable_execution\ndef handler(event, context): return 1\n"
    )
    workflows = Workflows(tmp_path)
    assert workflows.handler("my-flow") is workflows.handler("my-flow")
    assert "my-flow" in workflows
