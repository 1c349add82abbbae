"""The credentials that Lambda gives a function: in its environment or, with SnapStart, at a URL that it names there.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
https://docs.aws.amazon.com/lambda/latest/dg/snapstart-activate.html
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from threading import Lock
from urllib.parse import urlsplit

from verihook.adapters.aws.connection import Connection, ServerAddress
from verihook.adapters.aws.errors import Unreachable
from verihook.adapters.aws.signature import Keys
from verihook.model import deadline
from verihook.model.loopback import LOOPBACK_NAMES
from verihook.strict_json import parse

_URL = "AWS_CONTAINER_CREDENTIALS_FULL_URI"

#: How long before the end of the credentials new ones are asked for, in seconds; the old ones serve until then.
_EARLY_S = 300.0

#: How long asking for credentials may take, and how soon it is tried again after a failure, in seconds.
_TIMEOUT_S, _AGAIN_S = 1.0, 5.0

#: The only hosts that are asked over plain HTTP, as in botocore.
_PLAIN_HOSTS = (*LOOPBACK_NAMES, "169.254.170.2", "169.254.170.23", "fd00:ec2::23")


def are_named(variables: Mapping[str, str]) -> bool:
    """Return whether the environment has credentials, or says where they are."""
    return bool(variables.get("AWS_ACCESS_KEY_ID") or variables.get(_URL))


class Credentials:
    """The keys to sign with. ``variables``: the environment, which is read at every call. Threads may share it."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self._lock = Lock()
        self._fetched: Keys | None = None
        self._ends = 0.0  # of time.time(), as the answer has it
        self._next = 0.0  # of time.time(): not asked again before

    def keys(self) -> Keys:
        """Return the keys that are valid now. Raises Unreachable if there are none."""
        read = self._variables.get
        if access := read("AWS_ACCESS_KEY_ID"):
            return Keys(access, read("AWS_SECRET_ACCESS_KEY", ""), read("AWS_SESSION_TOKEN", ""))
        if not read(_URL):
            raise Unreachable("There are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.")
        fetched = self._fetched
        now = time.time()
        if fetched is None or now >= self._ends - _EARLY_S:
            return self._renewed(now)
        return fetched

    def forget(self) -> None:
        """Let the next call ask for new keys: the process goes on from a snapshot, later and elsewhere."""
        self._fetched, self._next = None, 0.0

    def _renewed(self, now: float) -> Keys:
        """Return new keys; if that fails, the present ones while they are valid."""
        usable = self._fetched if now < self._ends else None
        # While another thread asks for new keys, the present ones serve.
        if not self._lock.acquire(blocking=usable is None) and usable is not None:
            return usable
        try:
            if self._fetched is not None and now < self._ends - _EARLY_S:
                return self._fetched
            if usable is not None and now < self._next:
                return usable
            self._next = now + _AGAIN_S
            self._fetched, self._ends = self._fetch()
            return self._fetched
        except (OSError, ValueError, KeyError, TypeError) as error:
            if usable is not None:
                return usable
            raise Unreachable(f"The credentials could not be had: {error}") from error
        finally:
            self._lock.release()

    def _fetch(self) -> tuple[Keys, float]:
        """Return new keys, and when they end in seconds since the epoch.

        https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
        """
        parts = urlsplit(self._variables[_URL])
        host = parts.hostname or ""
        if parts.scheme != "http" or host not in _PLAIN_HOSTS:
            raise ValueError(f"{_URL} must be http:// and one of {', '.join(_PLAIN_HOSTS)}")
        left = deadline.left_s()
        until = time.monotonic() + (_TIMEOUT_S if left is None else min(_TIMEOUT_S, left))
        connection = Connection(ServerAddress(host, parts.port or 80, None), until)
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            head = f"GET {target} HTTP/1.1\r\nhost: {parts.netloc}\r\naccept: application/json\r\n"
            if token := self._token():
                head += f"authorization: {token}\r\n"
            answer = connection.exchange(f"{head}connection: close\r\n\r\n".encode(), until)
        finally:
            connection.close()
        if answer.status != 200:
            raise ValueError(f"status {answer.status}")
        content = parse(answer.body)
        keys = Keys(content["AccessKeyId"], content["SecretAccessKey"], content.get("Token") or "")
        return keys, datetime.fromisoformat(content["Expiration"]).timestamp()

    def _token(self) -> str:
        if path := self._variables.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"):
            token = Path(path).read_text(encoding="utf-8").strip()
        else:
            token = self._variables.get("AWS_CONTAINER_AUTHORIZATION_TOKEN", "")
        if "\r" in token or "\n" in token:
            raise ValueError("the authorization token has a line break")
        return token
