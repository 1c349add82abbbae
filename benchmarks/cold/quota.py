"""The share of a processor that 512 MB get, as a cgroup's quota: that share, whatever else the machine does.

https://docs.kernel.org/scheduler/sched-bwc.html
https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

#: 512 MB of the 1,769 that get a whole one.
#: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
SHARE = 0.29

#: How often a new share is handed out, in microseconds. Within a long period a request of some milliseconds would
#: go through as if nothing were throttled.
PERIOD_US = 20_000

_V1, _V2 = Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup")


class NoQuota(Exception):
    """What keeps this machine from throttling a process, in words."""


@contextmanager
def quota() -> Iterator[Path]:
    """A cgroup with that share, as the file that takes the ids of its processes. Raises NoQuota."""
    quota_us = int(SHARE * PERIOD_US)
    v1 = {"cpu.cfs_period_us": f"{PERIOD_US}", "cpu.cfs_quota_us": f"{quota_us}"}
    with _group("throttled", v1, {"cpu.max": f"{quota_us} {PERIOD_US}"}) as group:
        yield group / "cgroup.procs"


def release(group: Path) -> None:
    """Let its processes out: their end takes time, and would take it from the next that is measured."""
    for process in group.read_text().split():
        with suppress(OSError):  # it has ended
            (group.parents[1] / group.name).write_text(process)


@contextmanager
def foremost() -> Iterator[None]:
    """This process and all that it starts come before what else the machine runs. Raises NoQuota."""
    with _group("foremost", {}, {}) as group:
        (group / "cgroup.procs").write_text(str(os.getpid()))
        try:
            yield
        finally:
            (group.parent / "cgroup.procs").write_text(str(os.getpid()))


@contextmanager
def _group(name: str, v1: dict[str, str], v2: dict[str, str]) -> Iterator[Path]:
    """A cgroup of the greatest weight with these limits, in the words of either version."""
    if (_V1 / "cgroup.procs").is_file():
        root, limits = _V1, v1 | {"cpu.shares": "262144"}
    elif (_V2 / "cgroup.controllers").is_file():
        root, limits = _V2, v2 | {"cpu.weight": "10000"}
    else:
        raise NoQuota(f"there is no cgroup for the processor, neither {_V1} nor {_V2}/cgroup.controllers")
    group = root / f"verihook-{name}-{os.getpid()}"
    try:
        group.mkdir()
        for file, limit in limits.items():
            (group / file).write_text(limit)
    except OSError as error:
        with suppress(OSError):
            group.rmdir()
        raise NoQuota(
            f"{group} cannot be made and limited, which takes root and the cpu controller: {error}"
        ) from error
    try:
        yield group
    finally:
        for _ in range(500):  # until its last process is reaped
            with suppress(OSError):
                group.rmdir()
                break
            time.sleep(0.01)
