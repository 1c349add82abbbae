"""What an optimized integration adds to the answer of the service that it calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def with_metadata(answer: dict[str, Any], headers: Mapping[str, str], request_id: str, status: int) -> dict[str, Any]:
    """Return the answer with what came beside it, its members in order."""
    http = {
        "AllHttpHeaders": {name: [value] for name, value in headers.items()},
        "HttpHeaders": {**headers},
        "HttpStatusCode": status,
    }
    told = {**answer, "SdkHttpMetadata": http, "SdkResponseMetadata": {"RequestId": request_id}}
    return {name: told[name] for name in sorted(told)}
