"""Sends spans to AWS X-Ray: a datagram each, to the daemon that Lambda runs beside an invocation that is traced.

No library: the format is small, and aws-xray-sdk would bring wrapt and patch what it finds. A delivery without a valid
``traceparent`` is in Lambda's own trace, below the segment of the function; one with it stays in the trace of its
sender, as a segment of its own. Only invocations that X-Ray has chosen send anything, so that strangers decide neither
how many traces there are nor what they cost.
https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html
https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html
"""

from __future__ import annotations

import re
import secrets
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from verihook.adapters.aws.direct import Direct
from verihook.adapters.spans import CLIENT, INTERNAL, SERVER, Current, Span, Tracer, of_header, traced
from verihook.model.ports import Services
from verihook.model.trace_context import xray_id
from verihook.request import json_text

#: The variable in which Lambda says, for each invocation, what trace it is in.
VARIABLE = "_X_AMZN_TRACE_ID"

_HEADER = b'{"format": "json", "version": 1}\n'

#: What a name may not have, and the most characters of a name and of an annotation.
_NO_NAME = re.compile(r"[^\w\s.:/%&#=+\\\-@]")
_MOST_NAME, _MOST_TEXT = 200, 1_000


@dataclass(frozen=True, slots=True)
class Invocation:
    """What Lambda says of the trace. ``trace``: 32 hexadecimal digits; ``parent``: the segment of the function.

    ``lineage``: by which Lambda notices loops, "" for none.
    """

    trace: str
    parent: str
    sampled: bool
    lineage: str = ""


class XRay(Tracer):
    """Makes X-Ray's documents of spans. ``address``: of the daemon, HOST:PORT.

    ``variables``: Lambda's, as they are at any moment; ``service``: what the deployment is called.
    """

    def __init__(self, address: str, variables: Mapping[str, str], service: str) -> None:
        super().__init__(self._send, "aws.dynamodb")
        host, _, port = address.rpartition(":")
        self._address, self._variables, self._service = (host, int(port)), variables, service

    def active(self) -> bool:
        """Whether X-Ray has chosen this invocation; no daemon runs beside others."""
        invocation = invocation_of(self._variables)
        return invocation is not None and invocation.sampled

    def begin(self, traceparent: str | None) -> Current:
        """Return the sender's trace, if its header is valid, else Lambda's."""
        invocation, sent = invocation_of(self._variables), of_header(traceparent)
        chosen = invocation is not None and invocation.sampled
        if sent is not None:
            return Current(sent.trace, sent.root, sent.parent, sampled=chosen and sent.sampled)
        if invocation is None:
            return Current(secrets.token_hex(16), secrets.token_hex(8), "", sampled=False)
        return Current(invocation.trace, secrets.token_hex(8), invocation.parent, sampled=chosen)

    def header(self) -> str:
        """Return what calls of AWS say of the trace that they are in: the sender's if there is one, else Lambda's."""
        current, invocation = self.thread.current, invocation_of(self._variables)
        if current is None or invocation is None or current.trace == invocation.trace:
            return self._variables.get(VARIABLE, "")
        text = f"Root={xray_id(current.trace)};Parent={current.root};Sampled={int(current.sampled)}"
        return f"{text};Lineage={invocation.lineage}" if invocation.lineage else text

    def _send(self, span: Span) -> None:
        invocation = invocation_of(self._variables)
        if invocation is None or not invocation.sampled:
            return
        body = json_text(document(span, invocation, self._service)).encode()
        # A span that cannot be sent is lost, and nothing else is. No socket is kept: a snapshot would have it, too.
        with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
            made.setblocking(False)
            made.sendto(_HEADER + body, self._address)


def traced_in_lambda(services: Services, daemon: str, variables: Mapping[str, str], client: Direct) -> Services:
    """Return services that send spans to X-Ray. Calls of our own client of AWS say what trace they are in."""
    tracer = XRay(daemon, variables, variables.get("POWERTOOLS_SERVICE_NAME") or "verihook")
    client.trace = tracer.header
    return traced(services, tracer)


def invocation_of(variables: Mapping[str, str]) -> Invocation | None:
    """Return what Lambda says of the trace of this invocation; None if it says nothing that can be read."""
    given = dict(part.partition("=")[::2] for part in variables.get(VARIABLE, "").split(";"))
    found = re.fullmatch(r"1-([0-9a-f]{8})-([0-9a-f]{24})", given.get("Root", ""), re.ASCII)
    parent = given.get("Parent", "")
    if found is None or not re.fullmatch(r"[0-9a-f]{16}", parent, re.ASCII):
        return None
    return Invocation(found[1] + found[2], parent, given.get("Sampled") == "1", given.get("Lineage", ""))


def document(span: Span, invocation: Invocation, service: str) -> dict[str, object]:
    """Return the segment or subsegment of a span."""
    of_lambda = (span.trace, span.parent) == (invocation.trace, invocation.parent)
    below = of_lambda or span.kind in (INTERNAL, CLIENT)
    name = service if span.kind == SERVER and not below else span.name
    made: dict[str, object] = {
        "name": _NO_NAME.sub("_", name)[:_MOST_NAME],
        "id": span.id,
        "trace_id": xray_id(span.trace),
        "start_time": span.began / 1e9,
        "end_time": max(span.ended, span.began) / 1e9,
        "annotations": _annotations(span),
        **({"parent_id": span.parent} if span.parent else {}),
        **({"type": "subsegment"} if below else {}),
        **_outcome(span),
    }
    status, method = (span.attributes.get(f"http.{key}") for key in ("response.status_code", "request.method"))
    if status:
        request = {"method": method, "url": span.attributes.get("http.route")} if method else {}
        made["http"] = {"request": request, "response": {"status": status}}
    return made


def _annotations(span: Span) -> dict[str, str | int]:
    """Return the attributes by which traces can be searched: their names have no dots there."""
    return {
        name.replace(".", "_"): value[:_MOST_TEXT] if isinstance(value, str) else value
        for name, value in span.attributes.items()
        if value is not None and not name.startswith("http.")
    }


def _outcome(span: Span) -> dict[str, object]:
    """Return whose fault it is, in X-Ray's words: the caller's is an ``error``, ours a ``fault``."""
    status = span.attributes.get("http.response.status_code")
    if isinstance(status, int) and 400 <= status < 500:
        return {"error": True, **({"throttle": True} if status == 429 else {})}
    if span.error is None:
        return {}
    cause = {"exceptions": [{"id": secrets.token_hex(8), "message": span.error[:_MOST_TEXT]}]}
    return {"error" if span.kind == INTERNAL else "fault": True, "cause": cause}
