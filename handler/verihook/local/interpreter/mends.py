"""What has to be mended in moto before it interprets state machines here. No other file patches it.

moto_parts.py says which release was tried; another one is refused if what is replaced in it is another, too.

- JSONata and variables crash: moto never sets its evaluator. Ours binds values instead of writing them into the text.
- Intrinsic functions have no bounds, and one of them is Python's ``str.format``: ours are called, intrinsics.py.
- A Map starts as many threads as it has items, and each takes its next item by recursion.
- Every thread ever started is kept in a list, and every use of a JSONPath builds a new parser (1 ms).
- Tasks call AWS at ``localhost:MOTO_PORT``: they are sent to our own endpoint, never anywhere else.
- Their parameters and answers keep the case of boto3, so that ``states:startExecution`` finds no StateMachineArn.
- A state's output is measured with white space and escapes, so that an input of the largest size fails on its way.
- An execution begins at its first state always: it begins at its mark, which is taken at every state.
- A task token is made once for all tries of a task, stays good after them, and is lost with the process: waits.py.
- Every task makes a boto3 client of its own (10 ms, and not safe from several threads): one for each service is kept.
- Failures of a workflow are logged as errors of the program; they belong into the execution alone.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterator
from functools import lru_cache
from types import ModuleType
from typing import Any

from verihook.local.interpreter import waits
from verihook.local.interpreter.intrinsics import IntrinsicError, call
from verihook.local.interpreter.jsonata import QueryError, evaluate
from verihook.local.interpreter.moto_parts import MOTO
from verihook.local.interpreter.task_clients import TaskClients
from verihook.local.interpreter.validation import MAX_INPUT

#: AWS runs at most 40 iterations of an inline Map at a time.
#: https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html
MAP_WORKERS = 40

_lock = threading.Lock()
_mended = threading.Event()


def mend_moto() -> None:
    """Import moto's interpreter and mend it, once in a process. The first call takes 1 to 3 seconds.

    Raises ConfigurationError, in words, if it is not the one that was tried.
    """
    with _lock:
        if _mended.is_set():
            return
        MOTO.check()
        logging.getLogger("moto").setLevel(logging.CRITICAL)
        _mend_texts()
        _mend_states()
        _mend_tasks()
        _mended.set()


def _mend_texts() -> None:
    """What stands in the texts of a definition: JSONata, intrinsic functions, paths."""
    from moto.stepfunctions.parser.asl.component.common.path import result_path
    from moto.stepfunctions.parser.asl.component.common.string import string_expression
    from moto.stepfunctions.parser.asl.component.intrinsic.function.statesfunction import factory, states_function
    from moto.stepfunctions.parser.asl.utils import json_path

    _replace(string_expression.StringJSONata, "_eval_body", _evaluate_jsonata)
    _replace(string_expression.StringVariableSample, "_eval_body", _evaluate_variable)
    for kind in _kinds(factory, states_function.StatesFunction):
        _replace(kind, "_eval_body", _evaluate_intrinsic)
    for module in (json_path, result_path):
        _replace(module, "parse", lru_cache(maxsize=1024)(module.parse))


def _mend_states() -> None:
    """How a program runs from state to state, and a Map its items."""
    from moto.stepfunctions.parser.asl.component.program import program
    from moto.stepfunctions.parser.asl.component.state import state
    from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration import (
        inline_iteration_component,
        iteration_worker,
    )
    from moto.stepfunctions.parser.asl.eval.environment import Environment

    _replace(Environment, "as_inner_frame_of", waits.placed(_frame(Environment)))
    _replace(program.Program, "eval", _run_from_mark)
    _replace(state.CommonStateField, "_eval_body", _marked(state.CommonStateField._eval_body))
    _replace(state, "is_within_size_quota", _is_small_enough)
    _replace(inline_iteration_component.InlineIterationComponent, "_eval_body", _iterate)
    _replace(iteration_worker.IterationWorker, "_eval_pool", _work)


def _mend_tasks() -> None:
    """What a task calls, with which client, parameters and token."""
    from moto.stepfunctions.parser.asl.component.state.exec.state_task import state_task
    from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
        state_task_service,
        state_task_service_aws_sdk,
        state_task_service_callback,
    )
    from moto.stepfunctions.parser.asl.utils import boto_client

    _replace(boto_client, "boto3", TaskClients())
    _replace(state_task_service.StateTaskService, "_normalise_parameters", _to_boto3)
    _replace(state_task_service.StateTaskService, "_normalise_response", _from_boto3)
    _replace(state_task_service, "is_within_size_quota", _is_small_enough)
    callback = state_task_service_callback.StateTaskServiceCallback
    _replace(callback, "_eval_body", state_task.StateTask._eval_body)
    _replace(callback, "_evaluate_with_timeout", waits.try_with_token)
    _replace(callback, "_eval_execution", waits.call_unless_answered)
    _replace(callback, "_eval_wait_for_task_token", waits.take_answer(callback._eval_wait_for_task_token))
    state_task_service_aws_sdk._SERVICE_ERROR_NAMES.update(s3="S3")


#: Attributes of moto are replaced on purpose, which mypy would not have.
_replace: Any = setattr


def _frame(environment: Any) -> Any:
    return environment.as_inner_frame_of.__func__


def _kinds(package: ModuleType, base: type) -> Iterator[type]:
    """The classes in the modules of a package that are of this base."""
    for module in vars(package).values():
        for kind in vars(module).values() if isinstance(module, ModuleType) else ():
            if isinstance(kind, type) and issubclass(kind, base):
                yield kind


def forget_threads() -> None:
    """Empty moto's list of every thread it ever started, which nothing reads."""
    from moto.stepfunctions.parser.utils import TMP_THREADS

    TMP_THREADS.clear()


