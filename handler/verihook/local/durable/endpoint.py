"""The HTTP front of the runner: Lambda's API, for boto3 clients.

https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
"""

from __future__ import annotations

import logging
from urllib.parse import parse_qsl, unquote, urlsplit

from verihook.local.durable.messages import FAILED, Act, ApiError, ApiRequest, served
from verihook.local.loopback import Handler, Listener

_log = logging.getLogger(__name__)

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
        answer = served(lambda: self.parts(self._request()), lambda error: self.tell(_log, FAILED, error))
        self.answer(answer.status, "application/json", answer.body, answer.headers)

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
