"""Run by tests/project/test_additions.py in a tree that has the secret store ``vault``."""

from __future__ import annotations

from pathlib import Path

from tests.project.additions.serving import HOOKS, delivered


def test_a_delivery_is_verified_with_a_secret_of_it(tmp_path: Path) -> None:
    found = delivered(tmp_path, HOOKS.format(engine="function", secret="vault:notes"), "the secret of notes")
    assert (found.source, found.event_id) == ("notes", "n-1")
