"""What has to be mended in the testing SDK before it runs workflows here; its store is in store.py.

sdk_parts.py says which release was tried; another one is refused if what is replaced in it is another, too.

- Names are not unique: a start of a taken name begins a second execution.
- Timers, retries and timeouts live in memory: nothing arms them again after a crash, nor calls the handlers that ran.
- An ARN is two random ids. What cannot be saved is given up, and its execution waits for ever: unsaved.py.
- Nothing is ever deleted, and every end stays in memory as an event that somebody might wait for.
- A stop throws away what a step makes: stopping.py. A large result is waited for without end: results.py.
- A timeout that comes late overwrites an end, and an ended execution still takes answers to its callbacks.
- At most a handful of handlers run at a time, in no fair turns (handler_pool.py); each believes that it is
  ``test-invoke-12345``.
- What is no Exception (``sys.exit()``) ends the loop that calls the handlers, and every workflow with it.
- The end of a handler is noticed up to 100 ms later: waking.py. Failures of a workflow are logged as the program's.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import uuid4

from aws_durable_execution_sdk_python.lambda_service import (
    CallbackOptions,
    ErrorObject,
    OperationAction,
    OperationStatus,
    OperationType,
)
from aws_durable_execution_sdk_python_testing.checkpoint.processor import CheckpointProcessor
from aws_durable_execution_sdk_python_testing.child_dispatcher import InProcessChildDispatcher
from aws_durable_execution_sdk_python_testing.clock import RealClock
from aws_durable_execution_sdk_python_testing.exceptions import ResourceNotFoundException
from aws_durable_execution_sdk_python_testing.execution import Execution
from aws_durable_execution_sdk_python_testing.model import StartDurableExecutionInput
from aws_durable_execution_sdk_python_testing.scheduler import Scheduler
from aws_durable_execution_sdk_python_testing.threads import DaemonThreadPool
from aws_durable_execution_sdk_python_testing.token import CallbackToken
from aws_durable_execution_sdk_python_testing.worker.checkpoint_tasks import CallableTask
from aws_durable_execution_sdk_python_testing.worker.registry import ExecutionRegistry
from aws_durable_execution_sdk_python_testing.worker.status import InvocationState

from verihook.local.durable.arns import ACCOUNT, REGION, VERSION, execution_arn
from verihook.local.durable.handlers import LONGEST, Functions, Invoker, context_of
from verihook.local.durable.results import mend_results
from verihook.local.durable.stopping import Client, mend_beginnings
from verihook.local.durable.store import Store
from verihook.local.durable.unsaved import SavingExecutor
from verihook.local.durable.waking import mend_ends
from verihook.local.durable.workflows import Workflows

#: What is called with each execution that has ended.
Ended = Callable[[Execution], None]

#: So many deaths of the process in a handler's call end its execution: its step may be what kills the process.
MAX_DEATHS = 3

#: Those that were in a call when the process died go on so long after one another, in seconds.
APART_S = 2.0

#: The longest that one call of a handler takes in Lambda, in seconds: 15 minutes.
#: https://docs.aws.amazon.com/lambda/latest/api/API_DurableConfig.html
_ONE_CALL = 900

#: How long a stop waits until ends are in the ledger, in seconds; reconcile finds the others.
_REPORTING_S = 1.0

_log = logging.getLogger(__name__)


def quiet() -> None:
    """What goes wrong in a workflow is in its history; the SDK's logs would say it a second time."""
    for name in ("aws_durable_execution_sdk_python", "aws_durable_execution_sdk_python_testing"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


class Executions(SavingExecutor):
    """The SDK's executor, mended. ``start`` first, ``hold`` before ``close``."""

    def __init__(self, store: Store, workflows: Workflows, ended: Ended) -> None:
        self._timers = Scheduler()
        self._timers.start()  # type: ignore[no-untyped-call]
        for mend in (mend_beginnings, mend_results, mend_ends):
            mend()
        clock = RealClock()
        lanes = ExecutionRegistry(store, self._timers)
        processor = CheckpointProcessor(store, self._timers, clock)
        self.client = Client(processor, lanes)
        self.watch(store)
        functions = InProcessChildDispatcher(
            Functions(workflows), lambda request: context_of(request.function_name, str(uuid4())), _ONE_CALL, clock
        )
        super().__init__(
            store,
            self._timers,
            Invoker(workflows, self.client, store),
            processor,
            invocation_timeout_seconds=_ONE_CALL,
            registry=lanes,
            clock=clock,
            child_dispatcher=functions,
            region=REGION,
        )
        processor.add_execution_observer(self)
        processor.set_chained_invoke_preflight(self.preflight_chained_invoke)
        self._workflows = workflows
        self._ended = ended
        self._reporting = DaemonThreadPool(4, "durable-end")
        self._unreported: set[Future[None]] = set()
        self._starting = threading.Lock()
        self._live: set[str] = set()

    def start(self, function: str, name: str, input: str) -> tuple[str, bool]:
        """(ARN, whether it began now). A taken name is that execution, whatever its input."""
        with self._starting:
            arn = self._kept.find(function, name)
            if arn is not None:
                return arn, False
            execution = self._create_execution(
                StartDurableExecutionInput(ACCOUNT, function, VERSION, name, LONGEST, 90, input=input)
            )
        self._launch_execution(execution, LONGEST)
        return execution.durable_execution_arn, True

    def resume(self) -> int:
        """Go on with what a former process left; the number of them.

        One in whose handler the process died MAX_DEATHS times in succession has failed, or no process could ever be
        started again. Raises ConfigurationError if the workflow of one is gone.
        """
        deaths = self._kept.deaths()
        for arn in self._kept.running():
            if arn not in self._live and deaths.get(arn, 0) >= MAX_DEATHS:
                why = f"The process died {deaths[arn]} times while this workflow ran."
                self.fail_execution(arn, ErrorObject(why, "WorkerLost", None, None))
        left = [self._kept.load(arn) for arn in self._kept.running() if arn not in self._live]
        for execution in left:
            self._workflows.handler(execution.start_input.function_name)
        apart_s = 0.0
        for execution in left:
            if not deaths.get(execution.durable_execution_arn):
                self._go_on(execution)
                continue
            # One after another, so that another death of the process shows which execution caused it.
            apart_s += APART_S
            self._timers.call_later(partial(self._go_on, execution), delay=apart_s)
        return len(left)

    def _go_on(self, execution: Execution) -> None:
        arn = execution.durable_execution_arn
        self._rearm_callbacks(execution)
        self._redispatch(execution)
        self._registry.submit(arn, CallableTask(partial(self._fire_due_operations, arn))).result()
        self._launch_execution(execution, execution.start_input.execution_timeout_seconds)
        self._schedule_earliest_pending(arn)

    def pause(self, arn: str) -> None:
        """Start no new step, from now on and after a restart too; what runs goes on to its next checkpoint."""
        self._registry.submit(arn, CallableTask(lambda: self._set_paused(arn))).result()

    def status(self, execution: Execution) -> str:
        """Lambda's word."""
        if execution.is_complete or not execution.is_paused:
            return execution.current_status().value
        busy = self._invocation_gate(execution.durable_execution_arn) is InvocationState.INVOKING
        return "PAUSING" if busy else "PAUSED"

    def close(self) -> None:
        """Stop; what has not ended is for the next process to resume."""
        self.hold()
        self.shutdown()
        wait(set(self._unreported), _REPORTING_S)
        self._reporting.shutdown()
        self._registry.shutdown()
        # A loop that has ended would be waited for without end.
        if self.answers():
            self._timers.stop()  # type: ignore[no-untyped-call]
            self._timers._loop.close()
        self._kept.close()

    def _complete_callback_success(self, callback_id: str, result: bytes | None) -> None:
        self._refuse_ended(callback_id)
        super()._complete_callback_success(callback_id, result)

    def _complete_callback_failure(self, callback_id: str, callback_error: ErrorObject) -> None:
        self._refuse_ended(callback_id)
        super()._complete_callback_failure(callback_id, callback_error)

    def _refuse_ended(self, callback_id: str) -> None:
        if self._store.load(CallbackToken.from_str(callback_id).execution_arn).is_complete:
            raise ResourceNotFoundException("The execution has ended")

    def _create_execution(
        self, input: StartDurableExecutionInput, parent_execution_arn: str | None = None
    ) -> Execution:
        # The SDK finds an execution's own operation by the last part of the ARN.
        id = str(uuid4())
        arn = execution_arn(input.function_name, input.execution_name, id)
        execution = Execution(arn, replace(input, invocation_id=id), [])
        execution.region = REGION
        execution.parent_execution_arn = parent_execution_arn
        execution.start(now=datetime.now(UTC))
        self._store.save(execution)
        return execution

    def _launch_execution(self, execution: Execution, timeout_seconds: int) -> None:
        arn = execution.durable_execution_arn
        self._live.add(arn)
        error = ErrorObject("The execution has taken too long.", "Timeout", None, None)
        if armed := self._execution_timeouts.pop(arn, None):
            armed.cancel()
        self._execution_timeouts[arn] = self._timers.call_later(
            lambda: self.on_timed_out(arn, error), delay=_left(execution, timeout_seconds)
        )
        self._invoke_execution(arn)

    def on_timed_out(self, execution_arn: str, error: ErrorObject) -> None:
        """End it, if it has not ended meanwhile."""

        def end() -> None:
            execution = self._store.load(execution_arn)
            if not execution.is_complete:
                execution.complete_timeout(error, datetime.now(UTC))
                self._store.update(execution)
                self._complete_events(execution_arn)

        self._registry.submit(execution_arn, CallableTask(end)).result()

    def _complete_events(self, execution_arn: str) -> None:
        super()._complete_events(execution_arn)
        self._live.discard(execution_arn)
        execution = self._store.load(execution_arn)
        for operation in execution.operations:
            if operation.callback_details:
                self._cleanup_callback_timeouts(operation.callback_details.callback_id)
        report = self._reporting.submit(self._report, execution)
        self._unreported.add(report)
        report.add_done_callback(self._unreported.discard)

    def _report(self, execution: Execution) -> None:
        try:
            self._ended(execution)
        except Exception:  # noqa: BLE001  # reconcile finds an end that was not reported
            _log.exception("the end of %s could not be reported", execution.durable_execution_arn)

    def _rearm_callbacks(self, execution: Execution) -> None:
        options = {
            update.operation_id: update.callback_options
            for update in execution.updates
            if update.action is OperationAction.START and update.callback_options
        }
        for operation in execution.operations:
            given = options.get(operation.operation_id)
            waits = operation.operation_type is OperationType.CALLBACK and operation.status is OperationStatus.STARTED
            if given is None or not waits or operation.callback_details is None or operation.start_timestamp is None:
                continue
            left = given.timeout_seconds
            if left > 0:
                end = operation.start_timestamp + timedelta(seconds=left)
                left = max(1, math.ceil((end - datetime.now(UTC)).total_seconds()))
            self._schedule_callback_timeouts(
                execution.durable_execution_arn,
                CallbackOptions(left, given.heartbeat_timeout_seconds),
                operation.callback_details.callback_id,
            )

    def _redispatch(self, execution: Execution) -> None:
        """Start the child executions that were asked for and of which none is known; hear of those that have ended."""
        for update in execution.updates:
            if update.operation_type is not OperationType.CHAINED_INVOKE or update.chained_invoke_options is None:
                continue
            _, operation = execution.find_operation(update.operation_id)
            child = execution.chained_invoke_children.get(update.operation_id)
            if operation.status is not OperationStatus.STARTED:
                continue
            if child is not None:
                if self._store.load(child).is_complete:
                    self._notify_parent_of_terminal_child(child)
            else:
                self.on_chained_invoke_started(
                    execution.durable_execution_arn,
                    update.operation_id,
                    update.chained_invoke_options.function_name,
                    update.chained_invoke_options.tenant_id,
                    update.payload,
                )


def _left(execution: Execution, seconds: int) -> float:
    began = execution.get_operation_execution_started().start_timestamp or datetime.now(UTC)
    return max(0.0, (began + timedelta(seconds=seconds) - datetime.now(UTC)).total_seconds())
