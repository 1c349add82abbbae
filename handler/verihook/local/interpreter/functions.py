"""What the tasks of state machines call beside Step Functions: Lambda functions and S3 objects, both of this process.

POST /2015-03-31/functions/NAME/invocations   a Python callable by the function's name
GET  /BUCKET/KEY                               a payload
"""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from verihook.adapters.printable import words
from verihook.errors import VerihookError
from verihook.local.interpreter.validation import ApiError
from verihook.strict_json import parse

_log = logging.getLogger(__name__)

#: A function takes the event and gives what can be written as JSON; what it raises is the task's failure.
Function = Callable[[dict[str, Any]], object]

#: (bucket, key) -> the text, None if there is none.
ReadPayload = Callable[[str, str], str | None]

_INVOKE = re.compile(r"/2015-03-31/functions/([^/]+)/invocations", re.ASCII)
#: A name, with account, or a full ARN; with a version or alias or without.
_NAME = re.compile(r"(?:arn:[^:]*:lambda:[^:]*:[^:]*:function:|[0-9]{12}:(?:function:)?)?([^:]+)(?::[^:]+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer that is not of the Step Functions API."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str = "application/json"


class Functions:
    """Invokes callables as Lambda does.

    https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
    """

    def __init__(self, functions: Mapping[str, Function], read_payload: ReadPayload | None) -> None:
        self._functions = functions
        self._read_payload = read_payload

    def post(self, path: str, body: bytes, *, event_only: bool) -> Reply | None:
        """Return the answer to an invocation; None for another path. ``event_only``: the result is not waited for.

        Raises ApiError ResourceNotFoundException if no function has the name.
        """
        wanted = _INVOKE.fullmatch(urlsplit(path).path)
        if wanted is None:
            return None
        match = _NAME.fullmatch(unquote(wanted[1]))
        function = self._functions.get(match[1] if match else "")
        if function is None:
            raise ApiError("ResourceNotFoundException", f"Function not found: {unquote(wanted[1])}", 404)
        try:
            event = parse(body or b"{}")
        except ValueError as error:
            raise ApiError("InvalidRequestContentException", "Could not parse request body into json") from error
        if event_only:
            threading.Thread(target=_invoke, args=(function, event), name="function", daemon=True).start()
            return Reply(202, b"")
        return _invoke(function, event)

    def get(self, path: str) -> Reply:
        """S3's GetObject, path style.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
        """
        bucket, _, key = unquote(urlsplit(path).path).removeprefix("/").partition("/")
        text = self._read_payload(bucket, key) if self._read_payload and bucket and key else None
        if text is None:
            error = "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>"
            return Reply(404, error.encode(), kind="application/xml")
        return Reply(200, text.encode(errors="surrogatepass"))


def _invoke(function: Function, event: Any) -> Reply:
    """Call a function; answer what it raises as the Python runtime of Lambda does.

    https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
    """
    headers = {"X-Amz-Executed-Version": "$LATEST"}
    try:
        body = json.dumps(function(event), allow_nan=False)
    except Exception as error:  # noqa: BLE001  # whatever it raises is its own failure, and the task's
        if not isinstance(error, VerihookError):
            _log.error("a function of a state machine failed", exc_info=error)
        # The stack is in the log alone: a caller of the API may read this as the cause.
        failure = {"errorMessage": words(error), "errorType": type(error).__name__, "stackTrace": []}
        return Reply(200, json.dumps(failure).encode(), headers | {"X-Amz-Function-Error": "Unhandled"})
    return Reply(200, body.encode(), headers)