def _run_from_mark(self: Any, env: Any) -> None:
    """Program.eval from the execution's mark, with what is left of TimeoutSeconds."""
    from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent

    marks = getattr(env, "marks", None)
    timeout = self.timeout_seconds.timeout_seconds if self.timeout_seconds else None
    if timeout is not None and marks is not None:
        timeout = max(timeout - (time.time() - marks.began_at / 1000), 0)
    env.next_state_name = (marks and marks.start) or self.start_at.start_at_name
    worker = threading.Thread(target=EvalComponent.eval, args=(self, env), daemon=True)
    worker.start()
    worker.join(timeout)
    if worker.is_alive():
        env.set_timed_out()


def _marked(enter: Any) -> Any:
    """CommonStateField._eval_body; only the environment of the machine itself has marks."""

    def enter_marked(self: Any, env: Any) -> None:
        marks = getattr(env, "marks", None)
        if marks is not None:
            marks.enter(self.name, env)
            if marks.parked:
                return
        enter(self, env)

    return enter_marked


def _evaluate_jsonata(self: Any, env: Any) -> None:
    _push(env, self.expression, {"states": env.states._states_data, **_variables(env)})


def _evaluate_variable(self: Any, env: Any) -> None:
    _push(env, self.expression, _variables(env))


def _evaluate_intrinsic(self: Any, env: Any) -> None:
    """An intrinsic function by our own; what goes wrong is States.IntrinsicFailure, as in AWS."""
    from moto.stepfunctions.parser.api import HistoryEventType
    from moto.stepfunctions.parser.asl.component.common.error_name import failure_event, states_error_name
    from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType

    self.argument_list.eval(env=env)
    try:
        env.stack.append(call(self.name.function_type._name_, env.stack.pop()))
    except IntrinsicError as error:
        name = states_error_name.StatesErrorName(typ=StatesErrorNameType.StatesIntrinsicFailure)
        details: Any = {"executionFailedEventDetails": {"error": name.error_name, "cause": str(error)}}
        raise failure_event.FailureEventException(
            failure_event.FailureEvent(env, name, HistoryEventType.ExecutionFailed, details)
        ) from error


