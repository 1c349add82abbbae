"""The HTTP front: AWS JSON 1.0, for AWS's own clients.

https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field

from verihook.local.loopback import Handler, Listener
from verihook.local.runner.door.client import Act
from verihook.local.runner.door.validation import ApiError
from verihook.strict_json import parse

_log = logging.getLogger(__name__)

_TARGET = "AWSStepFunctions."
_JSON = "application/x-amz-json-1.0"
_MAX_BODY = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


class Endpoint(Listener):
    """Serves the operations."""

    def __init__(self, act: Act, port: int, access_key: str = "") -> None:
        """See :class:`~verihook.local.loopback.Listener`."""
        super().__init__(_Handler, act, "stepfunctions", port, access_key)


class _Handler(Handler):
    def do_POST(self) -> None:  # noqa: N802  # the base class names it
        try:
            reply = self._act()
        except ApiError as error:
            reply = _fault(error.status, error.code, str(error))
        except Exception as error:  # noqa: BLE001  # a fault of ours must answer, or the client waits for its timeout
            self.tell(_log, "the runner of state machines failed", error)
            reply = _fault(500, "InternalFailure", "The runner of state machines failed; see its log")
        self.answer(reply.status, _JSON, reply.body, reply.headers)

    def do_GET(self) -> None:  # noqa: N802  # the base class names it
        self.close_connection = True
        foreign = self.is_foreign()
        refused = _foreign() if foreign else _fault(404, "UnknownOperationException", "Send an AWS request by POST")
        self.answer(refused.status, _JSON, refused.body, refused.headers)

    def _act(self) -> _Reply:
        if self.is_foreign():
            return _foreign()
        body = self.body(_MAX_BODY)
        if body is None:
            raise ApiError("SerializationException", f"Send a Content-Length of at most {_MAX_BODY} bytes", 413)
        target = self.headers.get("X-Amz-Target", "")
        if not target.startswith(_TARGET):
            raise ApiError("UnknownOperationException", f"'{target or self.path}' is not offered on one machine")
        try:
            parameters = parse(body or b"{}")
        except ValueError as error:
            raise ApiError("SerializationException", "The body is not JSON") from error
        if not isinstance(parameters, dict):
            raise ApiError("SerializationException", "The body is no JSON object")
        act: Act = self.parts
        return _Reply(200, json.dumps(act(target.removeprefix(_TARGET), parameters)).encode())


def _foreign() -> _Reply:
    return _fault(403, "AccessDeniedException", "Only clients of this run are served")


def _fault(status: int, code: str, message: str) -> _Reply:
    body = json.dumps({"__type": code, "message": message}).encode()
    return _Reply(status, body, {"x-amzn-ErrorType": code})
