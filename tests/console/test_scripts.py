"""What the console computes without a browser: layouts, axes, forms. The tests are JavaScript, and node runs them."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from tests.flows.deployment import ROOT

HERE = Path(__file__).parent


def test_scripts_of_the_console(tmp_path: Path) -> None:
    """Copied, as node takes a file that ends in .js for a module only beside a package.json that says so."""
    node = shutil.which("node")
    assert node is not None, "node is missing: install it with npm (Debian: apt-get install npm)"
    for name in ("handler/verihook/console", "infra/workflows", "tests/console"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / "package.json").write_text(json.dumps({"type": "module"}))
    scripts = sorted(path.name for path in HERE.glob("*.test.js"))
    folder = tmp_path / "tests" / "console"
    command = [node, "--test", *scripts]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert f"# tests {_count(scripts)}" in done.stdout


def _count(scripts: list[str]) -> int:
    """How many tests there are: node says success of a file that it could not find, too."""
    return sum((HERE / name).read_text().count('\ntest("') for name in scripts)
