"""A scheme in the words of a person who has to find out why a signature does not match."""

from __future__ import annotations

import re
from typing import Any

from verihook.senders.schemes import Scheme

#: What a scheme is if its own fields do not say it.
_NAMES = {
    "AdyenScheme": "HMAC-SHA256 of members of each item, in the body",
    "ContentfulScheme": "HMAC-SHA256 of method, path, headers and body, in x-contentful-signature",
    "SnsScheme": "an RSA signature of members of the body, with a certificate of Amazon",
    "JwtScheme": "a JSON Web Token with the SHA-256 of the body",
    "DetachedJwsScheme": "a JSON Web Signature of the delivery",
    "HttpSignatureScheme": "an HTTP message signature (RFC 9421)",
}


def in_words(scheme: Scheme) -> str:
    """Return how deliveries are verified: ``HMAC-SHA256 of {timestamp}.{body} as hex in Stripe-Signature, ±300 s``."""
    several = getattr(scheme, "schemes", ())
    if several:
        return "; or ".join(in_words(each) for each in several)
    fields: Any = scheme
    kind, header = type(scheme).__name__, getattr(scheme, "header", "")
    if kind == "TokenScheme":
        place = f"the header {header}" if header else f"the member {fields.json} of the body"
        return f"a secret token in {place}; neither body nor time is signed"
    if kind in _NAMES:
        words = _NAMES[kind] + (f" in {header}" if header and header not in _NAMES[kind] else "")
    else:
        place = header or " or ".join(getattr(scheme, "headers", ())) or getattr(scheme, "signature_json", "")
        algorithm = fields.algorithm.upper().replace("SHA", "SHA-" if kind == "PublicKeyScheme" else "SHA")
        name = f"HMAC-{algorithm}" if kind == "HmacScheme" else fields.algorithm
        words = f"{name} of {_message(fields.message)} as {fields.encoding} in {place}"
    tolerance = getattr(scheme, "tolerance", 0)
    return f"{words}, ±{tolerance} s" if scheme.timed and tolerance else words


def signed_parts(scheme: Scheme) -> list[str]:
    """Return what is signed in its order: fields such as ``{timestamp}`` and ``{body}``, and the text between them.

    [] for a scheme that has no such template. Of several schemes those of the first that has one.
    """
    several = getattr(scheme, "schemes", ())
    if several:
        return next((parts for each in several if (parts := signed_parts(each))), [])
    return [part for part in re.split(r"(\{[^{}]*\})", getattr(scheme, "message", "")) if part]


def _message(template: str) -> str:
    """Return the template of what is signed on one line, shortened."""
    line = re.sub(r"\s+", " ", template.replace("\n", "\\n"))
    return line if len(line) <= 120 else f"{line[:117]}..."
