"""The management API under /v1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import Request

from verihook.errors import Unauthenticated

#: Raises Unauthenticated for a caller that is not let through.
Access = Callable[[Request], None]


def signed_with_iam(request: Request) -> None:
    """Lets through what AWS has authenticated: the function URL's AuthType is AWS_IAM.

    Raises Unauthenticated for a request that came another way, should somebody open the URL.
    https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
    """
    event: dict[str, Any] = request.scope.get("aws.event") or {}
    authorizer = (event.get("requestContext") or {}).get("authorizer") or {}
    if not (isinstance(authorizer, dict) and authorizer.get("iam")):
        raise Unauthenticated("Sign the request with AWS credentials that may invoke this function's URL.")


def open_on_loopback(_: Request) -> None:
    """Lets everything through: one machine listens on loopback alone."""
