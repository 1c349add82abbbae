"""The engines of one machine, started in this process: state machines, durable functions, functions."""

from __future__ import annotations

import secrets
from contextlib import ExitStack
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Protocol, Self

from verihook import authoring
from verihook.adapters.engine_parts import Endpoints
from verihook.config import Hooks
from verihook.config.settings import environment, function_processes, states_door, substitutions
from verihook.instances import tasks
from verihook.local.durable import DurableRunner
from verihook.local.function_processes import FunctionProcesses
from verihook.local.lambda_functions import LambdaFunctions
from verihook.local.runner import ARN_PREFIX, AwsServices, HttpTasks, Integrations, Interpreter, invoked
from verihook.local.state_machines import SUBSTITUTIONS, express_machines, machines, refused, urls_of, with_refusals
from verihook.local.worker import Splitters, Worker
from verihook.local.workflow_log import hear_steps, say_end
from verihook.model.ports import Services
from verihook.worker.functions import Functions
from verihook.worker.recorder import record_status_change


class LocalEngines:
    """Use as a context manager: enter, ``run`` with the services made over ``endpoints``, ``resume``, ``hold``, leave.

    To leave while something is ``busy`` interrupts it: a function is given back, a step or a call is made again when
    the next process resumes.
    """

    def __init__(self, hooks: Hooks, data: Path) -> None:
        """Raise ConfigurationError if a workflow in Python is missing or cannot be run."""
        folder = workflows_of(hooks)
        self._hooks = hooks
        variables = environment()
        self._worker = _worker(Functions.load(folder, hooks.workflows), folder, function_processes(variables))
        self._splitters = Splitters()
        self._services: Services | None = None
        # Another user of the machine reaches the ports, and does not read it.
        self._access_key = secrets.token_hex(16)
        self._called = AwsServices(variables)
        self._substitutions = substitutions(variables)
        # Workers are let in by a key that the operator chose, and have a port of their own choice, too.
        port, key = states_door(variables) or (0, self._access_key)
        self._lambdas = LambdaFunctions(folder.parent, {SUBSTITUTIONS["FeedsName"]: self._task})
        self._interpreter = Interpreter(
            data / "executions.db",
            port=port,
            integrations=Integrations(
                self._lambdas,
                self._payload,
                self._called,
                HttpTasks(urls_of(hooks), _endpoint),
            ),
            on_end=self._ended,
            access_key=key,
        )
        self._durable = DurableRunner(data / "durable.db", folder, on_end=self._ended, access_key=self._access_key)
        self._parts = ExitStack()
        self._closing = Lock()

    def __enter__(self) -> Self:
        with ExitStack() as parts:
            parts.enter_context(self._interpreter)
            parts.callback(self._durable.close)
            texts = machines(self._hooks, self._substitutions)
            found = refused(self._hooks, texts, self._called)
            runnable = {name: text for name, text in texts.items() if isinstance(text, str) and name not in found}
            for text in runnable.values():
                self._lambdas.name(invoked(text))
            self._interpreter.deploy(runnable, express_machines(self._hooks))
            self._hooks = with_refusals(self._hooks, found)
            definitions = _definitions(self._hooks, "durable")
            if definitions or self._durable.has_store:
                # Else their SDK would take a quarter of the start, and 20 MB, for nothing.
                self._durable.start()
                self._durable.deploy(definitions)
            self._parts = parts.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Interrupt what runs, and let go of the files. May be called twice, at the same time too."""
        with self._closing:
            self._splitters.close()
            self._worker.close()
            self._parts.close()

    @property
    def hooks(self) -> Hooks:
        """hooks.toml, with what of it cannot run here."""
        return self._hooks

    @property
    def endpoints(self) -> Endpoints:
        """Where they are."""
        stepfunctions, durable = self._interpreter.client, self._durable.client
        wake, split = self._worker.wake, self._splitters.wake
        return Endpoints(stepfunctions, ARN_PREFIX, durable, wake, split, self._access_key)

    def run(self, services: Services) -> None:
        """Take what is new."""
        self._services = services
        authoring.use(services)
        hear_steps()
        self._worker.start(services)
        self._splitters.start(services)

    def resume(self) -> None:
        """Go on with what the end of a former process interrupted."""
        self._interpreter.resume()
        self._durable.resume()

    def hold(self) -> None:
        """Begin nothing more; what runs goes on."""
        for part in (self._splitters, self._worker, self._interpreter, self._durable):
            part.hold()

    def busy(self) -> list[str]:
        """The names of the executions that are in a function, a step or a call, each once."""
        parts = (self._splitters, self._worker, self._interpreter, self._durable)
        return sorted({name for part in parts for name in part.busy()})

    def faults(self) -> dict[str, str]:
        """What is wrong, in words by the engine."""
        parts: dict[str, _Part] = {
            "batch": self._splitters,
            "durable": self._durable,
            "function": self._worker,
            "stepfunctions": self._interpreter,
        }
        return {name: fault for name, part in parts.items() if (fault := part.fault()) is not None}

    def _task(self, event: dict[str, Any]) -> object:
        """What a state machine's Task invokes."""
        return tasks.answer(event, self._known())

    def _ended(self, detail: dict[str, Any]) -> None:
        """What EventBridge tells the recorder in AWS. Raises Unavailable: reconcile finds the end then."""
        try:
            record_status_change({"detail": detail}, self._known())
        finally:
            say_end(detail)

    def _payload(self, _bucket: str, key: str) -> str | None:
        """What a state machine's GetObject reads; there is one folder, whatever the bucket."""
        return self._known().payloads.get(key)

    def _known(self) -> Services:
        if self._services is None:  # pragma: no cover  # run() comes before resume()
            raise RuntimeError("the engines are not running yet")
        return self._services


def _worker(functions: Functions, folder: Path, processes: int) -> Worker:
    """Return what runs functions: in threads of this process, or in so many processes."""
    if not processes:
        return Worker(functions)
    return Worker(FunctionProcesses(functions, folder), processes, max(processes - 2, 1))


class _Part(Protocol):
    def fault(self) -> str | None: ...


def _endpoint(name: str) -> tuple[str, dict[str, str]]:
    """URL and headers of a connection, as a function gets them. Raises KeyError and SecretsUnavailable."""
    found = authoring.connection(name)
    return found.url, found.headers


def workflows_of(hooks: Hooks) -> Path:
    """The folder of the workflows in Python."""
    return hooks.path.resolve().parent / "workflows"


def _definitions(hooks: Hooks, engine: str) -> list[str]:
    return sorted({workflow.definition for workflow in hooks.workflows.values() if workflow.engine == engine})
