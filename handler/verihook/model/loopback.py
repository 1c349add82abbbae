"""Says which hosts and URLs are this machine itself."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

#: The hosts by which programs name this machine, as ``urlsplit(url).hostname`` gives them.
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "::1")


def is_on_loopback(url: str) -> bool:
    """Whether the host of the URL is ``localhost`` or any address of loopback, such as 127.0.0.2."""
    try:
        host = urlsplit(url).hostname or ""
        return host in LOOPBACK_NAMES or ip_address(host).is_loopback
    except ValueError:
        return False
