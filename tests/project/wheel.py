"""The project's wheel, built from a copy, because a build leaves its folders beside pyproject.toml."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.project.shell import ROOT

#: What a build reads of the checkout, besides the folder handler.
BUILT_FROM = ("pyproject.toml", "README.md", "LICENSE", "NOTICE")


def build_wheel(folder: Path) -> Path:
    """Build the wheel in ``folder``, an empty one, without the network; its path."""
    for name in BUILT_FROM:
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "handler", folder / "handler", ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", "dist", "."], cwd=folder, check=True, capture_output=True)
    (path,) = (folder / "dist").iterdir()
    return path
