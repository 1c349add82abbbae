"""Official libraries of Node, in a process that is asked line by line (node/serve.mjs).

Installed by ``make signers`` into .tools/signers, those of ``make signers ALL=1`` into .tools/signers-all. Without node
or them the tests are skipped; with CI set they fail.
"""

from __future__ import annotations

import atexit
import base64
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

import pytest

from tests.signers.library import URL, Headers

TOOLS = Path(__file__).parents[2] / ".tools"
NODE = Path(__file__).parent / "node"


class NodeRefusal(Exception):
    """The library threw; every one of these does so to refuse."""


@dataclass(frozen=True)
class NodeLibraries:
    """The libraries of one table of node/, by their names there. ``folder``: where they are installed, in .tools."""

    table: str
    folder: str

    def ask(self, library: str, action: str, secret: str, headers: Headers, body: bytes, **rest: Any) -> Any:
        """Have the library ``sign`` or ``verify``; return its answer. Raises NodeRefusal."""
        process = _process(self.table, self.folder)
        assert process.stdin is not None
        assert process.stdout is not None
        asked = {"url": URL, **rest, "library": library, "action": action, "secret": secret, "headers": headers}
        process.stdin.write(json.dumps({**asked, "body": base64.b64encode(body).decode()}) + "\n")
        process.stdin.flush()
        answer: dict[str, Any] = json.loads(process.stdout.readline())
        if "error" in answer:
            raise NodeRefusal(answer["error"])
        return answer["result"]


@cache
def _process(table: str, folder: str) -> subprocess.Popen[str]:
    node, tools = shutil.which("node"), TOOLS / folder
    if node is None:
        _absent("node is not installed")
    if not (tools / ".installed").exists():
        _absent("the libraries are not installed: make signers")
    # A module finds its imports beside itself.
    for name in ("serve.mjs", table):
        shutil.copy(NODE / name, tools / name)
    process = subprocess.Popen(
        [node, str(tools / "serve.mjs"), f"./{table}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    atexit.register(process.kill)
    return process


def _absent(reason: str) -> NoReturn:
    text = f"libraries of Node: {reason}"
    if os.environ.get("CI"):
        pytest.fail(text)
    pytest.skip(text)
