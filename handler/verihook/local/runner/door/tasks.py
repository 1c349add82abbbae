"""Answers of workers to tasks that wait for a token.

https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-wait-token
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from verihook.local.runner.activities import take_task
from verihook.local.runner.door.machines import Machines
from verihook.local.runner.door.validation import MAX_INPUT, ApiError, optional_text, text
from verihook.local.runner.runner import Runner
from verihook.local.states.data import value_of
from verihook.local.states.effects import Beat, Failed, Stimulus, Succeeded

#: As the evaluator makes them; those of earlier versions have dashes.
_TOKEN = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


class Tasks:
    """GetActivityTask; SendTaskSuccess, SendTaskFailure and SendTaskHeartbeat: the token is looked for in the store.

    The first answer counts, and is on the disk before it is confirmed: what waited goes on with it after a crash, too.
    A token of the right form with which nothing waits has been answered or has timed out: TaskTimedOut. Anything else
    was never a token: InvalidToken.
    """

    def __init__(self, runner: Runner, machines: Machines) -> None:
        self._runner = runner
        self._machines = machines

    def take(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """GetActivityTask: wait for a task of an activity. Raises ActivityDoesNotExist if no state machine has it."""
        arn, worker = text(parameters, "activityArn"), optional_text(parameters, "workerName")
        name = arn.partition(":activity:")[2]
        if not name:
            raise ApiError("InvalidArn", f"Invalid Arn: '{arn}'")
        if not (self._machines.have_activity(name) or self._runner.activities.has(name)):
            raise ApiError("ActivityDoesNotExist", f"Activity Does Not Exist: '{arn}'")
        return take_task(self._runner, name, worker)

    def success(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """End the task well. Raises InvalidOutput if ``output`` is not JSON, or larger than 256 KiB."""
        token, output = text(parameters, "taskToken"), text(parameters, "output")
        try:
            if len(output.encode(errors="surrogatepass")) > MAX_INPUT:
                raise ValueError(f"is longer than {MAX_INPUT} bytes")
            value = value_of(output)
        except ValueError as error:
            raise ApiError("InvalidOutput", f"Invalid Output: 'it {error}'") from error
        return self._say(token, lambda call: Succeeded(call, value))

    def failure(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """The task failed, with ``error`` and ``cause``."""
        error, cause = optional_text(parameters, "error"), optional_text(parameters, "cause")
        return self._say(text(parameters, "taskToken"), lambda call: Failed(call, error, cause))

    def heartbeat(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """The task still lives; of no consequence to one that has no HeartbeatSeconds."""
        return self._say(text(parameters, "taskToken"), Beat)

    def _say(self, token: str, what: Callable[[str], Stimulus]) -> dict[str, Any]:
        if self._runner.answer(token, what):
            return {}
        if _TOKEN.fullmatch(token):
            raise ApiError("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
        raise ApiError("InvalidToken", "Invalid Token: 'Invalid token'")
