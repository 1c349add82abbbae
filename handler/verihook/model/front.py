"""What stands before us, and what of a request's arrival is believed: never what a caller can write.

A front is CloudFront, an API of API Gateway, or a proxy on one machine. It shows itself by a secret in the header
:data:`ORIGIN`, or AWS itself says in the event's ``requestContext`` how a request came.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from verihook.errors import Rejected

if TYPE_CHECKING:
    from verihook.model.source import SecretReference

#: The header with the front's secret, and those in which infra/domain.yaml's front says how a request came to it.
ORIGIN = "x-verihook-origin"
HOST = "x-verihook-host"
ADDRESS = "x-verihook-address"
SUBJECT = "x-verihook-client-subject"
FINGERPRINT = "x-verihook-client-sha256"

#: A host name as DNS has it, in lower case. https://www.rfc-editor.org/rfc/rfc1123#section-2.1
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*", re.ASCII)


class NotThroughFront(Rejected):
    """The request did not come through the front that every request has to come through. ``reason``: for the log."""

    code, status, title = "not-through-front", 403, "Not through the front"

    def __init__(self, reason: str) -> None:
        super().__init__("Requests are taken at the public address alone.")
        self.log_words = reason


class SenderRefused(Rejected):
    """The source takes nothing from this address, or with this certificate. ``reason``: in words, for the log."""

    code, status, title = "sender-refused", 403, "Sender refused"

    def __init__(self, reason: str) -> None:
        super().__init__("The source takes no deliveries from here.")
        self.log_words = reason


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a request arrived, as far as that is believed; "" for what is not known.

    ``host``: the public one, in lower case. ``address``: of the caller, as the front has seen it. ``subject`` and
    ``fingerprint``: of the certificate with which the caller has proven itself to the front (SHA-256 in hexadecimal).
    """

    host: str = ""
    address: str = ""
    subject: str = ""
    fingerprint: str = ""

    def public_url(self, base: str, path: str) -> str:
        """Return host and path of the URL that was called, as a key of ``[routes]``; "" if the host is not known.

        ``base``: the prefix that was removed from the path.
        """
        if not self.host:
            return ""
        return f"{self.host}{base}" if base and path == "/" else f"{self.host}{base}{path}"


@dataclass(frozen=True, slots=True)
class FrontRules:
    """``[front]`` of hooks.toml. The names of headers are in lower case; "" for one that is not believed.

    ``secrets``: what the front sends in :data:`ORIGIN`; () if there is none, and no header is believed. ``hops``: how
    many proxies stand before us, of which each adds to ``X-Forwarded-For``; 0 if that header is not believed.
    """

    secrets: tuple[SecretReference, ...] = ()
    hops: int = 0
    host_header: str = ""
    address_header: str = ""
    subject_header: str = ""
    fingerprint_header: str = ""


def clean_host(text: object) -> str:
    """Return a host name in one spelling: lower case, without port 443 and final dot; "" for what is none."""
    if not isinstance(text, str) or len(text) > 260:
        return ""
    host = text.lower().removesuffix(":443").removesuffix(".")
    return host if len(host) <= 253 and _HOST.fullmatch(host) else ""
