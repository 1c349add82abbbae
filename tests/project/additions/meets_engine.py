"""Run by tests/project/test_additions.py in a tree that has the engine ``memo``."""

from __future__ import annotations

from pathlib import Path

from tests.project.additions.serving import HOOKS, delivered


def test_a_webhook_starts_a_workflow_of_it_which_completes(tmp_path: Path) -> None:
    hooks = HOOKS.format(engine="memo", secret="env:NOTES_SECRET")
    found = delivered(tmp_path, hooks, "s3cret", NOTES_SECRET="s3cret")
    assert (found.engine, found.status, found.output["text"]) == ("memo", "completed", "hello")
