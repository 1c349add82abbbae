"""Answers of workers to tasks that wait for a token.

https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-wait-token
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from verihook.local.interpreter.executions import Executions
from verihook.local.interpreter.validation import MAX_INPUT, ApiError, optional_text, text
from verihook.strict_json import parse

if TYPE_CHECKING:
    from moto.stepfunctions.parser.asl.eval.callback.callback import CallbackPoolManager

#: As moto makes them.
_TOKEN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


class Tasks:
    """SendTaskSuccess, SendTaskFailure and SendTaskHeartbeat: the token is looked for in all running executions.

    The first answer counts. A token of the right form with which nothing waits has been answered, has timed out, or
    is of a former process: TaskTimedOut. Anything else was never a token: InvalidToken.
    """

    def __init__(self, executions: Executions) -> None:
        self._executions = executions
        self._lock = threading.Lock()

    def success(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """End the task well. Raises InvalidOutput if ``output`` is not JSON, or larger than 256 KiB."""
        from moto.stepfunctions.parser.asl.eval.callback.callback import CallbackOutcomeSuccess

        token, output = text(parameters, "taskToken"), text(parameters, "output")
        try:
            if len(output.encode(errors="surrogatepass")) > MAX_INPUT:
                raise ValueError(f"is longer than {MAX_INPUT} bytes")
            parse(output)
        except ValueError as error:
            raise ApiError("InvalidOutput", f"Invalid Output: 'it {error}'") from error
        return self._settle(token, lambda pool: pool.notify(token, CallbackOutcomeSuccess(token, output)))

    def failure(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """The task failed, with ``error`` and ``cause``."""
        from moto.stepfunctions.parser.asl.eval.callback.callback import CallbackOutcomeFailure

        token = text(parameters, "taskToken")
        outcome = CallbackOutcomeFailure(token, optional_text(parameters, "error"), optional_text(parameters, "cause"))
        return self._settle(token, lambda pool: pool.notify(token, outcome))

    def heartbeat(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """The task still lives; of no consequence to one that has no HeartbeatSeconds."""
        token = text(parameters, "taskToken")
        return self._settle(token, lambda pool: pool.heartbeat(token) or True)

    def _settle(self, token: str, settle: Callable[[CallbackPoolManager], bool]) -> dict[str, Any]:
        for environment in self._executions.environments():
            pool = environment.callback_pool_manager
            with self._lock:
                endpoint = pool.get(token)
                if endpoint is not None and endpoint.get_outcome() is None:
                    settle(pool)
                    return {}
        if _TOKEN.fullmatch(token):
            raise ApiError("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
        raise ApiError("InvalidToken", "Invalid Token: 'Invalid token'")
