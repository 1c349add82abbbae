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

from tests.signers.library import OTHER_STANDARD, STANDARD, URL, Headers, Library

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

    def library(self, name: str, sender: str, secret: str, header: str, *, signs: bool = False, **rest: Any) -> Library:
        """One of them. ``with_headers``: what it wants to see besides; ``rest``: the other fields of Library."""
        key, url, besides = rest.get("key", ""), rest.get("url", URL), rest.pop("with_headers", {})

        def accepts(headers: Headers, body: bytes) -> bool:
            if header not in headers:
                return False
            return bool(self.ask(name, "verify", secret, {**besides, **headers}, body, key=key, url=url))

        def sign(body: bytes, at: int, secret: str) -> Headers:
            made = self.ask(name, "sign", secret, {}, body, at=at, url=url)
            return made if isinstance(made, dict) else {header: made}

        return Library(name, sender, secret, header, sign if signs else None, accepts, refusals=(NodeRefusal,), **rest)

    def standard(self, name: str, sender: str, header: str = "webhook-signature", **rest: Any) -> Library:
        """One of Standard Webhooks."""
        return self.library(name, sender, STANDARD, header, other=OTHER_STANDARD, **{"takes": "json", **rest})


@cache
def _process(table: str, folder: str) -> subprocess.Popen[str]:
    node, tools = shutil.which("node"), TOOLS / folder
    if node is None:
        _absent("node is not installed")
    if not (tools / ".installed").exists():
        _absent("the libraries are not installed: make signers")
    # A module finds its imports beside itself.
    for name in ("serve.mjs", "clients.mjs", table):
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
