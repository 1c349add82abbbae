"""Files that hooks.toml names as "file:NAME.secret": git ignores them, and no build packs them."""

from __future__ import annotations

import fnmatch
import re
from pathlib import Path

import artifact
from tests.project.template import ROOT


def test_git_ignores_them_wherever_they_are() -> None:
    assert "*.secret" in (ROOT / ".gitignore").read_text("utf-8").splitlines()


def test_no_build_packs_them(tmp_path: Path) -> None:
    for name in ("a.secret", "deep/b.secret", "deep/kept.py"):
        (tmp_path / "workflows" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "workflows" / name).write_text("s3cret")
    artifact._copy(tmp_path / "workflows", tmp_path / "packed", [])
    assert ["kept.py"] == [path.name for path in (tmp_path / "packed").rglob("*") if path.is_file()]


def test_the_pages_name_them_so() -> None:
    pages = {path: path.read_text("utf-8") for path in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]}
    named = {
        name for text in pages.values() for name in re.findall(r'"file:([^"#]+)"', text) if name not in ("PATH", "...")
    }
    assert named
    assert not [name for name in named if not fnmatch.fnmatch(name, "*.secret")]
