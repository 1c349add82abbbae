"""``verihook`` as a person calls it, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.flows.deployment import ROOT

PROGRAM = Path(sys.executable).with_name("verihook")


def verihook(*arguments: str, given: str | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    """What came of it. ``given``: its standard input; ``variables``: its environment."""
    return subprocess.run(
        [str(PROGRAM), *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        input=given,
    )
