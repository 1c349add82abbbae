"""Step Functions in this process: start it, deploy state machines, point a boto3 client at ``endpoint_url``."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from verihook.errors import ConfigurationError
from verihook.local.interpreter.endpoint import Endpoint
from verihook.local.interpreter.environment import now_ms
from verihook.local.interpreter.executions import Executions, OnEnd
from verihook.local.interpreter.functions import Function, Functions, ReadPayload
from verihook.local.interpreter.journal import Journal
from verihook.local.interpreter.unsaved import waiting_for_room
from verihook.local.interpreter.validation import ApiError

#: AWS forgets an execution 90 days after its end.
#: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
_KEPT_MS = 90 * 24 * 3600 * 1000


class Interpreter:
    """The embedded Step Functions. Use: ``start()``, ``deploy(...)``, ``resume()``, at last ``hold()``, ``close()``.

    All its threads are daemons: it works beside a server in the main thread and never holds up the end of the process.
    What still runs at ``close`` or at a kill -9 has no end in the journal, and ``resume`` of the next process runs it
    again from the state it was in, with that state's input: a task is called again, with the task token that it had
    unless that is answered, and a wait takes its whole time again. Its steps must therefore bear being repeated.
    """

    def __init__(
        self,
        journal_path: Path,
        *,
        port: int = 0,
        on_end: OnEnd | None = None,
        functions: Mapping[str, Function] | None = None,
        read_payload: ReadPayload | None = None,
        access_key: str = "",
    ) -> None:
        """``port`` 0 takes a free one.

        ``functions``: the Lambda functions that tasks may invoke, by name; read at each invocation. ``read_payload``:
        what the tasks' S3 GetObject reads. ``access_key``: of the clients that are served; "" serves any.

        ``on_end`` is called, in the thread of the execution, after each end is in the journal, with the detail that
        EventBridge would send (``verihook.adapters.engines.stepfunctions.progress_of`` reads it). It may be missed at a
        crash.
        """
        self._journal_path = journal_path
        self._port = port
        self._on_end = on_end
        self._access_key = access_key
        self._functions = Functions({} if functions is None else functions, read_payload)
        self._endpoint: Endpoint | None = None

    def start(self) -> None:
        """Open the journal and listen on loopback; the first start in a process imports moto (1 to 3 s).

        Raises ConfigurationError if the journal or the port is taken, or moto is not the one that was tried.
        """
        from verihook.local.interpreter.mends import mend_moto
        from verihook.local.interpreter.operations import Operations
        from verihook.local.interpreter.task_clients import send_tasks_to

        mend_moto()
        self._journal = Journal(self._journal_path)
        self._journal.prune(now_ms() - _KEPT_MS)
        self._executions = Executions(self._journal, self._on_end)
        self._operations = Operations(self._journal, self._executions)
        try:
            self._endpoint = Endpoint(self._operations.answer, self._functions, self._port, self._access_key)
        except OSError as error:
            self._journal.close()
            mend = f"port {self._port} on 127.0.0.1 cannot be used ({error}); choose another, or 0 for a free one"
            raise ConfigurationError("interpreter", "port", mend) from error
        send_tasks_to(self._endpoint.port, self._access_key)

    @property
    def endpoint_url(self) -> str:
        """``http://127.0.0.1:PORT``: the ``endpoint_url`` of a boto3 client."""
        if self._endpoint is None:
            raise RuntimeError("the interpreter is not started")
        return f"http://127.0.0.1:{self._endpoint.port}"

    def deploy(self, definitions: Mapping[str, str], express: Collection[str] = ()) -> None:
        """Create or update the machines ``ARN_PREFIX + name`` from ASL texts; ``express``: those that are Express ones.

        Substitutions (``${FeedsName}``) are filled in before. ConfigurationError for the first that cannot run; those
        before it are deployed.
        """
        from verihook.local.interpreter.definition import DefinitionError

        for name, asl in definitions.items():
            try:
                self._operations.machines.put(name, asl, express=name in express)
            except DefinitionError as error:
                raise ConfigurationError(f"{name}.asl.json", error.key, error.mend) from error
            except ApiError as error:
                raise ConfigurationError(f"{name}.asl.json", "", f"{error}; rename the file") from error

    def resume(self) -> int:
        """Run what a former process started and did not end, for the machines deployed so far; the number of them.

        May be called again after a later ``deploy``: what runs already is left alone.
        """
        return self._operations.resume()

    def fault(self) -> str | None:
        """What is wrong with it, in words."""
        listens = self._endpoint is not None and self._endpoint.listens
        if not listens:
            return "The interpreter of state machines does not listen any more. Restart the server."
        return waiting_for_room(self._journal_path)

    def hold(self) -> None:
        """Begin nothing more: what is called answers, and its answer is kept."""
        self._executions.hold()

    def busy(self) -> list[str]:
        """The names of the executions that are in a call, and of the express ones."""
        return self._executions.busy()

    def close(self) -> None:
        """Stop answering, leave running executions to a later ``resume``, close the journal. May be called twice."""
        if self._endpoint is not None:
            self._endpoint.close()
            self._executions.close()
            self._journal.close()
            self._endpoint = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
