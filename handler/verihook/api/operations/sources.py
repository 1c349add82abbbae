"""List sources, senders, and why deliveries were refused."""

from __future__ import annotations

import tomllib
from functools import cache
from typing import Annotated, Any

from fastapi import Query, Request, Response
from starlette.concurrency import run_in_threadpool

from verihook.api import rendering, source_view
from verihook.api.openapi_models import Rejections, Senders, Sources
from verihook.api.openapi_problems import problems
from verihook.api.openapi_sources import SourceDetail
from verihook.api.operation import Api, operation
from verihook.api.operations.captures import SourceName
from verihook.api.routes import Caller
from verihook.errors import SourceNotFound
from verihook.model.ports import KEPT_MS
from verihook.senders import FOLDER, sender_ids


@operation("sources", "List sources", {200: {"model": Sources}, **problems()})
async def list_sources(api: Api, caller: Caller) -> Response:
    """Neither secrets nor references to them. A key that is bound to workflows sees the sources that start these."""
    known = api.services.sources
    without = await run_in_threadpool(api.services.without_secret)
    now = api.services.clock.now_ms() // 1000
    covered = [known[name] for name in sorted(known) if caller.covers_source(name, known)]
    return rendering.json_response(200, {"sources": [source_view.listed(each, without, now) for each in covered]})


@operation("sources", "A source", {200: {"model": SourceDetail}, **problems(404, missing=SourceNotFound)})
async def get_source(api: Api, source: SourceName, request: Request, caller: Caller) -> Response:
    """How it verifies, how its sender behaves, what came lately, and an event to try it with.

    Of its secrets there is where they are and how long they verify, never what they are.
    """
    found = api.services.sources.get(source)
    if found is None or not caller.covers_source(source, api.services.sources):
        raise SourceNotFound("No source of this name is configured.")
    base = str(request.base_url).rstrip("/") if api.local else None
    content = await run_in_threadpool(source_view.detail, found, base, api.services)
    content["confirm"] = None if api.local else found.workflow
    return rendering.json_response(200, content)


@operation("sources", "List senders", {200: {"model": Senders}, **problems()})
async def list_senders(_: Api) -> Response:
    """The products whose deliveries this version verifies."""
    return rendering.json_response(200, {"senders": await run_in_threadpool(_senders)})


@operation("sources", "Why deliveries were refused", {200: {"model": Rejections}, **problems()})
async def list_rejections(
    api: Api,
    caller: Caller,
    source: Annotated[
        str | None, Query(max_length=63, description="one source; all if absent", examples=["orders"])
    ] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """Counts by source, reason and hour for 14 days, the newest first. No bodies, secrets or signatures are kept."""
    since = api.services.clock.now_ms() - KEPT_MS
    seen = await run_in_threadpool(api.services.ledger.observations, "rejected", source, limit, since)
    shown = [each.public() for each in seen if caller.covers_source(each.source, api.services.sources)]
    return rendering.json_response(200, {"rejections": shown})


@cache
def _senders() -> list[dict[str, Any]]:
    """Return every sender; cached, because the files belong to this version."""
    found = []
    for sender_id in sender_ids():
        table = tomllib.loads((FOLDER / f"{sender_id}.toml").read_text(encoding="utf-8"))
        title = table.get("title", sender_id)
        rest = {"documentation": table.get("documentation") or None, "evidence": table.get("evidence")}
        found.append({"id": sender_id, "title": title, **rest})
    return found
