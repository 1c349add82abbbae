"""The HTTP front of the interpreter: AWS JSON 1.0, for boto3 clients and the tasks of state machines.

https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

from verihook.local.interpreter.functions import Functions, Reply
from verihook.local.interpreter.validation import ApiError
from verihook.local.loopback import Handler, Listener
from verihook.strict_json import parse

_log = logging.getLogger(__name__)

#: (operation, parameters) -> answer; raises ApiError.
Act = Callable[[str, dict[str, Any]], dict[str, Any]]

_TARGET = "AWSStepFunctions."
_JSON = "application/x-amz-json-1.0"
_MAX_BODY = 4 * 1024 * 1024


class Endpoint(Listener):
    """Serves the operations, and the functions that tasks invoke."""

    def __init__(self, act: Act, functions: Functions, port: int, access_key: str = "") -> None:
        """See :class:`~verihook.local.loopback.Listener`."""
        super().__init__(_Handler, (act, functions), "stepfunctions", port, access_key)


class _Handler(Handler):
    def do_POST(self) -> None:  # noqa: N802  # the base class names it
        self._serve(self._act)

    def do_GET(self) -> None:  # noqa: N802  # the base class names it
        self._serve(self._read)

    def _serve(self, act: Callable[[], Reply]) -> None:
        try:
            reply = act()
        except ApiError as error:
            reply = _fault(error.status, error.code, str(error))
        except Exception as error:  # noqa: BLE001  # a fault of ours must answer, or the client waits for its timeout
            self.tell(_log, "the interpreter failed", error)
            reply = _fault(500, "InternalFailure", "The interpreter failed; see its log")
        self.answer(reply.status, reply.kind, reply.body, reply.headers)

    def _act(self) -> Reply:
        self._check_client()
        body = self.body(_MAX_BODY)
        if body is None:
            raise ApiError("SerializationException", f"Send a Content-Length of at most {_MAX_BODY} bytes", 413)
        act: Act
        functions: Functions
        act, functions = self.parts
        invoked = functions.post(self.path, body, event_only=self.headers.get("X-Amz-Invocation-Type") == "Event")
        if invoked is not None:
            return invoked
        target = self.headers.get("X-Amz-Target", "")
        if not target.startswith(_TARGET):
            raise ApiError("UnknownOperationException", f"'{target or self.path}' is not offered on one machine")
        try:
            parameters = parse(body or b"{}")
        except ValueError as error:
            raise ApiError("SerializationException", "The body is not JSON") from error
        if not isinstance(parameters, dict):
            raise ApiError("SerializationException", "The body is no JSON object")
        answer = act(target.removeprefix(_TARGET), parameters)
        return Reply(200, json.dumps(answer).encode(), kind=_JSON)

    def _read(self) -> Reply:
        """Only who signs as AWS's clients do reads a payload: a browser adds no such header to a plain GET."""
        self._check_client()
        if not self.headers.get("Authorization", "").startswith("AWS4-HMAC-SHA256 "):
            self.close_connection = True
            raise ApiError("UnknownOperationException", "Send an AWS request by POST", 404)
        functions: Functions = self.parts[1]
        return functions.get(self.path)

    def _check_client(self) -> None:
        if self.is_foreign():
            raise ApiError("AccessDeniedException", "Only clients of this run are served", 403)


def _fault(status: int, code: str, message: str) -> Reply:
    body = json.dumps({"__type": code, "message": message}).encode()
    return Reply(status, body, {"x-amzn-ErrorType": code}, _JSON)
