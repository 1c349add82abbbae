"""Step Functions in this process: start it, deploy state machines, point a boto3 client at ``endpoint_url``."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from verihook.errors import ConfigurationError
from verihook.local.runner.arns import ARN_PREFIX, execution_arn
from verihook.local.runner.door.client import Client
from verihook.local.runner.door.endpoint import Endpoint
from verihook.local.runner.door.operations import Operations
from verihook.local.runner.door.validation import ApiError
from verihook.local.runner.express import Express
from verihook.local.runner.integrations import NO_INTEGRATIONS, Integrations
from verihook.local.runner.refusals import refusals_of
from verihook.local.runner.rows import Entry
from verihook.local.runner.runner import Runner

#: AWS forgets an execution 90 days after its end.
#: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
_KEPT_S = 90 * 24 * 3600

#: Called with what EventBridge sends as the detail of "Step Functions Execution Status Change".
OnEnd = Callable[[dict[str, Any]], None]


class Interpreter:
    """The embedded Step Functions. Use: ``start()``, ``deploy(...)``, ``resume()``, at last ``hold()``, ``close()``.

    All its threads are daemons: it works beside a server in the main thread and never holds up the end of the process.
    What still runs at ``close`` or at a kill -9 has no end in the store, and ``resume`` of the next process goes on
    in its state: a call that is not answered is made again, with the task token that it had, and a deadline is what
    it was. Its tasks must therefore bear being repeated.
    """

    def __init__(
        self,
        store_path: Path,
        *,
        port: int = 0,
        on_end: OnEnd | None = None,
        integrations: Integrations = NO_INTEGRATIONS,
        access_key: str = "",
    ) -> None:
        """``port`` 0 takes a free one.

        ``integrations``: what tasks call. ``access_key``: of the clients that are served; "" serves any.

        ``on_end`` is called, in the thread that found it, after each end is in the store, with the detail that
        EventBridge would send (``verihook.adapters.engines.stepfunctions.progress_of`` reads it). It may be missed at a
        crash.
        """
        self._store_path = store_path
        self._port = port
        self._on_end = on_end
        self._access_key = access_key
        self._integrations = integrations
        self._endpoint: Endpoint | None = None

    def start(self) -> None:
        """Open the store and listen on loopback. Raises ConfigurationError if the store or the port is taken."""
        self._express = Express(self._integrations, time.time)
        on_end = None if self._on_end is None else self._ended
        self._runner = Runner(self._store_path, self._integrations, now=time.time, on_end=on_end, express=self._express)
        self._runner.store.prune(int((time.time() - _KEPT_S) * 1000))
        self._operations = Operations(self._runner, self._express)
        try:
            self._endpoint = Endpoint(self._operations.answer, self._port, self._access_key)
        except OSError as error:
            self._runner.close()
            mend = f"port {self._port} on 127.0.0.1 cannot be used ({error}); choose another, or 0 for a free one"
            raise ConfigurationError("state machines", "port", mend) from error

    @property
    def endpoint_url(self) -> str:
        """``http://127.0.0.1:PORT``: the ``endpoint_url`` of a boto3 client in another process."""
        if self._endpoint is None:
            raise RuntimeError("the interpreter is not started")
        return f"http://127.0.0.1:{self._endpoint.port}"

    @property
    def client(self) -> Client:
        """A client of boto3's names for this process, which asks without HTTP."""
        return Client(self._operations.answer)

    def deploy(self, definitions: Mapping[str, str], express: Collection[str] = ()) -> None:
        """Create or update the machines ``ARN_PREFIX + name`` from ASL texts; ``express``: those that are Express ones.

        Substitutions (``${FeedsName}``) are filled in before. ConfigurationError for the first that cannot run here;
        those before it are deployed.
        """
        for name, asl in definitions.items():
            made = self._integrations
            for refusal in refusals_of(asl, express=name in express, services=made.services, http=made.http):
                raise ConfigurationError(f"{name}.asl.json", refusal.place, refusal.what)
            try:
                self._operations.machines.put(name, asl, express=name in express)
            except ApiError as error:
                raise ConfigurationError(f"{name}.asl.json", "", f"{error}; rename the file") from error

    def resume(self) -> int:
        """Go on with what a former process started and did not end; the number of them. Once, after ``deploy``."""
        return self._runner.resume()

    def fault(self) -> str | None:
        """What is wrong with it, in words."""
        listens = self._endpoint is not None and self._endpoint.listens
        if not listens:
            return "The endpoint of state machines does not listen any more. Restart the server."
        return self._runner.fault()

    def hold(self) -> None:
        """Begin nothing more: what is called answers, and its answer is kept."""
        self._express.hold()
        self._runner.hold()

    def busy(self) -> list[str]:
        """The names of the executions that are in a call, and of the express ones."""
        return sorted({*self._runner.busy(), *self._express.busy()})

    def close(self) -> None:
        """Stop answering, leave running executions to a later ``resume``, close the store. May be called twice."""
        if self._endpoint is not None:
            self._endpoint.close()
            self._express.close()
            self._runner.close()
            self._endpoint = None

    def _ended(self, entry: Entry) -> None:
        if self._on_end is not None:
            self._on_end(status_change(entry))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def status_change(entry: Entry) -> dict[str, Any]:
    """What EventBridge would send.

    https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
    """
    return {
        "executionArn": execution_arn(entry.machine, entry.name),
        "stateMachineArn": ARN_PREFIX + entry.machine,
        "name": entry.name,
        "status": entry.status,
        "startDate": entry.started_at,
        "stopDate": entry.stopped_at,
        "input": entry.input,
        "inputDetails": {"included": True},
        "output": entry.output,
        "outputDetails": {"included": True} if entry.output is not None else None,
        "error": entry.error,
        "cause": entry.cause,
    }
