"""``GET /v1/rejections``: why deliveries were refused, by source, reason and hour."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.concurrency import run_in_threadpool

from verihook.api import Access
from verihook.ports import KEPT_MS, Services


def rejections(services: Services, access: Access) -> APIRouter:
    """The routes, for callers that ``access`` lets through."""
    router = APIRouter(prefix="/v1", tags=["operation"], dependencies=[Depends(access)])

    @router.get("/rejections", summary="Why deliveries were refused")
    async def listed(
        source: Annotated[str | None, Query(max_length=63, description="one source; all where absent")] = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> dict[str, Any]:
        """The newest hours first. Bodies, secrets and expected signatures are never kept."""
        since = services.clock.now_ms() - KEPT_MS
        seen = await run_in_threadpool(services.ledger.observations, "rejected", source, limit, since)
        return {"rejections": [observation.public() for observation in seen]}

    return router
