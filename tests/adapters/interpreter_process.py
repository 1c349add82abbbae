"""An interpreter in a process of its own, to be killed: ``python -m tests.adapters.interpreter_process FOLDER``.

The folder holds ``*.asl.json``; the journal, ``ends`` (a line for every end) and ``tokens`` (a line for every wait) are
written into it. Prints the URL of
the endpoint, then waits for the end of its standard input.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from tests.adapters.interpreter_machines import WORKER
from verihook.local.runner import Interpreter
from verihook.local.runner.integrations import Integrations


def main(folder: Path) -> None:
    """Serve until standard input ends."""

    def on_end(detail: dict[str, Any]) -> None:
        with (folder / "ends").open("a") as ends:
            ends.write(f"{detail['name']} {detail['status']}\n")

    def work(event: dict[str, Any]) -> object:
        with (folder / "tokens").open("a") as tokens:
            tokens.write(event["await"]["token"] + "\n")
        return {}

    definitions = {path.name.removesuffix(".asl.json"): path.read_text() for path in folder.glob("*.asl.json")}
    with Interpreter(folder / "journal.db", on_end=on_end, integrations=Integrations({WORKER: work})) as interpreter:
        interpreter.deploy(definitions)
        interpreter.resume()
        print(interpreter.endpoint_url, flush=True)  # noqa: T201  # how the test learns of the port
        sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
