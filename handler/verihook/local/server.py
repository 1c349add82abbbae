"""The server of one machine: receiver, API, ledger, engines and reconcile in one process."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TextIO

import uvicorn
from starlette.types import ASGIApp

from verihook import bootstrap
from verihook.adapters.repeats import RepeatFilter
from verihook.api.access import Access
from verihook.api.fronted import fronted_by
from verihook.api.hooks import hooks as hooks_app
from verihook.config import Hooks, load_hooks
from verihook.config.settings import environment, traces
from verihook.errors import ConfigurationError
from verihook.instances import api_keys
from verihook.instances.holding import find_held
from verihook.instances.job_rounds import JobRounds
from verihook.instances.measuring import measure_callbacks, measure_repairs
from verihook.instances.reconcile import call_back, reconcile
from verihook.local.banner import banner
from verihook.local.connections import BACKLOG, Connection, most_connections, raise_file_limit
from verihook.local.data import DataFolder, Run, instance_key
from verihook.local.engines import LocalEngines, workflows_of
from verihook.local.entry_processes import EntryProcesses
from verihook.local.housekeeping import sweep
from verihook.local.late_api import LateApi
from verihook.local.metrics_file import SAVE_S, counts_of, series_of
from verihook.local.rounds import Rounds
from verihook.local.stopping import Stopping
from verihook.local.workflow_log import workflow_log
from verihook.model.changes import CALLBACK
from verihook.model.measures import zeros
from verihook.model.ports import Services, Telemetry
from verihook.model.scopes import ApiKey

#: Loopback only: the secrets are made for a trial, and the API opens everything to the key of the run.
HOST = "127.0.0.1"

#: The pause between two rounds of reconcile, in seconds.
ROUND_S = 0.2

#: The pause between two searches for payloads without an instance, in seconds.
SWEEP_S = 600.0


def serve(
    hooks_path: Path, port: int, data: Path, grace_s: float, *, opened: bool = False, as_json: bool = False
) -> None:
    """Run the server until a signal ends it. Raises ConfigurationError if it cannot start.

    ``opened``: the API needs no key, whatever hooks.toml says. ``grace_s``: how long a stop waits for what is running.
    ``as_json``: the log is one JSON object a line, and everything else goes to standard error. The data folder stays
    locked until the process ends, because code of workflows can run until then.
    """
    raise_file_limit()
    hooks, words = _hooks(hooks_path, opened), sys.stderr if as_json else sys.stdout
    folder, listener = DataFolder(data), _listen(port)
    values, made = folder.secrets(hooks, environment())
    run = Run(f"http://{HOST}:{listener.getsockname()[1]}", values, api_keys.new_secret())
    with workflow_log(workflows_of(hooks)), LocalEngines(hooks, data) as engines, EntryProcesses(hooks) as entries:
        hooks = engines.hooks
        services = _services(hooks, values, data, engines, made, as_json=as_json)
        traced, end_traces = _tracing(services.telemetry)
        services = traced(replace(services, entries=entries))
        ended, rounds = _end_keys_made_open(services), _rounds(services, data / "payloads")

        def ready() -> None:
            folder.announce(run)
            engines.run(services)
            shown = banner(run.url, hooks, made, data, ended, grace_s, _for_a_person(run.key, words))
            print(shown, flush=True, file=words)
            # After the banner: a step could kill the process as soon as it runs, and the banner would be missing.
            engines.resume()
            rounds.start()
            app.build(lambda: _api(services, run.key, _faults(engines, rounds)), lambda: server.request_stop(rounds))

        try:
            app = LateApi(hooks_app(services, console=hooks.policy.console), fronted_by(services))
            server = _Server(app, ready)
            server.stopping = Stopping(engines, grace_s, lambda: server.request_stop(rounds), folder.withdraw)
            server.run(sockets=[listener])
            app.check()
        finally:
            _end(rounds, (services.observer.flush, services.series), folder, end_traces)
    print("Verihook has stopped.", flush=True, file=words)


def _api(services: Services, run_key: str, faults: Callable[[], dict[str, str]]) -> ASGIApp:
    # Imported here: no sender waits for what the API is made of.
    from verihook.app import create_app

    access = Access(services, loopback=True, run_key=run_key)
    return create_app(services, access, local=True, console=services.policy.console, faults=faults)


def _services(
    hooks: Hooks, values: dict[str, str], data: Path, engines: LocalEngines, made: list[str], *, as_json: bool
) -> Services:
    variables, key = {**environment(), **values}, instance_key(values)
    counts, broken = counts_of(data)
    counts.add(zeros(hooks.sources, hooks.workflows))
    telemetry = bootstrap.local_log(counts, hooks.sources_with(made), as_json=as_json)
    if broken is not None:
        telemetry.failure("metrics", broken)
    services = bootstrap.on_one_machine(hooks, variables, data, engines.endpoints, key, telemetry)
    return replace(services, series=partial(series_of, counts, telemetry.failure))


def _tracing(telemetry: Telemetry) -> tuple[Callable[[Services], Services], Callable[[], object]]:
    """Return what makes services send spans, if the environment names a collector, and what sends the last of them."""
    to = traces(environment())
    if to is None:
        return lambda services: services, lambda: None
    # Imported here: most servers send none.
    from verihook.adapters.spans import Tracer, traced
    from verihook.local.otlp import OtlpExporter

    exporter = OtlpExporter(to, lambda error: telemetry.failure("traces", error))
    return lambda services: traced(services, Tracer(exporter.put)), exporter.close


def _faults(engines: LocalEngines, rounds: Rounds) -> Callable[[], dict[str, str]]:
    return lambda: {**engines.faults(), **rounds.faults()}


def _for_a_person(key: str, words: TextIO) -> str:
    """Return the key if a terminal gets the words, else "": a journal must not hold it."""
    return key if words is sys.stdout and sys.stdout.isatty() else ""


def _end(
    rounds: Rounds, writes: tuple[Callable[[], object], ...], folder: DataFolder, end_traces: Callable[[], object]
) -> None:
    rounds.close()
    for write in writes:
        write()
    folder.withdraw()
    end_traces()


def _hooks(path: Path, opened: bool) -> Hooks:
    hooks = load_hooks(path)
    return replace(hooks, policy=replace(hooks.policy, auth="open")) if opened else hooks


def _rounds(services: Services, payloads: Path) -> Rounds:
    """The rounds. What pauses have held is found now, as an event may come before the first round."""
    find_held(services)
    return Rounds(
        {
            "reconcile": (ROUND_S, lambda services: measure_repairs(reconcile(services), services.sources, services)),
            "call_back": (ROUND_S, lambda services: measure_callbacks(call_back(services), services)),
            "jobs": (ROUND_S, JobRounds(alone=True).run),
            "metrics": (SAVE_S, lambda services: services.series()),
            "sweep": (SWEEP_S, lambda services: sweep(payloads, services)),
        },
        services,
        {"call_back": CALLBACK},
    )


def _end_keys_made_open(services: Services) -> list[ApiKey]:
    """If the API is closed, revoke the keys that were made while it was open: any program could make them."""
    if services.policy.auth == "open":
        return []
    return api_keys.revoke_made_open(services.documents, services.clock.now_ms())


def _listen(port: int) -> socket.socket:
    # With the protocol named, asyncio switches off Nagle's algorithm, which would delay every answer by 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    # Otherwise a restart would have to wait until the connections of the former process are gone.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except (OSError, OverflowError) as error:
        in_use = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        why = "is in use" if in_use else f"cannot be bound ({error})"
        raise ConfigurationError(f"port {port}", "", f"{why}; give another: --port 9000 (make: PORT=9000)") from error
    return listener


class _Server(uvicorn.Server):
    """The receiver and the API, which also answer while a stop waits for what is running."""

    #: Set before the server runs.
    stopping: Stopping

    def __init__(self, app: ASGIApp, ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=Connection,
                ws="none",
                backlog=BACKLOG,
                log_level="warning",
                access_log=False,
                lifespan="off",
                server_header=False,
                timeout_graceful_shutdown=3,
            )
        )
        Connection.most = most_connections()
        repeats = RepeatFilter()
        for name in ("uvicorn.error", "asyncio"):
            logging.getLogger(name).addFilter(repeats)
        self._ready = ready

    def request_stop(self, rounds: Rounds) -> None:
        """Ask the server and the rounds to stop; do not wait for it."""
        rounds.hold()
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.should_exit:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await asyncio.to_thread(self.stopping.wait)
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to ``stopping``."""
        yield
