"""Runs the documents' own snippets, with host, key and id changed and nothing else.

A program that is missing skips its tests; with CI set they fail, but for go, which no document needs to be started.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

DOCUMENTS = Path(__file__).parent / "documents"
NODE = Path(__file__).parent / "node"
TOOLS = Path(__file__).parents[2] / ".tools" / "dialects"

#: Keys of a client elsewhere must not leak in, nor a proxy stand between.
_ENVIRONMENT = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "NO_PROXY": "*"}


def snippet(name: str, changes: Mapping[str, str]) -> str:
    """The text of a document; every change must be one."""
    text = (DOCUMENTS / name).read_text()
    for old, new in changes.items():
        assert old in text, f"{name} has no {old!r}"
        text = text.replace(old, new)
    return text


def curl(name: str, changes: Mapping[str, str]) -> str:
    """What the answer's body is."""
    program("curl")
    # Quiet, as a terminal would not show the progress; the command itself stays as it is.
    shell = f'curl() {{ command curl --silent --show-error --max-time 60 "$@"; }}\n{snippet(name, changes)}'
    return run([program("bash"), "-c", shell])


def python(text: str) -> str:
    """What the Python program prints."""
    return run([sys.executable, "-c", text])


def node(text: str, **variables: str) -> str:
    """What the JavaScript module prints."""
    return run([program("node"), "--input-type=module", "-e", text], variables)


def run(command: list[str], variables: Mapping[str, str] | None = None, cwd: Path | None = None) -> str:
    """Standard output of a command that succeeds."""
    environment = {**_ENVIRONMENT, **(variables or {})}
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env=environment, cwd=cwd)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def program(name: str, *, wanted: bool = True) -> str:
    """The path of a program. Skips the test if it is missing, or fails it if CI is set and it is ``wanted``."""
    found = shutil.which(name)
    return found if found is not None else absent(f"{name} is not installed", wanted=wanted)


def clients() -> Path:
    """The folder of npm's clients, installed first if they are missing, as package-lock.json pins them."""
    npm = program("npm")
    TOOLS.mkdir(parents=True, exist_ok=True)
    with _alone(TOOLS / ".lock"):
        pinned, installed = NODE / "package-lock.json", TOOLS / "package-lock.json"
        if not (TOOLS / ".installed").exists() or installed.read_bytes() != pinned.read_bytes():
            for name in ("package.json", "package-lock.json"):
                shutil.copy(NODE / name, TOOLS / name)
            options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"]
            done = subprocess.run(
                [npm, "ci", "--prefix", str(TOOLS), *options], capture_output=True, text=True, timeout=300, check=False
            )
            if done.returncode != 0:
                absent(f"npm could not install the clients: {done.stderr[-1000:]}")
            (TOOLS / ".installed").touch()
    return TOOLS


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Two test sessions do not install at once."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def absent(reason: str, *, wanted: bool = True) -> NoReturn:
    """Skip, or fail in CI."""
    if os.environ.get("CI") and wanted:
        pytest.fail(reason)
    pytest.skip(reason)
