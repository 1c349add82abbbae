"""Our own clients of AWS for tests: what they keep open is closed after each test.

An error that a test holds keeps its frames, and a client with them, until they are collected as garbage, in any order:
sockets that were never closed would then be a warning, in whatever test runs by then.
"""

from __future__ import annotations

from weakref import WeakSet

from verihook.adapters.aws.direct import Direct

_MADE: WeakSet[Direct] = WeakSet()


def direct(variables: dict[str, str]) -> Direct:
    """Clients with made-up credentials."""
    credentials = {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "eu-central-1"}
    made = Direct({**credentials, **variables})
    _MADE.add(made)
    return made


def close_all() -> None:
    """Close what they keep; they go on."""
    for made in list(_MADE):
        made.renew()
