"""What stands for Lambda's service in this process: calls of a client without HTTP."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import TimeoutError as NoAnswer
from functools import partial
from urllib.parse import unquote

from aws_durable_execution_sdk_python_testing.threads import DaemonThreadPool

from verihook.adapters.aws.connection import Answer
from verihook.adapters.aws.errors import ServiceError, Unreachable
from verihook.adapters.aws.service import Call
from verihook.adapters.repeats import RepeatFilter
from verihook.local.durable.messages import FAILED, Act, ApiRequest, served
from verihook.local.loopback import tell_fault
from verihook.model import deadline

_log = logging.getLogger(__name__)

#: The longest that a call may take, in seconds: the executor's loop may hang.
LONGEST_S = 3.0

#: How many calls may be under way.
_THREADS = 64


class InProcess:
    """What a client of Lambda sends its calls to, in place of a service of AWS. Safe to use from any thread."""

    def __init__(self, act: Act) -> None:
        self._act = act
        self._repeats = RepeatFilter()
        self._threads = DaemonThreadPool(_THREADS, "durable-call")

    def send(self, call: Call, error_of: Callable[[Answer, bool], ServiceError]) -> Answer:
        """Return an answer of a status below 300. Raises Unreachable, and what ``error_of(answer, retried)`` makes."""
        path = tuple(unquote(part) for part in call.path.strip("/").split("/"))
        request = ApiRequest(call.method, path, dict(call.query), call.headers or {}, call.body)
        left = deadline.left_s()
        try:
            # In a thread of its own: what hangs there holds up no one for longer than this.
            waiting = self._threads.submit(served, partial(self._act, request), self._failed)
            answer: Answer = waiting.result(LONGEST_S if left is None else max(min(left, LONGEST_S), 0))
        except (NoAnswer, RuntimeError) as error:
            raise Unreachable("The runner of durable functions did not answer.") from error
        if answer.status >= 300:
            raise error_of(answer, False)
        return answer

    def close(self) -> None:
        """Take no more calls."""
        self._threads.shutdown()

    def _failed(self, error: Exception) -> None:
        tell_fault(self._repeats, _log, FAILED, error)
