"""The whole thing on one machine: receiver, API, ledger, engines, reconcile, in one process."""

from __future__ import annotations

import errno
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import FrameType

import uvicorn
from fastapi import FastAPI

from verihook import bootstrap, keys
from verihook.api.access import Access
from verihook.app import create_app
from verihook.errors import ConfigurationError
from verihook.hooks import load_hooks
from verihook.local.banner import banner
from verihook.local.connections import BACKLOG, Connection, SeldomSaid, most_connections
from verihook.local.data import DataFolder, Run, instance_key
from verihook.local.engines import LocalEngines
from verihook.local.housekeeping import sweep
from verihook.ports import Services
from verihook.reconcile import call_back, reconcile
from verihook.scopes import ApiKey
from verihook.settings import environment

#: Loopback only: the folder's secrets are made up, and a stranger has no business here.
HOST = "127.0.0.1"

#: How often the loop asks the ledger what is due, in seconds.
ROUND = 0.2

#: How often payloads that nobody needs are looked for, in seconds.
SWEEP = 600.0


def serve(hooks_path: Path, port: int, data: Path, *, opened: bool = False) -> None:
    """Run until a signal ends it. ``opened``: the API asks for no key, whatever hooks.toml says.

    Raises ConfigurationError where it cannot start.
    """
    hooks = load_hooks(hooks_path)
    if opened:
        hooks = replace(hooks, policy=replace(hooks.policy, auth="open"))
    folder = DataFolder(data)
    listener = _listen(port)
    values, made = folder.secrets(hooks, environment())
    url = f"http://{HOST}:{listener.getsockname()[1]}"
    with LocalEngines(hooks, data) as engines:
        variables = {**environment(), **values}
        services = bootstrap.on_one_machine(hooks, variables, data, engines.endpoints, instance_key(values), made)
        run = Run(url, values, keys.new_secret())
        ended = _end_keys_made_open(services)
        stopping = threading.Event()
        payloads = data / "payloads"
        rounds: dict[str, tuple[float, Callable[[Services], object]]] = {
            "reconcile": (ROUND, reconcile),
            "call_back": (ROUND, call_back),
            "sweep": (SWEEP, lambda services: sweep(payloads, services)),
        }
        loops = [
            threading.Thread(target=_repeat, args=(name, *each, services, stopping), name=name, daemon=True)
            for name, each in rounds.items()
        ]

        def ready() -> None:
            folder.announce(run)
            engines.run(services)
            print(banner(url, hooks, made, data, ended), flush=True)
            # After the banner: a step that kills the process as soon as it runs must not leave it without a word.
            engines.resume()
            for loop in loops:
                loop.start()

        try:
            access = Access(services, loopback=True, run_key=run.key)
            _serve(create_app(services, access, local=True), listener, ready)
        finally:
            stopping.set()
            services.observer.flush()
            folder.close()


def _end_keys_made_open(services: Services) -> list[ApiKey]:
    """Where the API is closed: whoever reached the port while it was open may have made them."""
    if services.policy.auth == "open":
        return []
    return keys.revoke_made_open(services.documents, services.clock.now_ms())


def leave() -> None:
    """End the process where a durable function is in a step: it is begun again later, nobody waits for it now."""
    if any(thread is not threading.current_thread() and not thread.daemon for thread in threading.enumerate()):
        sys.stdout.flush()
        os._exit(0)


def _repeat(
    name: str, seconds: float, work: Callable[[Services], object], services: Services, stopping: threading.Event
) -> None:
    """What EventBridge Scheduler does in AWS, and sooner."""
    seldom = SeldomSaid()
    while not stopping.wait(seconds):
        try:
            work(services)
        except Exception as error:  # noqa: BLE001  # the next round goes on, whatever it was
            if seldom.suppressed(f"{type(error).__name__}: {error}") is not None:
                services.telemetry.failure(name, error)
        services.observer.flush()


def _listen(port: int) -> socket.socket:
    # The protocol is named, or asyncio leaves Nagle's algorithm on and every answer waits 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
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
        app,
        http=Connection,
        backlog=BACKLOG,
        log_level="warning",
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=3,
    )
    Connection.most = most_connections()
    seldom = SeldomSaid()
    for name in ("uvicorn.error", "asyncio"):
        logging.getLogger(name).addFilter(seldom)
    with suppress(KeyboardInterrupt):
        _Server(config, ready).run(sockets=[listener])
    print("Verihook has stopped.", flush=True)


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
