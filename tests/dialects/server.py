"""``verihook run`` over the dialects' deployment, as a process of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.dialects.deployment import INVOICE, MACHINES, WORKFLOWS
from tests.flows.commands import verihook
from tests.flows.faces import serving
from tests.flows.waiting import FINAL, wait_until


@dataclass
class Served:
    """A server. ``client``: of its URL, without a key."""

    client: httpx.Client
    data: Path

    @property
    def host(self) -> str:
        return str(self.client.base_url).removeprefix("http://").rstrip("/")

    def key(self, *scopes: str) -> str:
        """A new key, made by the command."""
        wanted = [part for scope in scopes for part in ("--scope", scope)]
        return verihook("keys", "create", "--name", "client", *wanted, "--data", str(self.data)).stdout.strip()

    def ended(self, id: str, key: str = "") -> dict[str, Any]:
        """The instance at its end, by the native API."""
        headers = {"authorization": f"Bearer {key}"} if key else {}

        def ended() -> dict[str, Any] | None:
            found = dict(self.client.get(f"/v1/instances/{id}", headers=headers).raise_for_status().json())
            return found if found["status"] in FINAL else None

        return wait_until(ended, what=f"{id} did not end")


@contextmanager
def run_server(folder: Path, *options: str) -> Iterator[Served]:
    """A server in ``folder``; ``options`` of ``verihook run``."""
    with (
        serving(folder / "data", {}, "--hooks", str(_write(folder)), *options) as server,
        httpx.Client(base_url=server.url, timeout=60, trust_env=False) as client,
    ):
        yield Served(client, folder / "data")


def _write(folder: Path) -> Path:
    """The deployment as a checkout has it; returns the path of its hooks.toml."""
    machines, handler = folder / "infra" / "workflows", folder / "handler"
    machines.mkdir(parents=True)
    handler.mkdir()
    for name, machine in MACHINES.items():
        (machines / f"{name}.asl.json").write_text(json.dumps(machine))
    (handler / "invoice.schema.json").write_text(json.dumps(INVOICE))
    lines = ["[api]\nstarts_per_minute = 0", '[connections.conn_xyz]\nurl = "https://example.com"']
    for name, workflow in WORKFLOWS.items():
        lines.append(f'[workflows.{name}]\nengine = "{workflow.engine}"\ndefinition = "{workflow.definition}"')
        lines.append(f'version = {workflow.version}\nstatus = "{workflow.status}"')
        lines.append(f"connections = {json.dumps(workflow.connections)}")
        if workflow.input_schema is not None:
            lines.append('input_schema = "invoice.schema.json"')
    hooks = handler / "hooks.toml"
    hooks.write_text("\n".join(lines) + "\n")
    return hooks
