"""The command `dex-local-runner`, which goes on with what a killed one has left in its store, as AWS does.

The official one loads it, but arms no timer of it and invokes no function: what waits for the next try of a step would
wait for ever. Nothing else is changed. python -m tests.deployed.local_runner start-server ...
"""

from __future__ import annotations

import sys

from aws_durable_execution_sdk_python_testing import cli
from aws_durable_execution_sdk_python_testing.runner import WebRunner


class GoingOn(WebRunner):
    """Started, it has begun again what was not over."""

    def start(self) -> None:
        super().start()
        executor, store = self._executor, self._store
        assert executor is not None
        assert store is not None
        left, _ = store.query(status_filter="RUNNING")
        for execution in left:
            executor._launch_execution(execution, execution.start_input.execution_timeout_seconds)
            executor._schedule_earliest_pending(execution.durable_execution_arn)


if __name__ == "__main__":
    cli.WebRunner = GoingOn  # type: ignore[attr-defined]
    sys.exit(cli.main())
