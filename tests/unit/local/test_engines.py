"""The engines of one machine, put together."""

from __future__ import annotations

from pathlib import Path

from verihook.config import load_hooks
from verihook.config.settings import DEFAULT_HOOKS
from verihook.local.engines import LocalEngines


def test_the_access_key_of_a_run_is_in_memory_alone_and_another_one_each_time(tmp_path: Path) -> None:
    """With it a program may approve in a person's place, so it must not be found in the data folder."""
    keys = set()
    for _ in range(2):
        with LocalEngines(load_hooks(DEFAULT_HOOKS), tmp_path) as engines:
            keys.add(engines.endpoints.access_key.encode())
            files = [path for path in tmp_path.rglob("*") if path.is_file()]
            assert {"executions.db", "durable.db"} <= {path.name for path in files}
            assert not [path.name for path in files for key in keys if key in path.read_bytes()]
    assert [2, 32, 32] == [len(keys), *map(len, keys)]
