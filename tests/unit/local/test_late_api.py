"""Webhooks are answered while the API is built; who asks the API waits until it is there."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from types import SimpleNamespace

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp

from tests.flows.deployment import ROOT
from tests.unit.bare import bare_services
from verihook.api.hooks import hooks
from verihook.local.late_api import LateApi

PATIENCE_S = 30


def _late() -> LateApi:
    observer, telemetry = SimpleNamespace(rejected=print), SimpleNamespace(delivery=print)
    return LateApi(hooks(bare_services(observer=observer, telemetry=telemetry), console=False), None)


async def _get(app: LateApi, path: str) -> int:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        return (await client.get(path)).status_code


def test_webhooks_are_answered_while_the_api_is_built() -> None:
    app, go_on = _late(), threading.Event()

    def make() -> ASGIApp:
        assert go_on.wait(PATIENCE_S)
        return PlainTextResponse("the API")

    async def asked() -> None:
        app.build(make, lambda: None)
        waiting, given_up = (asyncio.create_task(_get(app, "/v1/workflows")) for _ in range(2))
        assert await _get(app, "/hooks/nothing") == 404
        assert not waiting.done()
        given_up.cancel()
        await asyncio.wait([given_up])
        go_on.set()
        assert await asyncio.wait_for(waiting, PATIENCE_S) == 200
        assert await _get(app, "/v1/workflows") == 200
        assert await _get(app, "/hooks/nothing") == 404

    asyncio.run(asked())
    app.check()


def test_an_api_that_cannot_be_built_ends_the_server_and_says_why() -> None:
    app, failed = _late(), threading.Event()
    app.check()
    app.build(lambda: 1 / 0, failed.set)  # type: ignore[arg-type, return-value]
    assert failed.wait(PATIENCE_S)
    with pytest.raises(ZeroDivisionError):
        app.check()


def test_the_server_is_ready_without_what_the_api_is_made_of() -> None:
    """To import it takes a third of the start."""
    program = "import sys; import verihook.local.server; print(sorted({'fastapi', 'pydantic'} & sys.modules.keys()))"
    run = [sys.executable, "-c", program]
    result = subprocess.run(run, cwd=ROOT / "handler", capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"
