"""Lambda durable functions in this process: start it, point a boto3 client at ``endpoint_url``."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from verihook.adapters.aws.errors import Unreachable
from verihook.adapters.aws.lambda_service import LambdaClient
from verihook.errors import ConfigurationError
from verihook.local.durable.arns import function_arn
from verihook.local.durable.endpoint import Endpoint
from verihook.local.durable.sdk_parts import check_sdk
from verihook.local.durable.workflows import Workflows
from verihook.parts import Lazy

if TYPE_CHECKING:
    from aws_durable_execution_sdk_python_testing.execution import Execution

    from verihook.local.durable.client import InProcess

#: Gets the ``detail`` that EventBridge would send of an execution that has ended.
OnEnd = Callable[[dict[str, Any]], None]

#: AWS keeps an ended execution for 90 days at most, in seconds.
#: https://docs.aws.amazon.com/lambda/latest/api/API_DurableConfig.html
_KEPT_S = 90 * 24 * 3600


class DurableRunner:
    """The embedded durable functions. Use: ``start()``, ``deploy(...)``, ``resume()``, at last ``hold()``, ``close()``.

    All its threads are daemons, but for those in which the SDK runs a workflow's own code: who does not wait from
    ``hold`` on until nothing is ``busy`` has to end the process by force. Waits, retries and timeouts take their real
    time. What has not ended at ``close`` or at a kill -9 goes on at ``resume`` of the next process from its last
    checkpoint: a completed step never runs again, one that was interrupted does.
    """

    def __init__(
        self,
        store_path: Path,
        folder_of_workflows: Path,
        *,
        port: int = 0,
        on_end: OnEnd | None = None,
        access_key: str = "",
    ) -> None:
        """``port`` 0 takes a free one. A workflow ``order-approval`` is ``handler`` in ``order_approval.py``.

        ``access_key``: of the clients that are served; "" serves any.

        ``on_end`` is called, in a thread of its own, after each end is in the store, with what
        ``verihook.adapters.engines.durable.progress_of`` and ``attempt_of`` read: the event of EventBridge, and output,
        error and input besides. It may be missed at a crash.
        """
        self._store_path = store_path
        self._port = port
        self._on_end = on_end
        self._access_key = access_key
        self._workflows = Workflows(folder_of_workflows)
        self._endpoint: Endpoint | None = None
        self._service = Lazy(self._started)
        self._closed = False

    @property
    def has_store(self) -> bool:
        """Whether a former process opened the store. An empty file is none: the data folder makes one."""
        return self._store_path.exists() and self._store_path.stat().st_size > 0

    def start(self) -> None:
        """Open the store and listen on loopback; the first start in a process imports the SDK (about 0.5 s).

        Raises ConfigurationError if the store or the port is taken, or the SDK is not the one that was tried.
        """
        check_sdk()
        self._closed = False
        from verihook.local.durable.client import InProcess
        from verihook.local.durable.handlers import carry_context
        from verihook.local.durable.mends import Executions, quiet
        from verihook.local.durable.operations import Operations
        from verihook.local.durable.store import Store

        quiet()
        carry_context()
        store = Store(self._store_path)
        store.prune(time.time() - _KEPT_S)
        self._executions = Executions(store, self._workflows, self._report_end)
        operations = Operations(store, self._executions, self._workflows)
        self._in_process = InProcess(operations.answer)
        try:
            self._endpoint = Endpoint(operations.answer, self._port, self._access_key)
        except OSError as error:
            self._executions.close()
            mend = f"port {self._port} on 127.0.0.1 cannot be used ({error}); choose another, or 0 for a free one"
            raise ConfigurationError("durable", "port", mend) from error

    @property
    def endpoint_url(self) -> str:
        """``http://127.0.0.1:PORT``: the ``endpoint_url`` of a boto3 Lambda client."""
        if self._endpoint is None:
            raise RuntimeError("the runner is not started")
        return f"http://127.0.0.1:{self._endpoint.port}"

    @property
    def client(self) -> LambdaClient:
        """A client of boto3's names for this process, which asks without HTTP. Its first call starts the runner."""
        return LambdaClient(self._service)

    def deploy(self, definitions: Iterable[str]) -> None:
        """Load these workflows now, not at their first start. Raises ConfigurationError if that fails."""
        for definition in definitions:
            self._workflows.handler(definition)

    def resume(self) -> int:
        """Go on with what a former process started and did not end; the number of them. 0 if nothing has started it.

        Raises ConfigurationError if the workflow of one cannot be loaded any more; nothing goes on then.
        """
        return self._executions.resume() if self._endpoint is not None else 0

    def fault(self) -> str | None:
        """What is wrong with it, in words; nothing before its start. Takes a second at most."""
        if self._endpoint is None:
            return None
        if self._endpoint.listens and self._executions.answers():
            return self._executions.unsaved()
        return "The loop that calls durable functions does not answer. Restart the server."

    def hold(self) -> None:
        """Begin nothing more: a step that runs goes to its end, and its result is kept."""
        if self._endpoint is not None:
            self._executions.hold()

    def busy(self) -> list[str]:
        """The names of the executions that are in a step, or in what their handler does between steps."""
        return self._executions.busy() if self._endpoint is not None else []

    def close(self) -> None:
        """Stop answering, leave what runs to a later ``resume``, close the store. May be called twice."""
        self._closed = True
        if self._endpoint is not None:
            from verihook.local.durable.mends import quiet

            # What is cut off now is no failure of a workflow.
            quiet()
            self._endpoint.close()
            self._in_process.close()
            self._executions.close()
            self._endpoint = None

    def _started(self) -> InProcess:
        if self._closed:
            raise Unreachable("The runner of durable functions has stopped.")
        if self._endpoint is None:
            try:
                self.start()
            except ConfigurationError as error:
                raise Unreachable(f"The runner of durable functions cannot start: {error}") from error
        return self._in_process

    def _report_end(self, execution: Execution) -> None:
        if self._on_end is None:
            return
        own = execution.get_operation_execution_started()
        result = execution.result
        detail: dict[str, Any] = {
            "durableExecutionArn": execution.durable_execution_arn,
            "durableExecutionName": execution.start_input.execution_name,
            "functionArn": function_arn(execution.start_input.function_name),
            "status": execution.current_status().value,
            "startTimestamp": own.start_timestamp.isoformat() if own.start_timestamp else None,
            "endTimestamp": own.end_timestamp.isoformat() if own.end_timestamp else None,
            "InputPayload": own.execution_details.input_payload if own.execution_details else None,
            "Result": result.result if result else None,
            "Error": result.error.to_dict() if result and result.error else None,
        }
        self._on_end(detail)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
