"""What is in a script stays text: nothing of a help text is run by the shell."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from verihook.cli.shells import SHELLS
from verihook.cli.tree import Node, Option

HOSTILE = 'it\'s $(echo no) `echo no` \\ "both": [x]'
ROOT = Node(
    "",
    "",
    (),
    (Node("do", HOSTILE, (Option(("--how",), HOSTILE, takes_value=True, choices=("a b", "$c"), is_file=False),), ()),),
)


@pytest.mark.parametrize("shell", [*SHELLS])
def test_the_shell_reads_its_script(shell: str) -> None:
    if shell != "bash" and shutil.which(shell) is None:
        pytest.skip(f"no {shell} on this machine")
    done = subprocess.run([shell, "-n"], input=SHELLS[shell](ROOT), capture_output=True, text=True, check=False)
    assert (0, "") == (done.returncode, done.stderr)


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_help_texts_are_quoted(shell: str) -> None:
    told = SHELLS[shell](ROOT)
    quoted = "\\'" if shell == "fish" else "'\"'\"'"
    assert f"it{quoted}s $(echo no)" in told