def _variables(env: Any) -> dict[str, Any]:
    store = env.variable_store
    return {**store._outer_scope, **store._inner_scope}


def _push(env: Any, expression: str, bindings: dict[str, Any]) -> None:
    """Evaluate onto the stack; what goes wrong is States.QueryEvaluationError, as in AWS."""
    from moto.stepfunctions.parser.api import HistoryEventType
    from moto.stepfunctions.parser.asl.component.common.error_name import failure_event, states_error_name
    from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType

    try:
        env.stack.append(evaluate(expression, bindings))
    except QueryError as error:
        name = states_error_name.StatesErrorName(typ=StatesErrorNameType.StatesQueryEvaluationError)
        details: Any = {"evaluationFailedEventDetails": {"error": name.error_name, "cause": str(error)}}
        failure = failure_event.FailureEventException(
            failure_event.FailureEvent(env, name, HistoryEventType.EvaluationFailed, details)
        )
        env.event_manager.add_event(
            context=env.event_history_context,
            event_type=HistoryEventType.EvaluationFailed,
            event_details={"evaluationFailedEventDetails": failure.get_evaluation_failed_event_details()},
        )
        raise failure from error


def _is_small_enough(value: Any) -> bool:
    """At most 256 KiB as compact JSON in UTF-8.

    https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
    """
    compact = json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=str)
    return len(compact.encode(errors="surrogatepass")) <= MAX_INPUT


@lru_cache(maxsize=64)
def _service(name: str) -> Any:
    from botocore.session import get_session

    return get_session().get_service_model(name)


def _operation(task: Any, service: str | None, action: str | None) -> Any:
    """Botocore's model of what a task calls; moto speaks of both in snake case."""
    model = _service(task._get_boto_service_name(service))
    wanted = task._get_boto_service_action(action).replace("_", "").lower()
    return model.operation_model(next(name for name in model.operation_names if name.lower() == wanted))


def _to_boto3(self: Any, parameters: Any, boto_service_name: Any = None, service_action_name: Any = None) -> None:
    """StateTaskService._normalise_parameters: StateMachineArn becomes stateMachineArn, an object given as text JSON."""
    self._to_boto_request(parameters, _operation(self, boto_service_name, service_action_name).input_shape)


def _from_boto3(self: Any, response: Any, boto_service_name: Any = None, service_action_name: Any = None) -> None:
    """StateTaskService._normalise_response: executionArn becomes ExecutionArn."""
    self._from_boto_response(response, _operation(self, boto_service_name, service_action_name).output_shape)


def _iterate(self: Any, env: Any) -> None:
    """InlineIterationComponent._eval_body with a bounded number of workers."""
    from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.job import JobPool

    plan = env.stack.pop()
    pool = JobPool(job_program=self._get_iteration_program(), job_inputs=plan.input_items)
    for _ in range(min(len(plan.input_items), plan.max_concurrency or MAP_WORKERS, MAP_WORKERS)):
        self._launch_worker(env=env, eval_input=plan, job_pool=pool)
    pool.await_jobs()
    error = pool.get_worker_exception()
    if error is not None:
        raise error
    env.stack.append([closed.job_output for closed in pool.get_closed_jobs()])


def _work(self: Any, job: Any, worker_frame: Any) -> None:
    """IterationWorker._eval_pool as a loop. A frame is closed before its job: the Map goes on once the jobs are."""
    while job is not None:
        frame = worker_frame.open_inner_frame()
        self._eval_job(env=frame, job=job)
        worker_frame.close_frame(frame)
        stopped = isinstance(job.job_output, Exception) or self.stopped()
        following = None if stopped else self._job_pool.next_job()
        if following is None:
            if not stopped:
                worker_frame.event_history_context.source_event_id = frame.event_history_context.last_published_event_id
            self._env.close_frame(worker_frame)
            self._job_pool.close_job(job)
            return
        self._job_pool.close_job(job)
        job = following
    self._env.close_frame(worker_frame)
