"""``verihook`` as a person calls it, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.flows.deployment import ROOT

PROGRAM = Path(sys.executable).with_name("verihook")

#: What is started in the background (nohup, &) ignores Ctrl-C, and so does every process that it starts.
_HEEDING = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"


def heeding_ctrl_c(*command: str) -> list[str]:
    """The same command, as a terminal would start it: SIGINT reaches it, however these tests were started."""
    return [sys.executable, "-c", _HEEDING, *command]


def verihook(*arguments: str, given: str | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    """What came of it. ``given``: its standard input; ``variables``: its environment."""
    return subprocess.run(
        [str(PROGRAM), *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **variables},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
        input=given,
    )
