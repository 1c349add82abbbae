"""The API of a server under test, with its key."""

from __future__ import annotations

import json
from typing import Any

from tests.flows.faces import HttpFace


def call(face: HttpFace, key: str, method: str, path: str, body: object = None) -> Any:
    """What /v1 answers; it must be a success."""
    headers = [("authorization", f"Bearer {key}"), ("content-type", "application/json")]
    answer = face.send(method, f"/v1/{path}", headers, b"" if body is None else json.dumps(body).encode())
    assert answer.status < 300, answer.body
    return answer.json if answer.body else None
