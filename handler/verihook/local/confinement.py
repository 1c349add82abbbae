"""Confines this process to the files that Python code needs: neither the data folder, nor secrets beside hooks.toml.

By Landlock, which Linux has since 5.13: https://docs.kernel.org/userspace-api/landlock.html. Elsewhere it does nothing.
What is not allowed here cannot be opened, by a process that is started either, whatever its user may.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Callable
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION, _PATH_BENEATH, _NO_NEW_PRIVILEGES = 1, 1, 38

_EXECUTE, _WRITE, _READ, _READ_FOLDER = 1 << 0, 1 << 1, 1 << 2, 1 << 3

#: Every act on a file that the first version knows: to read, write, run, make and remove.
_ALL = (1 << 13) - 1

#: From this version on, also: to reach processes of others by a signal or an abstract socket.
_SCOPES, _SCOPED = 6, 3

#: What is read of the system: libraries, certificates, how names are looked up.
_SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/etc", "/opt")
_DEVICES = ("/dev/null", "/dev/urandom", "/dev/random", "/dev/zero")


def version() -> int:
    """Return the version of Landlock that this system has, 0 or less if it has none."""
    if not sys.platform.startswith("linux"):
        return 0
    found: int = ctypes.CDLL(None).syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION))
    return found


def confine(folders: list[Path]) -> bool:
    """Allow this process, from now on, to read what Python needs and these folders, and to write nothing.

    Return whether the system can do that. Call it before any thread is started: it holds of the calling one.
    """
    known = version()
    if known < 1:
        return False
    system = ctypes.CDLL(None).syscall
    attributes = struct.pack("=QQQ", _ALL, 0, _SCOPED) if known >= _SCOPES else struct.pack("=Q", _ALL)
    rules = system(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))
    if rules < 0:
        return False
    for path in dict.fromkeys([*map(Path, _SYSTEM), *_pythons_own(folders), *folders]):
        _allow(system, rules, path, _EXECUTE | _READ | _READ_FOLDER)
    for path in map(Path, _DEVICES):
        _allow(system, rules, path, _READ | _WRITE)
    ctypes.CDLL(None).prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    confined: bool = system(_RESTRICT_SELF, rules, ctypes.c_uint32(0)) == 0
    os.close(rules)
    return confined


def _pythons_own(folders: list[Path]) -> list[Path]:
    """The folders of packages; none that is above one of ``folders``, such as the one with hooks.toml."""
    found = [Path(path) for path in (sys.prefix, sys.base_prefix, *sys.path) if path]
    return [path for path in found if not any(folder.is_relative_to(path) and folder != path for folder in folders)]


def _allow(system: Callable[..., int], rules: int, path: Path, what: int) -> None:
    try:
        beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    rule = struct.pack("=Qi", what, beneath)
    system(_ADD_RULE, rules, ctypes.c_int(_PATH_BENEATH), rule, ctypes.c_uint32(0))
    os.close(beneath)
