"""`make sam-local`: `sam local` on the built template, with Debian's container engine; nothing is pulled.

The engine, the containers, what stands behind them and the tests are in namespaces of their own (network, processes,
mounts): no address leads out of there, and nothing is left of them, however the tests end. That takes root.

A machine that can start no engine fails this in words, unless VERIHOOK_NO_CONTAINERS=1 says that it is known.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.adapters import dynamodb_local
from tests.deployed.emulator import BUILT
from tests.sam.engine import CGROUP, DOCKER, DOCKERD, EngineError, engine, take
from tests.sam.image import NAME, root

KNOWN = "VERIHOOK_NO_CONTAINERS"
#: Where the tests find the engine; conftest.py leaves the tests out without it.
FOLDER, ADDRESS = "VERIHOOK_SAM_LOCAL", "DOCKER_HOST"

_NAMESPACES = ["unshare", "--net", "--pid", "--mount", "--fork", "--kill-child", "--mount-proc"]
#: The exit code of the inner run if there is no engine.
_NO_ENGINE = 75


def outer(arguments: list[str]) -> int:
    """Run the inner part in its namespaces; the exit code."""
    if not (BUILT / "template.yaml").is_file():
        return _told(1, "sam local was not run: there is no .aws-sam/build (make build makes it)")
    reason = _missing()
    if not reason:
        dynamodb_local.installation()  # there is no network inside
        with tempfile.TemporaryDirectory(prefix="sam-local-") as folder:
            command = [*_NAMESPACES, sys.executable, "-m", "tests.sam.run", "--inside", folder, *arguments]
            code = subprocess.run(command, check=False).returncode
            _remove_cgroups()
            if code != _NO_ENGINE:
                return code
            reason = (Path(folder) / "reason").read_text("utf-8")
    if os.environ.get(KNOWN) == "1":
        return _told(0, f"sam local was NOT run, and {KNOWN}=1 says that this is known: {reason}")
    needs = "It needs root, and docker.io and iproute2 of Debian (apt-get install --no-install-recommends ...)."
    return _told(1, f"sam local was not run: {reason}\n{needs} If it is known that none starts here: {KNOWN}=1.")


def _told(code: int, words: str) -> int:
    print(words, file=sys.stderr if code else sys.stdout)  # a command
    return code


def inner(folder: Path, arguments: list[str]) -> int:
    """Start the engine, make the image, run the tests; the exit code."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    try:
        with engine(folder) as address:
            root(folder / "root", [BUILT / "Receiver", BUILT / "Api"])
            take(address, folder / "root", NAME)
            shutil.rmtree(folder / "root")
            tests = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "tests/sam", *arguments]
            environment = {**os.environ, FOLDER: str(folder), ADDRESS: address}
            return subprocess.run(tests, env=environment, check=False).returncode
    except EngineError as error:
        (folder / "reason").write_text(str(error))
        return _NO_ENGINE


def _missing() -> str:
    """What there is to say against trying; empty if nothing."""
    absent = [str(path) for path in (DOCKERD, DOCKER) if not path.exists()]
    absent += [name for name in ("unshare", "ip") if shutil.which(name) is None]
    if absent:
        return f"there is no {', no '.join(absent)}"
    if os.geteuid() != 0:
        return "namespaces and the engine need root"
    tried = subprocess.run([*_NAMESPACES, "true"], capture_output=True, text=True, check=False)
    return f"this machine makes no namespaces: {tried.stderr.strip()}" if tried.returncode else ""


def _remove_cgroups() -> None:
    """What the killed containers have left; by controller in version 1, at the top in version 2."""
    for top in Path("/sys/fs/cgroup").glob(f"**/{CGROUP}"):
        for folder in sorted(path for path in [top, *top.rglob("*")] if path.is_dir())[::-1]:
            folder.rmdir()


if __name__ == "__main__":
    inside = sys.argv[1:2] == ["--inside"]
    sys.exit(inner(Path(sys.argv[2]), sys.argv[3:]) if inside else outer(sys.argv[1:]))
