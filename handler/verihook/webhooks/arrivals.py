"""How a request arrived, as AWS says it in an event's ``requestContext``, and as proxies say it that are counted.

https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mutual-tls.html
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from verihook.model.front import Arrival, clean_host

if TYPE_CHECKING:
    from verihook.request import Request

FORWARDED = "x-forwarded-for"


def arrival_in(event: Mapping[str, Any], request: Request) -> Arrival:
    """Return what AWS says: the host that was called, who called it, and the certificate that API Gateway checked.

    A load balancer says who called it at the end of ``X-Forwarded-For`` alone, and no host that it has checked.
    ``event``: of a shape that :func:`verihook.request.from_lambda` reads.
    """
    context = event["requestContext"]
    if "elb" in context:
        return Arrival(address=(_forwarded(request) or [""])[-1])
    caller = _table(context, "http") or _table(context, "identity")
    certificate = _table(_table(context, "authentication") or _table(context, "identity"), "clientCert")
    return Arrival(
        clean_host(context.get("domainName")),
        _text(caller, "sourceIp"),
        _text(certificate, "subjectDN"),
        _fingerprint(_text(certificate, "clientCertPem")),
    )


def address_before(request: Request, peer: str, hops: int) -> str:
    """Return whom the outermost of ``hops`` proxies has seen, "" if the header has too few addresses.

    ``peer``: who calls us, the innermost of them. API Gateway and load balancers add it to the header, too. What the
    first proxy was sent stands further to the left and is never read.
    """
    found = _forwarded(request)
    if found and found[-1] == peer:
        found.pop()
    return found[-hops] if len(found) >= hops else ""


def _forwarded(request: Request) -> list[str]:
    return [each.strip() for value in request.values(FORWARDED) for each in value.split(",")]


def _table(context: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = context.get(name)
    return found if isinstance(found, dict) else {}


def _text(table: Mapping[str, Any], name: str) -> str:
    found = table.get(name)
    return found if isinstance(found, str) else ""


def _fingerprint(pem: str) -> str:
    """Return the SHA-256 of the certificate in hexadecimal, "" if there is none."""
    lines = [line for line in pem.splitlines() if line and not line.startswith("-----")]
    try:
        return hashlib.sha256(base64.b64decode("".join(lines), validate=True)).hexdigest() if lines else ""
    except (binascii.Error, ValueError):
        return ""
