"""boto3's clients as our adapters are given them."""

from __future__ import annotations

from typing import Any

from verihook.adapters.aws.boto import Boto


def translated(client: Any) -> Any:
    """``client``, whose errors are ours. Of any type: each adapter names the client of its own service."""
    return Boto(client)
