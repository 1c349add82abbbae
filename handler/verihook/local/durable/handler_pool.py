"""The threads in which handlers are called, in fair turns: slow handlers of one workflow do not hold up another's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from concurrent import futures
from concurrent.futures import Future
from contextvars import ContextVar
from typing import Any

from aws_durable_execution_sdk_python_testing.executor import Executor

from verihook.local.durable.arns import execution_name, function_of
from verihook.local.pool import Pool

#: How many handlers run at a time; and of these, how many of one workflow, so that some threads are left for another's.
#: A handler that waits for a timer or a callback runs in none.
HANDLERS = 64
OF_ONE = HANDLERS - 8

#: The execution whose handler the SDK's loop is about to have called: what it submits does not say.
_CALLED: ContextVar[str] = ContextVar("called")


class HandlerPool(futures.Executor):
    """In place of the SDK's: daemons as there, so that no call holds up the end of the process."""

    def __init__(self, threads: int = HANDLERS, of_one: int = OF_ONE) -> None:
        self._pool = Pool(threads, of_one, "durable handler")
        self._waiting: set[Future[Any]] = set()
        self._closed = False

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have it called, after what its workflow has waiting. Cancelled once this is shut down."""
        future: Future[Any] = Future()

        def call() -> None:
            self._waiting.discard(future)
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = fn(*args, **kwargs)
            except BaseException as error:  # noqa: BLE001  # the future carries it
                future.set_exception(error)
            else:
                future.set_result(result)

        arn = _CALLED.get()
        self._waiting.add(future)
        self._pool.submit(function_of(arn), execution_name(arn), call)
        if self._closed:
            future.cancel()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002
        """Call no more handlers, whatever it is asked for, and wait for none that runs."""
        self._closed = True
        self._pool.hold()
        for future in list(self._waiting):
            future.cancel()


class FairExecutor(Executor):
    """The SDK's executor, with these threads for the handlers."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._invocation_pool = HandlerPool()  # type: ignore[assignment]

    def _invoke_handler(self, execution_arn: str) -> Callable[[], Awaitable[None]]:
        invoke = super()._invoke_handler(execution_arn)

        async def named() -> None:
            _CALLED.set(execution_arn)
            await invoke()

        return named
