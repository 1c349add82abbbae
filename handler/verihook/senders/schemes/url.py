"""The URL that a sender signs: the public one. Behind a proxy, a stage or a domain, a delivery has another URL."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from urllib.parse import parse_qsl

from verihook.errors import SignatureError
from verihook.request import Request

#: All URLs that a delivery's signature may be made over.
Urls = Callable[[Request], tuple[str, ...]]

#: The most parameters of a query that are compared with the registered ones.
MAX_PARAMETERS = 1000

_URL = re.compile(r"(?i:(https?))://([^/?#\s]+)([^\s]*)")
_PORT = re.compile(r":[0-9]*\Z")
_HUBSPOT_ESCAPES = re.compile(r"%(3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)", re.IGNORECASE)


def registered_url(public_url: str) -> str:
    """Return ``public_url`` if it is a URL. Raises ValueError ``public_url: mend``."""
    if not public_url:
        raise ValueError("public_url: write the URL as it is registered with the sender, which signs it")
    if not _URL.fullmatch(public_url) or "#" in public_url:
        raise ValueError("public_url: must be an http or https URL without spaces and without a fragment")
    return public_url


def delivered_url(public_url: str, query: str) -> str:
    """Return ``public_url`` with the delivery's query in place of its own, if the delivery has one."""
    return f"{public_url.partition('?')[0]}?{query}" if query else public_url


def port_variants(url: str) -> tuple[str, ...]:
    """Return the URL as it is, and once more: without its port if it has one, else with the port of its scheme.

    Twilio signs either, depending on product and age: https://www.twilio.com/docs/usage/webhooks/webhooks-security
    """
    match = _URL.fullmatch(url)
    if match is None:
        return (url,)
    scheme, authority, rest = match.groups()
    if _PORT.search(authority):
        return (url, f"{url[: match.end(1)]}://{_PORT.sub('', authority)}{rest}")
    return (url, f"{url[: match.end(1)]}://{authority}:{443 if scheme.lower() == 'https' else 80}{rest}")


def without_hubspot_escapes(url: str) -> str:
    """Return the URL with the escapes of HubSpot's list decoded, once. Every other escape stays.

    https://developers.hubspot.com/docs/apps/legacy-apps/authentication/validating-requests
    """
    return _HUBSPOT_ESCAPES.sub(lambda escape: chr(int(escape[1], 16)), url)


def query_of(url: str) -> str:
    """The raw query of a URL, "" if there is none."""
    return url.partition("?")[2]


def check_body_hash(body: bytes, url: str, name: str) -> None:
    """Raise SignatureError unless the one query parameter ``name`` of a signed URL is the body's SHA-256 in hex."""
    values = [value for key, _, value in (part.partition("=") for part in query_of(url).split("&")) if key == name]
    if len(values) != 1 or values[0].lower() != hashlib.sha256(body).hexdigest():
        raise SignatureError("body-hash-mismatch")


def signed_urls(public_url: str, kind: str, *, ports: bool, unescape: bool, added: str = "") -> Urls:
    """Return what makes the URLs. ``kind``: ``registered``, as registered; ``delivered``, with the delivery's query.

    A gateway or a proxy may write the query in another way than the sender. So if its parameters are the registered
    ones, the URL as registered is one of those of ``delivered``. ``added``: a parameter that the sender adds at the end
    of it. Raises ValueError ``public_url: mend``.
    """
    url = registered_url(public_url)

    def variants(one: str) -> tuple[str, ...]:
        if unescape:
            # HubSpot documents the first; its own libraries sign the URL as it is.
            return tuple(dict.fromkeys((without_hubspot_escapes(one), one)))
        return port_variants(one) if ports else (one,)

    as_registered = variants(url)
    if kind != "delivered":
        return lambda _: as_registered
    registered_query = query_of(url)
    registered = parameters_of(registered_query)

    def urls(request: Request) -> tuple[str, ...]:
        query = request.query
        if not query:
            return as_registered
        as_delivered = variants(delivered_url(url, query))
        if not registered_query or query == registered_query:
            return as_delivered
        given = parameters_of(query) or {}
        end = given.pop(added, []) if added else []
        if given != registered or len(end) > 1:
            return as_delivered
        return (*as_delivered, *(variants(f"{url}&{added}={end[0]}") if end else as_registered))

    return urls


def parameters_of(query: str) -> dict[str, list[str]] | None:
    """Return the decoded values of each parameter of a query, in their order; None if there are too many."""
    parameters: dict[str, list[str]] = {}
    try:
        # Bytes that are not UTF-8 stay distinct.
        pairs = parse_qsl(query, keep_blank_values=True, errors="surrogateescape", max_num_fields=MAX_PARAMETERS)
    except ValueError:
        return None
    for name, value in pairs:
        parameters.setdefault(name, []).append(value)
    return parameters
