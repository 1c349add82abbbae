"""How the tests of access ask, and with which key."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import Request

from tests.contracts.instances import NOW
from tests.unit.bare import Counted, StandingClock, bare_services, documents
from verihook.api.access import Access
from verihook.instances import api_keys
from verihook.model.policy import Policy

__all__ = ["documents"]


def asked(*headers: tuple[str, str], event: dict[str, Any] | None = None) -> Request:
    raw = [(name.encode(), value.encode()) for name, value in (("host", "127.0.0.1:8000"), *headers)]
    return Request({"type": "http", "headers": raw, **({} if event is None else {"aws.event": event})})


def access(
    documents: Counted, *, loopback: bool = False, auth: str = "required", run_key: str = "", clock: Any = None
) -> Access:
    policy = Policy(auth=auth)  # type: ignore[arg-type]
    parts = {"documents": documents, "policy": policy, "clock": clock or StandingClock()}
    return Access(bare_services(**parts), loopback=loopback, run_key=run_key)


@pytest.fixture
def secret(documents: Counted) -> str:
    return api_keys.create("ci", ["workflows:execute"], documents, NOW, workflows=["order-*"])[1]
