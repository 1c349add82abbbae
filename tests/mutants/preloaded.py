"""Runs tests in forks of a process that has imported what takes longest: ``python -P preloaded.py``.

A line of JSON on standard input is one run: ``tree`` (the folder), ``tests`` (arguments of pytest), ``output`` (the
file for what they print), ``patience`` (the seconds after which they are killed), ``bytecode`` (whether Python may
leave any). A line answers it: the exit code of pytest, or ``null`` if it was killed, and the seconds of a processor
that the run took. Nothing of ours is imported before the fork, so that each run imports all of it from the tree, as it
is then.
"""

from __future__ import annotations

import contextlib
import gc
import importlib.metadata
import json
import os
import random
import signal
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import Any

import pytest

#: What most tests import, beside pytest's plugins.
PRELOADED = (
    "boto3",
    "cryptography.x509",
    "fastapi.testclient",
    "jsonschema_rs",
    "moto.dynamodb",
    "nacl.signing",
    "yaml",
)
#: The exit code of a run that imported the package from elsewhere; those of pytest end at 5.
ELSEWHERE = 70


def preload() -> None:
    """Import PRELOADED and the plugins.

    Raises RuntimeError if that imports something of ours, or starts a thread, which no child would have.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for plugin in importlib.metadata.entry_points(group="pytest11"):
            plugin.load()
        for name in PRELOADED:
            importlib.import_module(name)
    ours = sorted(name for name in sys.modules if name.partition(".")[0] in {"verihook", "tests", "conftest"})
    if ours or threading.active_count() > 1:
        raise RuntimeError(f"before the fork: {ours} are imported, threads: {threading.enumerate()}")
    # What is never collected stays shared with the children.
    gc.freeze()


def run_tests(tree: Path, tests: list[str], bytecode: bool) -> int:
    """Return the exit code of pytest for tests of the tree, run in this process up to the first failure."""
    package = str(tree / "handler")
    # Also for the processes that tests start.
    os.environ.update(PYTHONPATH=package, PYTHONDONTWRITEBYTECODE="1")
    sys.path.insert(0, package)
    sys.dont_write_bytecode = not bytecode
    random.seed()
    # The plugins are imported: too late to rewrite their asserts.
    options = ["-x", "-q", "-p", "no:cacheprovider", "--tb=line", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    code = pytest.main([*options, *tests])
    imported = getattr(sys.modules.get("verihook"), "__file__", None)
    return ELSEWHERE if imported and not imported.startswith(package) else code


def wait(child: int, patience: float) -> tuple[int | None, float]:
    """Return (the exit code of the child, None if it was killed after ``patience`` seconds; the processor's seconds).

    All that it started ends.
    """
    end = time.monotonic() + patience
    while not (ended := os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT)) and time.monotonic() < end:
        time.sleep(0.01)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    _, status, used = os.wait4(child, 0)
    return os.waitstatus_to_exitcode(status) if ended else None, used.ru_utime + used.ru_stime


def become_child(output: str) -> None:
    """Lead a group of processes, read nothing, and print into a file."""
    os.setsid()
    for path, flags, descriptors in (
        (os.devnull, os.O_RDONLY, (0,)),
        (output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, (1, 2)),
    ):
        opened = os.open(path, flags)
        for descriptor in descriptors:
            os.dup2(opened, descriptor)
        os.close(opened)


def serve() -> int:
    """Answer each line of standard input. A child returns as well, with its exit code: it ends as any process does."""
    for line in sys.stdin:
        run: dict[str, Any] = json.loads(line)
        child = os.fork()
        if child == 0:
            become_child(run["output"])
            os.chdir(run["tree"])
            return run_tests(Path(run["tree"]), run["tests"], run["bytecode"])
        sys.stdout.write(f"{json.dumps(wait(child, run['patience']))}\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    preload()
    sys.exit(serve())
