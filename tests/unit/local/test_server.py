"""The server of one machine, before it runs."""

from __future__ import annotations

import asyncio

import pytest
import uvicorn.protocols.websockets.auto
from fastapi import FastAPI

from verihook.local.server import _Server


def test_no_library_that_is_there_by_chance_has_it_speak_websocket(monkeypatch: pytest.MonkeyPatch) -> None:
    """What such a connection holds, and how long, is bounded by nothing of ours."""
    monkeypatch.setattr(uvicorn.protocols.websockets.auto, "AutoWebSocketsProtocol", asyncio.Protocol)
    config = _Server(FastAPI(), lambda: None).config
    config.load()
    assert config.ws_protocol_class is None
