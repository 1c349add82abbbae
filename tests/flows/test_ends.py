"""The engines of one machine tell of an end at once: no round of reconcile is waited for, however old the instance."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.flows.deployment import VARIABLES
from tests.flows.waiting import wait_until
from tests.flows.workshop import write_workshop
from verihook import instances
from verihook.bootstrap import local_log, on_one_machine
from verihook.config import load_hooks
from verihook.instances import StartRequest
from verihook.local.engines import LocalEngines
from verihook.model.instance import Instance


@pytest.mark.parametrize(
    ("workflow", "status"), [("order-review", "completed"), ("uncaught-review", "failed"), ("walk", "completed")]
)
def test_an_end_is_recorded_without_reconcile(tmp_path: Path, workflow: str, status: str) -> None:
    hooks = load_hooks(write_workshop(tmp_path / "deployment", ""))
    (tmp_path / "data").mkdir(mode=0o700)
    with LocalEngines(hooks, tmp_path / "data") as engines:
        services = on_one_machine(hooks, VARIABLES, tmp_path / "data", engines.endpoints, b"k" * 32, local_log())
        engines.run(services)
        instances.submit(StartRequest(workflow, {"orderId": "o-1"}, id="a"), "", services)

        def ended() -> Instance | None:
            row = instances.get("a", services)
            waits = any(each.state == "waiting" for each in instances.mailbox("a", services))
            if waits and status == "completed" and not row.final:
                instances.raise_event("a", "approved", {"by": "ops"}, services, event_id="once")
            return row if row.final else None

        assert wait_until(ended).status == status
