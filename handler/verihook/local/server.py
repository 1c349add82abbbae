"""The whole thing on one machine: receiver, ledger, Step Functions interpreter, reconcile, in one process."""

from __future__ import annotations

import errno
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType

import uvicorn
from fastapi import FastAPI

from verihook import bootstrap
from verihook.api import open_on_loopback
from verihook.app import create_app
from verihook.errors import ConfigurationError, LedgerUnavailable
from verihook.hooks import Hooks, load_hooks
from verihook.local.banner import banner
from verihook.local.data import DataFolder, Run, instance_key
from verihook.local.interpreter import ARN_PREFIX, Interpreter
from verihook.ports import Services
from verihook.reconcile import reconcile
from verihook.settings import environment

#: Loopback only: the folder's secrets are made up, and a stranger has no business here.
HOST = "127.0.0.1"

#: How often the loop asks the ledger what is due, in seconds.
ROUND = 0.2


def serve(hooks_path: Path, port: int, data: Path) -> None:
    """Run until a signal ends it. Raises ConfigurationError where it cannot start."""
    hooks = load_hooks(hooks_path)
    folder = DataFolder(data)
    listener = _listen(port)
    values, made = folder.secrets(hooks, environment())
    url = f"http://{HOST}:{listener.getsockname()[1]}"
    with Interpreter(data / "executions.db") as interpreter:
        interpreter.deploy(_machines(hooks))
        # What a kill -9 interrupted runs again, from its first state.
        interpreter.resume()
        variables = {**environment(), **values}
        services = bootstrap.on_one_machine(
            hooks, variables, data, interpreter.endpoint_url, ARN_PREFIX, instance_key(values)
        )
        stopping = threading.Event()
        loop = threading.Thread(target=_reconcile, args=(services, stopping), name="reconcile", daemon=True)

        def ready() -> None:
            folder.announce(Run(url, values))
            loop.start()
            print(banner(url, hooks, made, data), flush=True)

        try:
            _serve(create_app(services, open_on_loopback), listener, ready)
        finally:
            stopping.set()
            services.observer.flush()
            folder.close()


def _reconcile(services: Services, stopping: threading.Event) -> None:
    """What EventBridge Scheduler does in AWS, and sooner."""
    while not stopping.wait(ROUND):
        try:
            reconcile(services)
        except LedgerUnavailable as error:
            services.telemetry.failure("reconcile", error)
        services.observer.flush()


def _machines(hooks: Hooks) -> dict[str, str]:
    """The state machines of this deployment: infra/workflows/NAME.asl.json beside the folder of hooks.toml."""
    folder = hooks.path.resolve().parent.parent / "infra" / "workflows"
    machines = {}
    for name, workflow in hooks.workflows.items():
        path = folder / f"{workflow.definition}.asl.json"
        try:
            machines[workflow.definition] = path.read_text(encoding="utf-8")
        except OSError as error:
            mend = f"{path} cannot be read: {error.strerror}"
            raise ConfigurationError(hooks.path.name, f"workflows.{name}.definition", mend) from error
    return machines


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    # Else a restart must wait for the connections of the process before it.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except (OSError, OverflowError) as error:
        in_use = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        why = "is in use" if in_use else f"cannot be bound ({error})"
        raise ConfigurationError(f"port {port}", "", f"{why}; give another: make run PORT=9000") from error
    return listener


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.should_exit:
            self._ready()


def _serve(app: FastAPI, listener: socket.socket, ready: Callable[[], None]) -> None:
    # uvicorn stops gracefully and then raises the signal again: leave as on Ctrl-C.
    signal.signal(signal.SIGTERM, _leave)
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, lifespan="off", server_header=False, timeout_graceful_shutdown=3
    )
    with suppress(KeyboardInterrupt):
        _Server(config, ready).run(sockets=[listener])
    print("Verihook has stopped.", flush=True)


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
