"""The HTTP front of the runner: Lambda's API, for boto3 clients.

https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from urllib.parse import parse_qsl, unquote, urlsplit

from verihook.local.durable.messages import ApiAnswer, ApiError, ApiRequest, plain
from verihook.local.loopback import Handler, Listener

_log = logging.getLogger(__name__)

#: Raises ApiError.
Act = Callable[[ApiRequest], ApiAnswer]

_MAX_BODY = 7 * 1024 * 1024


class Endpoint(Listener):
    """Serves the operations."""

    def __init__(self, act: Act, port: int, access_key: str = "") -> None:
        """See :class:`~verihook.local.loopback.Listener`."""
        super().__init__(_Handler, act, "durable", port, access_key)


class _Handler(Handler):
    def do_GET(self) -> None:  # noqa: N802  # the base class names it
        self._serve()

    def do_POST(self) -> None:  # noqa: N802  # the base class names it
        self._serve()

    def do_DELETE(self) -> None:  # noqa: N802  # the base class names it
        self._serve()

    def _serve(self) -> None:
        try:
            answer = self.parts(self._request())
        except ApiError as error:
            answer = ApiAnswer(error.status, {"message": str(error)}, {"x-amzn-ErrorType": error.code})
        except Exception as error:  # noqa: BLE001  # a fault of ours must answer, or the client waits for its timeout
            self.tell(_log, "the runner failed", error)
            message = {"message": "The runner failed; see its log"}
            answer = ApiAnswer(500, message, {"x-amzn-ErrorType": "ServiceException"})
        body = b"" if answer.body is None else json.dumps(answer.body, default=plain).encode()
        self.answer(answer.status, "application/json", body, answer.headers)

    def _request(self) -> ApiRequest:
        if self.is_foreign():
            raise ApiError("AccessDeniedException", "Only clients of this run are served", 403)
        body = self.body(_MAX_BODY)
        if body is None:
            message = f"Send a Content-Length of at most {_MAX_BODY} bytes"
            raise ApiError("RequestTooLargeException", message, 413)
        url = urlsplit(self.path)
        return ApiRequest(
            self.command,
            tuple(unquote(part) for part in url.path.strip("/").split("/")),
            dict(parse_qsl(url.query, keep_blank_values=True)),
            {name.lower(): value for name, value in self.headers.items()},
            body,
        )
