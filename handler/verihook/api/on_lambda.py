"""A Request, as main.py reads it from a Lambda event, for the app: Mangum's own readers know other rules.

Mangum 0.22 takes no stage off, decodes the path before the app sees it, joins repeated headers, and raises for an event
of no shape that it knows. It is kept for what runs an ASGI application without a server.
https://github.com/Kludex/mangum/blob/main/mangum/adapter.py
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

from starlette.types import Scope

from verihook.request import Reply, Request

#: Of text that HTTP cannot carry, as only a made-up event has it, the framework sees a question mark.
_TEXT = ("latin-1", "replace")


class RequestHandler:
    """A handler of Mangum's whose event is the pair of Request and original event, and whose answer is a Reply."""

    def __init__(self, event: tuple[Request, Any], context: Any, _config: Any) -> None:
        self._request, self._event = event
        self._context = context

    @classmethod
    def infer(cls, _event: Any, _context: Any, _config: Any) -> bool:
        """Whether it is for this event: it is for every one."""
        return True

    @property
    def body(self) -> bytes:
        """The body of the request."""
        return self._request.body

    @property
    def scope(self) -> Scope:
        """The request as ASGI has it: ``raw_path`` as it came, ``path`` decoded. ``aws.event`` is the original event.

        https://asgi.readthedocs.io/en/latest/specs/www.html#http-connection-scope
        """
        request = self._request
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.0"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": request.header("x-forwarded-proto") or "https",
            "path": unquote(request.path),
            "raw_path": request.path.encode(*_TEXT),
            "root_path": "",
            "query_string": request.query.encode(*_TEXT),
            "headers": [(name.encode(*_TEXT), value.encode(*_TEXT)) for name, value in self._headers()],
            "server": (request.header("host") or "localhost", 443),
            "client": None,
            "aws.event": self._event,
            "aws.context": self._context,
        }

    def _headers(self) -> Iterable[tuple[str, str]]:
        """Those of the request; a REST API is asked for nothing compressed: it hands base64 on as the text that it is.

        It does not for the types that it is configured to take for binary:
        https://docs.aws.amazon.com/apigateway/latest/developerguide/lambda-proxy-binary-media.html
        """
        match self._event:
            case {"version": _} | {"requestContext": {"elb": _}}:
                return self._request.headers
        return ((name, value) for name, value in self._request.headers if name != "accept-encoding")

    def __call__(self, response: Any) -> Reply:
        """The reply of the app's response; a header that it has twice is joined (RFC 9110 section 5.3)."""
        headers: dict[str, str] = {}
        for name, value in ((name.decode("latin-1"), value.decode("latin-1")) for name, value in response["headers"]):
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        return Reply(response["status"], response["body"], headers)
