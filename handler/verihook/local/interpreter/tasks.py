"""Answers of workers to tasks that wait for a token.

https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-wait-token
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from verihook.local.interpreter.executions import Executions
from verihook.local.interpreter.validation import ApiError, optional_text, parse_json, text

if TYPE_CHECKING:
    from moto.stepfunctions.parser.asl.eval.callback.callback import CallbackPoolManager


class Tasks:
    """SendTaskSuccess, SendTaskFailure and SendTaskHeartbeat: the token is looked for in all running executions."""

    def __init__(self, executions: Executions) -> None:
        self._executions = executions

    def success(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """The task is done; InvalidOutput where ``output`` is not JSON."""
        from moto.stepfunctions.parser.asl.eval.callback.callback import CallbackOutcomeSuccess

        token, output = text(parameters, "taskToken"), text(parameters, "output")
        try:
            parse_json(output)
        except ValueError as error:
            raise ApiError("InvalidOutput", f"Invalid Output: '{error}'") from error
        return self._tell(lambda pool: pool.notify(token, CallbackOutcomeSuccess(token, output)))

    def failure(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """The task failed, with ``error`` and ``cause``."""
        from moto.stepfunctions.parser.asl.eval.callback.callback import CallbackOutcomeFailure

        token = text(parameters, "taskToken")
        outcome = CallbackOutcomeFailure(token, optional_text(parameters, "error"), optional_text(parameters, "cause"))
        return self._tell(lambda pool: pool.notify(token, outcome))

    def heartbeat(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """The task still lives; of no consequence to one that has no HeartbeatSeconds."""
        token = text(parameters, "taskToken")
        return self._tell(lambda pool: pool.get(token) is not None and (pool.heartbeat(token) or True))

    def _tell(self, tell: Callable[[CallbackPoolManager], bool]) -> dict[str, Any]:
        from moto.stepfunctions.parser.asl.eval.callback.callback import CallbackNotifyConsumerError

        for environment in self._executions.environments():
            try:
                if tell(environment.callback_pool_manager):
                    return {}
            except CallbackNotifyConsumerError as error:
                raise ApiError("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'") from error
        raise ApiError("InvalidToken", "Invalid Token: 'Invalid token'")
