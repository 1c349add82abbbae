"""Which URLs of keys are trusted. A delivery names the URL, so the author of a forged one chooses it.

The host is matched whole, as parsed, never by prefix or suffix: ``sns.us-east-1.amazonaws.com.evil.com`` and
``sns.us-east-1.amazonaws.com@evil.com`` have defeated other receivers.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

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
