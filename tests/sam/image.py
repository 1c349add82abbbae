"""An image of the functions' runtime, made of what this machine has: nothing is pulled.

In it: the interpreter that `make build` builds with, its standard library, the pinned awslambdaric, the shared
libraries that all of these load, and the commands that SAM asks of an image. Folders and bootstrap are those of
public.ecr.aws/lambda/python, for which it stands. What differs is the C library, which is this machine's.
https://github.com/aws/aws-lambda-base-images
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.deployed.emulator import PACKAGES, PYTHON, RUNTIME

#: SAM takes an image of the machine's own as it is, if it is not to pull.
NAME = f"verihook/lambda:{PYTHON.name}"

#: What SAM puts its emulator in place with, and bootstrap is run by.
_COMMANDS = ("sh", "mv", "chmod", "env")
#: Of the standard library, what no function needs.
_LEFT_OUT = shutil.ignore_patterns("*-packages", "test", "_test*", "*tkinter*", "idlelib", "ensurepip", "config-*")

_ASK = """
import json, os, sys, sysconfig
print(json.dumps([os.path.realpath(sys.executable), sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")]))
"""
_BOOTSTRAP = """#!/bin/sh
export PYTHONPATH=/var/runtime PYTHONDONTWRITEBYTECODE=1
cd "$LAMBDA_TASK_ROOT" && exec {python} -S -m awslambdaric "$_HANDLER"
"""
#: A line of ldd: name => path (address), or the loader's path (address).
_LOADED = re.compile(r"(?:=> )?(/\S+) \(0x")


def root(folder: Path, code: Iterable[Path]) -> None:
    """Write the image's file system into this folder.

    ``code``: folders with compiled modules of the functions, whose shared libraries are put there too.
    """
    found = subprocess.run([PYTHON, "-c", _ASK], check=True, capture_output=True, text=True).stdout
    python, *libraries = (Path(each) for each in json.loads(found))
    for library in set(libraries):
        shutil.copytree(library, _inside(folder, library), symlinks=True, ignore=_LEFT_OUT, dirs_exist_ok=True)
    runtime = folder / "var" / "runtime"
    for path in (path for pattern in RUNTIME for path in PACKAGES.glob(pattern)):
        if path.is_dir():
            shutil.copytree(path, runtime / path.name)
        else:
            runtime.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, runtime)
    commands = [Path(program) for name in _COMMANDS if (program := shutil.which(name, path="/usr/bin"))]
    for path in [python, *commands]:
        _copy(path, folder)
    for path in _shared([python, *commands, *_compiled([folder, *code])]):
        _copy(path, folder)
    if not (folder / "bin").exists():
        (folder / "bin").symlink_to("usr/bin")
    for name in ("tmp", "var/task"):
        # A library may stand in one of them, as in a checkout below /tmp.
        (folder / name).mkdir(parents=True, exist_ok=True)
    bootstrap = runtime / "bootstrap"
    bootstrap.write_text(_BOOTSTRAP.format(python=python))
    bootstrap.chmod(0o755)


def _compiled(folders: Iterable[Path]) -> Iterator[Path]:
    """The compiled modules in these folders."""
    for folder in folders:
        yield from folder.rglob("*.so*")


def _shared(binaries: Iterable[Path]) -> set[Path]:
    """The shared libraries that these load, and the loader, by the paths at which they are looked for."""
    paths = [str(path) for path in binaries]
    # Of several files it says which; what is no dynamic executable fails alone, and loads nothing.
    told = subprocess.run(["ldd", *paths], check=False, capture_output=True, text=True).stdout
    return {Path(path) for path in _LOADED.findall(told)}


def _copy(path: Path, folder: Path) -> None:
    """Put the file at the same path into the folder, not what is a link to it."""
    inside = _inside(folder, path)
    inside.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(path, inside)


def _inside(folder: Path, path: Path) -> Path:
    return folder / path.relative_to("/")
