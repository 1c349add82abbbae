"""Capture windows: whole refused requests of a source are kept for a while."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Request, Response
from starlette.concurrency import run_in_threadpool

from verihook.api import rendering
from verihook.api.body import json_body
from verihook.api.openapi_deliveries import CaptureWindow
from verihook.api.openapi_problems import problems
from verihook.api.operation import Api, operation
from verihook.api.parameters import Capture, takes_model, validated
from verihook.api.routes import Caller
from verihook.errors import SourceNotFound
from verihook.model.instance import iso
from verihook.webhooks import captures

SourceName = Annotated[str, Path(description="a source of hooks.toml", examples=["orders"])]


@operation(
    "deliveries",
    "Keep refused requests for a while",
    {201: {"model": CaptureWindow}, **problems(404, 413, 415)},
    openapi_extra=takes_model(Capture, required=False),
    status_code=201,
)
async def open_capture(api: Api, source: SourceName, request: Request, caller: Caller) -> Response:
    """Headers by name and bodies of up to 64 KB, of the first that are refused; `outcome=captured` lists them.

    It replaces the window that the source has, and what that has kept. The receiver learns of it within a minute of
    refusals.
    """
    wanted = validated(Capture, await json_body(request, empty={}))
    if source not in api.services.sources or not caller.covers_source(source, api.services.sources):
        raise SourceNotFound("No source of this name is configured.")
    now = api.services.clock.now_ms()
    window = captures.Window(source, now, now + wanted.minutes * 60_000, wanted.samples, tuple(wanted.reasons))
    await run_in_threadpool(captures.open_window, window, api.services.documents, now)
    content = {"source": source, "until": iso(window.until), "samples": window.samples, "reasons": wanted.reasons}
    return rendering.json_response(201, content)
