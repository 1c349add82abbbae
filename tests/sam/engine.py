"""Debian's container engine, started for a while in a folder of its own."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DOCKERD = Path("/usr/sbin/dockerd")
DOCKER = Path("/usr/bin/docker")
#: The host's address on the engine's bridge, where containers find what stands behind the functions.
BRIDGE = "172.31.255.1"
#: Every container is under it, so that what is left of them is found.
CGROUP = "verihook-sam-local"

_PATIENCE = 60.0


class EngineError(Exception):
    """It could not be started; says why."""


@contextmanager
def engine(folder: Path) -> Iterator[str]:
    """The engine's address, for ``DOCKER_HOST``. Raises EngineError if it does not start.

    To be run in namespaces of its own (run.py): it makes a bridge, and its mounts and containers end with these.
    """
    address, log = f"unix://{folder}/docker.sock", folder / "dockerd.log"
    options = ["--host", address, "--data-root", str(folder / "data"), "--exec-root", str(folder / "exec")]
    options += ["--pidfile", str(folder / "dockerd.pid"), "--cgroup-parent", f"/{CGROUP}", "--bip", f"{BRIDGE}/24"]
    # Neither filters nor routes: ports are handed on by docker-proxy, and nothing leads out.
    options += ["--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false"]
    with log.open("w") as out:
        process = subprocess.Popen(
            [str(DOCKERD), *options],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},  # Debian's own containerd and runc
        )
    try:
        deadline = time.monotonic() + _PATIENCE
        while subprocess.run([DOCKER, "--host", address, "info"], capture_output=True, check=False).returncode:
            if process.poll() is not None or time.monotonic() > deadline:
                raise EngineError(f"dockerd does not start:\n{_end_of(log)}")
            time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=10)


def take(address: str, root: Path, name: str) -> None:
    """Make an image of this file system, whose work is done in /var/task as Lambda's."""
    change = ["--change", "WORKDIR /var/task", "--change", "ENV LAMBDA_TASK_ROOT=/var/task"]
    packed = subprocess.Popen(["tar", "--directory", str(root), "--create", "."], stdout=subprocess.PIPE)
    command = [str(DOCKER), "--host", address, "import", *change, "-", name]
    subprocess.run(command, stdin=packed.stdout, stdout=subprocess.DEVNULL, check=True)
    if packed.wait(timeout=10):
        raise EngineError(f"{root} could not be packed")


def _end_of(log: Path) -> str:
    return "\n".join(log.read_text("utf-8").splitlines()[-10:])
