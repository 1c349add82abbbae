"""Answers of workers to tasks that wait for a token.

https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-wait-token
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from typing import Any, TypeVar

from verihook.local.interpreter.executions import Executions
from verihook.local.interpreter.journal import Journal
from verihook.local.interpreter.validation import MAX_INPUT, ApiError, optional_text, text
from verihook.local.interpreter.waits import outcome_of
from verihook.strict_json import parse

T = TypeVar("T")

#: As moto makes them.
_TOKEN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


class Tasks:
    """SendTaskSuccess, SendTaskFailure and SendTaskHeartbeat: the token is looked for in the journal.

    The first answer counts, and is in the journal before it is confirmed: what waited goes on with it after a crash,
    too. A token of the right form with which nothing waits has been answered or has timed out: TaskTimedOut. Anything
    else was never a token: InvalidToken.
    """

    def __init__(self, journal: Journal, executions: Executions) -> None:
        self._journal = journal
        self._executions = executions

    def success(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """End the task well. Raises InvalidOutput if ``output`` is not JSON, or larger than 256 KiB."""
        token, output = text(parameters, "taskToken"), text(parameters, "output")
        try:
            if len(output.encode(errors="surrogatepass")) > MAX_INPUT:
                raise ValueError(f"is longer than {MAX_INPUT} bytes")
            parse(output)
        except ValueError as error:
            raise ApiError("InvalidOutput", f"Invalid Output: 'it {error}'") from error
        return self._settle(token, {"output": output})

    def failure(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """The task failed, with ``error`` and ``cause``."""
        error, cause = optional_text(parameters, "error"), optional_text(parameters, "cause")
        return self._settle(text(parameters, "taskToken"), {"error": error, "cause": cause})

    def heartbeat(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """The task still lives; of no consequence to one that has no HeartbeatSeconds, or is not resumed yet."""
        token = text(parameters, "taskToken")
        endpoint = self._endpoint(token)
        if not _written(lambda: self._journal.waits_for(token)):
            raise _refusal(token)
        if endpoint is not None:
            endpoint.notify_heartbeat()
        return {}

    def _settle(self, token: str, given: dict[str, str | None]) -> dict[str, Any]:
        answer = json.dumps(given)
        self._endpoint(token)
        if not _written(lambda: self._journal.answer(token, answer)):
            raise _refusal(token)
        # A wait that begins in this moment has either been found here, or finds the answer in the journal.
        endpoint = self._endpoint(token)
        if endpoint is not None:
            endpoint.notify(outcome_of(token, answer))
        return {}

    def _endpoint(self, token: str) -> Any:
        """What waits in this process; None if nothing does yet. Raises TaskTimedOut for a branch that was stopped."""
        for environment in self._executions.environments():
            endpoint: Any = environment.callback_pool_manager.get(token)
            if endpoint is not None:
                if environment.is_running() and not endpoint.env.is_running():
                    raise _refusal(token)
                return endpoint
        return None


def _written(act: Callable[[], T]) -> T:
    """Raise ApiError 503 if the journal cannot be used: nothing was confirmed, and the client tries again."""
    try:
        return act()
    except sqlite3.Error as error:
        raise ApiError("ServiceUnavailable", f"The journal cannot be written: {error}", 503) from error


def _refusal(token: str) -> ApiError:
    if _TOKEN.fullmatch(token):
        return ApiError("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
    return ApiError("InvalidToken", "Invalid Token: 'Invalid token'")
