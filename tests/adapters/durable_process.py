"""A durable runner in a process of its own, to be killed: ``python -m tests.adapters.durable_process FOLDER``.

The folder holds the workflows; the store and ``ends`` (a line for every end) are written into it. Prints the URL of the
endpoint, then waits for the end of its standard input.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from verihook.local.durable import DurableRunner


def main(folder: Path) -> None:
    """Serve until standard input ends."""

    def on_end(detail: dict[str, Any]) -> None:
        with (folder / "ends").open("a") as ends:
            ends.write(f"{detail['durableExecutionName']} {detail['status']}\n")

    with DurableRunner(folder / "store.db", folder, on_end=on_end) as runner:
        runner.resume()
        print(runner.endpoint_url, flush=True)  # noqa: T201  # how the test learns of the port
        sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
