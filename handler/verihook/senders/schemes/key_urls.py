"""Which URLs of keys are trusted. A delivery names the URL, so the author of a forged one chooses it.

The host is matched whole, as parsed, never by prefix or suffix: ``sns.us-east-1.amazonaws.com.evil.com`` and
``sns.us-east-1.amazonaws.com@evil.com`` have defeated other receivers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from verihook.senders.schemes.public_key import PublicKeyScheme

#: https and lower case alone: no user, port, trailing dot, backslash, escape, query, fragment or other alphabet.
_URL = re.compile(r"https://((?:[a-z0-9-]+\.)+[a-z][a-z0-9-]*)((?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)+)", re.ASCII)

#: Senders' URLs are shorter; a longer one is refused.
MAX_URL = 512


def trusted(url: str, hosts: tuple[str, ...], path: str) -> bool:
    """Whether ``url`` is plain https, its host one of ``hosts`` and its path ``path`` (regular expressions, whole)."""
    if len(url) > MAX_URL:
        return False
    found = _URL.fullmatch(url)
    if found is None or not host_matches(found[1], hosts) or not re.fullmatch(path, found[2], re.ASCII):
        return False
    # The fetcher must find the same host in it.
    return urlsplit(url).netloc == found[1]


def host_matches(host: str, hosts: tuple[str, ...]) -> bool:
    """Whether the whole of ``host`` matches one of the regular expressions."""
    return any(re.fullmatch(pattern, host, re.ASCII) for pattern in hosts)


def check_key_urls(scheme: PublicKeyScheme) -> None:
    """Raise ValueError ``KEY: mend`` if the keys that say where public keys are do not go together."""
    named, asks = scheme.key_id_header or scheme.key_id_member, bool(scheme.key_url)
    if (named and not (scheme.jwks_url or asks)) or (scheme.jwks_url and asks):
        raise ValueError("key_id_header: goes with jwks_url or with key_url")
    if scheme.key_id_member and (scheme.key_id_header or not scheme.header_member):
        raise ValueError("key_id_member: goes with header_member, and not with key_id_header")
    for name, url in (("jwks_url", scheme.jwks_url), ("key_url", scheme.key_url), ("token_url", scheme.token_url)):
        if url and (not url.startswith("https://") or scheme.key != "spki"):
            raise ValueError(f"{name}: must be https, and goes with spki keys")
    if asks != bool(named and scheme.key_member and "{kid}" in scheme.key_url) or (scheme.key_member and not asks):
        raise ValueError("key_url: must have {kid} in it, and goes with key_member and key_id_header or key_id_member")
    if bool(scheme.token_url) != bool(scheme.token_scope):
        raise ValueError("token_url: goes with token_scope")
    if scheme.token_url and urlsplit(scheme.token_url).netloc != urlsplit(scheme.key_url).netloc:
        raise ValueError("token_url: must be on the host of key_url, which alone the secret is for")
