"""What moto runs a state machine in, and what became of it."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from verihook.local.interpreter.arns import ACCOUNT, ARN_PREFIX, REGION, ROLE, execution_arn, express_arn
from verihook.local.interpreter.failures import tell_failures
from verihook.local.interpreter.journal import End, Entry
from verihook.model.instance import iso
from verihook.strict_json import parse

if TYPE_CHECKING:
    from moto.stepfunctions.parser.asl.eval.environment import Environment


def now_ms() -> int:
    """Milliseconds since the epoch, UTC."""
    return time.time_ns() // 1_000_000


def environment_of(entry: Entry, express: bool = False) -> Environment:
    """The environment of an execution that has not begun; its history is empty."""
    from moto.stepfunctions.parser.api import StateMachineType
    from moto.stepfunctions.parser.asl.eval.environment import Environment
    from moto.stepfunctions.parser.asl.eval.evaluation_details import AWSExecutionDetails
    from moto.stepfunctions.parser.asl.eval.event.event_manager import EventHistoryContext

    arn = express_arn(entry.machine, entry.name) if express else execution_arn(entry.machine, entry.name)
    context: Any = {
        "Execution": {
            "Id": arn,
            "Input": parse(entry.input),
            "Name": entry.name,
            "RoleArn": ROLE,
            "StartTime": iso(entry.started_at),
        },
        "StateMachine": {"Id": ARN_PREFIX + entry.machine, "Name": entry.machine},
    }
    if entry.redrives:
        redriven = {"RedriveCount": entry.redrives, "RedriveTime": iso(entry.redriven_at or entry.started_at)}
        context["Execution"].update(redriven)
    environment = Environment(
        aws_execution_details=AWSExecutionDetails(account=ACCOUNT, region=REGION, role_arn=ROLE),
        execution_type=StateMachineType.EXPRESS if express else StateMachineType.STANDARD,
        context=context,
        event_history_context=EventHistoryContext.of_program_start(),
        cloud_watch_logging_session=None,
        activity_store={},
    )
    # It counts as running from here on, so that a stop that comes before the first state is seen.
    environment.next_state_name = ""
    tell_failures(environment, entry.name)
    return environment


def halt(environment: Environment, error: str | None = None, cause: str | None = None) -> None:
    """Let the threads of an execution end, also those that wait for a task token."""
    environment.set_stop(stop_date=datetime.now(UTC), error=error, cause=cause)
    release(environment)


def release(environment: Environment) -> None:
    """Wake what still waits for a task token of an execution that has ended."""
    for endpoint in list(environment.callback_pool_manager._pool.values()):
        endpoint.interrupt_all()


def end_of(environment: Environment, failure: Exception | None) -> End:
    """What became of the program."""
    from moto.stepfunctions.parser.asl.eval.program_state import (
        ProgramEnded,
        ProgramError,
        ProgramStopped,
        ProgramTimedOut,
    )

    state = environment.program_state()
    at = now_ms()
    if isinstance(state, ProgramEnded):
        try:
            output = json.dumps(environment.states.get_input(), separators=(",", ":"), allow_nan=False)
        except ValueError as error:
            return End("FAILED", at, None, "States.Runtime", f"The output is not JSON: {error}")
        return End("SUCCEEDED", at, output)
    if isinstance(state, ProgramError):
        details: Any = state.error or {}
        return End("FAILED", at, None, _words(details.get("error")), _words(details.get("cause")))
    if isinstance(state, ProgramTimedOut):
        return End("TIMED_OUT", at)
    if isinstance(state, ProgramStopped):
        return End("ABORTED", at, None, _words(state.error), _words(state.cause))
    return End("FAILED", at, None, "States.Runtime", _words(f"The interpreter failed: {failure}"))


def _words(text: str | None) -> str | None:
    """A text of which UTF-8 can be made: a machine may quote a sender's lone surrogate."""
    return text and text.encode("utf-8", "backslashreplace").decode()


def details_of(end: End) -> dict[str, Any]:
    """The members of the last event of a history."""
    details = {"output": end.output, "error": end.error, "cause": end.cause}
    return {key: value for key, value in details.items() if value is not None}


def status_change(entry: Entry, end: End) -> dict[str, Any]:
    """What EventBridge would send.

    https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
    """
    return {
        "executionArn": execution_arn(entry.machine, entry.name),
        "stateMachineArn": ARN_PREFIX + entry.machine,
        "name": entry.name,
        "status": end.status,
        "startDate": entry.started_at,
        "stopDate": end.stopped_at,
        "input": entry.input,
        "inputDetails": {"included": True},
        "output": end.output,
        "outputDetails": {"included": True} if end.output is not None else None,
        "error": end.error,
        "cause": end.cause,
    }
