"""API keys over HTTP, for keys that have ``keys:manage``."""

from __future__ import annotations

from typing import Any

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from verihook import keys as kept
from verihook.api import views
from verihook.api.access import Access, Identity
from verihook.api.body import json_body
from verihook.api.models import Keys, KeyShown, KeyView
from verihook.api.problems import Responses, problems
from verihook.api.reads import NewKey, Rotate, read, takes
from verihook.api.routes import NATIVE, Caller, Guarded
from verihook.api.times import moment_ms, span_ms
from verihook.errors import Forbidden
from verihook.ports import Services
from verihook.scopes import ApiKey

_SHOWN: Responses = {201: {"model": KeyShown, "description": "Made; the secret is shown this once"}}


def keys(services: Services, access: Access) -> Guarded:
    """The routes. A key makes none that may do more than itself."""
    router = Guarded(access, NATIVE, prefix="/v1/keys", tags=["keys"])

    @router.get("", summary="List keys", responses={200: {"model": Keys}, **problems()})
    async def listed(request: Request) -> Response:
        """Those that have ended within 90 days, too. Never a secret."""
        views.only(request)
        now = services.clock.now_ms()
        found = await run_in_threadpool(lambda: list(kept.listed(services.documents, now)))
        return views.told(200, {"keys": [key.public(now) for key in found]})

    @router.delete("/{keyId}", summary="Revoke a key", responses={200: {"model": KeyView}, **problems(404)})
    async def revoke(keyId: str, request: Request) -> Response:  # noqa: N803  # as the path has it
        """For good. It takes up to 30 seconds to reach every process."""
        views.only(request)
        now = services.clock.now_ms()
        key = await run_in_threadpool(kept.revoke, keyId, services.documents, now)
        return views.told(200, key.public(now))

    _making(router, services)
    _replacing(router, services)
    return router


def _making(router: Guarded, services: Services) -> None:
    @router.post(
        "",
        status_code=201,
        summary="Make a key",
        responses={**_SHOWN, **problems(413, 415)},
        openapi_extra=takes(NewKey),
    )
    async def create(request: Request, caller: Caller) -> Response:
        """The secret is shown this once, and is nowhere afterwards."""
        views.only(request)
        body = read(NewKey, await json_body(request))
        _within(caller, body.scopes, body.workflows)
        now = services.clock.now_ms()
        expires_at = None if body.expires is None else _end(body.expires, now)

        def make() -> tuple[ApiKey, str]:
            return kept.create(
                body.name, body.scopes, services.documents, now, workflows=body.workflows, expires_at=expires_at
            )

        return _shown(await run_in_threadpool(make), services)


def _replacing(router: Guarded, services: Services) -> None:
    @router.post(
        "/{keyId}/rotate",
        status_code=201,
        summary="Replace a key",
        responses={**_SHOWN, **problems(404, 409, 413, 415)},
        openapi_extra=takes(Rotate, required=False),
    )
    async def rotate(keyId: str, request: Request, caller: Caller) -> Response:  # noqa: N803  # as the path has it
        """A new key with the same rights; the old one goes on for `overlap`."""
        views.only(request)
        overlap_ms = span_ms(read(Rotate, await json_body(request, empty={})).overlap, "overlap")
        now = services.clock.now_ms()

        def replaced() -> tuple[ApiKey, str]:
            old = kept.load(keyId, services.documents, now)
            if old is not None:
                _within(caller, old.key.scopes, old.key.workflows)
            return kept.rotate(keyId, overlap_ms, services.documents, now)

        return _shown(await run_in_threadpool(replaced), services)


def _shown(made: tuple[ApiKey, str], services: Services) -> Response:
    key, secret = made
    return views.told(201, {**key.public(services.clock.now_ms()), "secret": secret})


def _within(caller: Identity, scopes: Any, workflows: Any) -> None:
    """Raises Forbidden for rights that the caller has not itself: a key is no way to more of them."""
    if caller.key is None:
        return
    more = [scope for scope in scopes if scope not in caller.key.scopes]
    if more:
        raise Forbidden(f"This API key lacks the scope {str(more[0])[:40]} itself.")
    own = caller.key.workflows
    if own and not (workflows and all(_held(pattern, caller) for pattern in workflows)):
        raise Forbidden(f"This API key is bound to the workflows {', '.join(own)}: give some of them.")


def _held(pattern: str, caller: Identity) -> bool:
    """A name that the caller's patterns cover, or one of the patterns themselves."""
    literal = not set("*?[") & set(pattern)
    return caller.key is None or pattern in caller.key.workflows or (literal and caller.covers(pattern))


def _end(expires: str, now_ms: int) -> int:
    if "T" in expires.upper():
        return moment_ms(expires, "expires")
    return now_ms + span_ms(expires, "expires")
