"""The shell commands of the documents, run as a reader pastes them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from tests.flows.commands import PROGRAM
from tests.flows.deployment import ROOT


def script(page: str) -> str:
    """All that a reader of ``docs/PAGE`` would paste into a shell."""
    text = (ROOT / "docs" / page).read_text()
    return "\n".join(re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL))


def bash(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What came of it in ``folder``, where ``verihook`` is on the path."""
    path = f"{PROGRAM.parent}:{os.environ['PATH']}"
    return subprocess.run(
        [str(shutil.which("bash")), "-c", text],
        cwd=folder,
        env={"PATH": path, "HOME": os.environ.get("HOME", "/"), "NO_PROXY": "*"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
