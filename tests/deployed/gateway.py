"""AWS as one function sees it: every call is held against the function's role, then goes on to what stands behind.

What the role does not allow is answered as AWS answers it, and kept for the test to fail by.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.deployed.calls import Asked, UnknownRequestError, asked
from tests.deployed.iam import Call, Role
from tests.forwarding import Answer, Handler, Listener, Request, forward

#: What a function's credentials are of, which are a role's; AWS takes no request of theirs that does not say it.
SESSION = "session"


class Gateway(Listener):
    """``behind``: IAM's name of a service -> URL. Use as a context manager.

    ``arns``: ARNs of an emulator -> those that AWS gives. ``host``: where it listens.
    """

    def __init__(
        self, role: Role, behind: Mapping[str, str], arns: Mapping[str, str] | None = None, host: str = "127.0.0.1"
    ) -> None:
        self.role = role
        #: What happened, and what was refused, in words.
        self.made: list[Asked] = []
        self.refused: list[str] = []
        self._behind = behind
        self._arns: Mapping[str, str] = {} if arns is None else arns
        gateway = self

        class Asking(Handler):
            def serve(self, request: Request) -> Answer:
                try:
                    return gateway.answer(request)
                except Exception as error:  # the test shall fail by it, in its own thread
                    gateway.refused.append(f"{request.method} {request.path}: {error!r}")
                    raise

        super().__init__(Asking, host)

    def answer(self, request: Request) -> Answer:
        """What AWS would answer."""
        try:
            if request.headers.get("x-amz-security-token") != SESSION:
                raise UnknownRequestError(f"{request.method} {request.path} brings no token of its session")
            wanted = asked(request)
            calls = [replace(call, resource=self._arns.get(call.resource, call.resource)) for call in wanted.calls()]
        except UnknownRequestError as error:
            self.refused.append(str(error))
            return Answer(400, {"content-type": "application/json"}, b'{"__type":"UnknownOperationException"}')
        for call in calls:
            if not self.role.allows(call):
                self.refused.append(f"the role does not allow {call}")
                return _denied(wanted, call)
        self.made.append(wanted)
        reply = forward(self._behind[wanted.service], request)
        if wanted.operation == "GetObject" and reply.status == 404:
            # S3 says that an object is not there to those alone who may list the bucket.
            bucket = Call("s3:ListBucket", calls[0].resource.partition("/")[0])
            if not self.role.allows(bucket):
                self.refused.append(f"the role does not allow {bucket}")
                return _denied(wanted, bucket)
        return reply


def _denied(wanted: Asked, call: Call) -> Answer:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html"""
    words = (
        f"User: arn:aws:sts::123456789012:assumed-role/role/function is not authorized to perform: {call.action} "
        f"on resource: {call.resource} because no identity-based policy allows the {call.action} action"
    )
    if wanted.service == "s3":
        body = f"<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>{words}</Message></Error>"
        return Answer(403, {"content-type": "application/xml"}, body.encode())
    content: dict[str, Any] = {"__type": "AccessDeniedException", "message": words, "Message": words}
    status = 403 if wanted.service == "lambda" else 400
    headers = {"content-type": "application/json", "x-amzn-errortype": "AccessDeniedException"}
    return Answer(status, headers, json.dumps(content).encode())
