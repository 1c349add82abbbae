"""The share of a processor that 512 MB get, as a cgroup's quota.

https://docs.kernel.org/scheduler/sched-bwc.html
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

#: 512 MB of the 1,769 that get a whole one.
#: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
SHARE = 0.29

#: How often the share is handed out anew, in microseconds. Within a long period a request of some milliseconds would
#: go through as if nothing were throttled.
PERIOD_US = 20_000

_V1, _V2 = Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup")


class NoQuota(Exception):
    """What keeps this machine from throttling a process, in words."""


@contextmanager
def quota() -> Iterator[Path]:
    """A cgroup with that share, as the file that takes the ids of its processes. Raises NoQuota."""
    name, quota_us = f"verihook-cold-start-{os.getpid()}", int(SHARE * PERIOD_US)
    if (_V1 / "cpu.cfs_quota_us").parent.is_dir() and (_V1 / "cgroup.procs").is_file():
        group, limits = _V1 / name, {"cpu.cfs_period_us": f"{PERIOD_US}", "cpu.cfs_quota_us": f"{quota_us}"}
    elif (_V2 / "cgroup.controllers").is_file():
        group, limits = _V2 / name, {"cpu.max": f"{quota_us} {PERIOD_US}"}
    else:
        raise NoQuota(f"there is no cgroup controller for the processor: neither {_V1} nor {_V2}/cgroup.controllers")
    try:
        group.mkdir()
        for file, limit in limits.items():
            (group / file).write_text(limit)
    except OSError as error:
        with suppress(OSError):
            group.rmdir()
        raise NoQuota(
            f"the cgroup {group} cannot be made or limited, which takes root and the cpu controller: {error}"
        ) from error
    try:
        yield group / "cgroup.procs"
    finally:
        with suppress(OSError):  # a process of it is not reaped yet
            group.rmdir()
