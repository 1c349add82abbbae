"""The clients of AWS that tasks of state machines use: they call our own endpoint, never anywhere else."""

from __future__ import annotations

import threading
from typing import Any


class TaskClients:
    """Stands for boto3 in moto's module: one client for each service and endpoint, never another host's."""

    access_key = "local"

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: dict[tuple[str, str, str], Any] = {}

    def client(self, service_name: str, endpoint_url: str, region_name: str, config: Any, **keys: str) -> Any:
        """What ``boto3.client`` gives. moto names the endpoint in every call, or this raises TypeError."""
        from boto3.session import Session
        from botocore.config import Config

        with self._lock:
            key = (service_name, endpoint_url, self.access_key)
            if key not in self._made:
                local = Config(
                    max_pool_connections=64, inject_host_prefix=False, proxies={}, s3={"addressing_style": "path"}
                )
                session: Any = Session(region_name=region_name)
                keys["aws_access_key_id"] = self.access_key
                self._made[key] = session.client(
                    service_name, endpoint_url=endpoint_url, config=config.merge(local), **keys
                )
            return self._made[key]


def send_tasks_to(port: int, access_key: str) -> None:
    """Tasks of state machines call ``localhost:port``, with this key: those of the interpreter started last."""
    from moto.stepfunctions.parser.asl.utils import boto_client

    replace: Any = setattr
    replace(boto_client, "moto_server_port", lambda: str(port))
    TaskClients.access_key = access_key or "local"
