"""Sources, senders, and why deliveries were refused."""

from __future__ import annotations

import tomllib
from functools import cache
from typing import Annotated, Any

from fastapi import Query, Request, Response
from starlette.concurrency import run_in_threadpool

from verihook.api import rendering
from verihook.api.access import Access
from verihook.api.openapi_models import Rejections, Senders, Sources
from verihook.api.openapi_problems import problems
from verihook.api.routes import NATIVE, Caller, Guarded
from verihook.model.ports import KEPT_MS, Services
from verihook.model.source import Source
from verihook.senders import FOLDER, sender_ids


def sources(services: Services, access: Access) -> Guarded:
    """The routes. A key that is bound to workflows sees the sources that start them."""
    router = Guarded(access, NATIVE, prefix="/v1", tags=["sources"])

    @router.get(
        "/sources",
        operation_id="listSources",
        summary="List sources",
        responses={200: {"model": Sources}, **problems()},
    )
    async def listed(request: Request, caller: Caller) -> Response:
        """Never a secret, nor where one is."""
        rendering.only(request)
        shown = [services.sources[name] for name in sorted(services.sources)]
        return rendering.told(200, {"sources": [_told(each) for each in shown if caller.covers(each.workflow)]})

    @router.get(
        "/senders",
        operation_id="listSenders",
        summary="List senders",
        responses={200: {"model": Senders}, **problems()},
    )
    async def senders(request: Request) -> Response:
        """The products whose deliveries this version verifies."""
        rendering.only(request)
        return rendering.told(200, {"senders": await run_in_threadpool(_senders)})

    _refused(router, services)
    return router


def _refused(router: Guarded, services: Services) -> None:
    @router.get(
        "/rejections",
        operation_id="listRejections",
        summary="Why deliveries were refused",
        responses={200: {"model": Rejections}, **problems()},
    )
    async def rejections(
        request: Request,
        caller: Caller,
        source: Annotated[
            str | None, Query(max_length=63, description="one source; all where absent", examples=["orders"])
        ] = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> Response:
        """The newest hours first, for 14 days. Bodies, secrets and expected signatures are never kept."""
        rendering.only(request, "source", "limit")
        since = services.clock.now_ms() - KEPT_MS
        seen = await run_in_threadpool(services.ledger.observations, "rejected", source, limit, since)
        shown = [each.public() for each in seen if caller.covers_source(each.source, services.sources)]
        return rendering.told(200, {"rejections": shown})


def _told(source: Source) -> dict[str, Any]:
    return {
        "name": source.name,
        "sender": source.sender.id,
        "path": f"/hooks/{source.name}",
        "workflow": source.workflow,
        "types": list(source.types),
        "duplicates": source.duplicates,
        "changed": source.changed,
        "replays": ("refuse" if source.refuses_replays else "start") if source.replayable else None,
        "maxBody": source.max_body,
        "startsPerMinute": source.starts_per_minute,
    }


@cache
def _senders() -> list[dict[str, Any]]:
    """Read once: the files are part of this version."""
    found = []
    for sender_id in sender_ids():
        table = tomllib.loads((FOLDER / f"{sender_id}.toml").read_text(encoding="utf-8"))
        title = table.get("title", sender_id)
        rest = {"documentation": table.get("documentation") or None, "evidence": table.get("evidence")}
        found.append({"id": sender_id, "title": title, **rest})
    return found
