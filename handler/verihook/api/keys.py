"""API keys over HTTP, for keys that have ``keys:manage``."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from verihook.api import rendering
from verihook.api.access import Access, Identity
from verihook.api.body import json_body
from verihook.api.openapi_models import Keys, KeyShown, KeyView
from verihook.api.openapi_problems import Responses, problems
from verihook.api.parameters import NewKey, Rotate, read, takes
from verihook.api.routes import NATIVE, Caller, Guarded
from verihook.api.times import end_ms, span_ms
from verihook.errors import Forbidden, KeyNotFound
from verihook.instances import api_keys as kept
from verihook.model.instance import iso
from verihook.model.ports import Services
from verihook.model.scopes import ApiKey

_SHOWN: Responses = {201: {"model": KeyShown, "description": "Made; the secret is shown this once"}}


def keys(services: Services, access: Access) -> Guarded:
    """The routes. A key neither sees nor changes one that may do more than itself, and makes none that lasts longer."""
    router = Guarded(access, NATIVE, prefix="/v1/keys", tags=["keys"])

    @router.get("", operation_id="listKeys", summary="List keys", responses={200: {"model": Keys}, **problems()})
    async def listed(request: Request, caller: Caller) -> Response:
        """Those that may do no more than the caller's own, with those that have ended within 90 days. Never a secret.

        They come in the order of their ids.
        """
        rendering.only(request)
        now = services.clock.now_ms()
        found = await run_in_threadpool(lambda: list(kept.listed(services.documents, now)))
        shown = [key for key in found if caller.key is None or caller.key.holds(key)]
        return rendering.told(200, {"keys": [key.public(now) for key in shown]})

    @router.delete(
        "/{keyId}",
        operation_id="revokeKey",
        summary="Revoke a key",
        responses={200: {"model": KeyView}, **problems(404, missing=KeyNotFound)},
    )
    async def revoke(key_id: rendering.KeyId, request: Request, caller: Caller) -> Response:
        """For good. It takes up to 30 seconds to reach every process."""
        rendering.only(request)
        now = services.clock.now_ms()

        def revoked() -> ApiKey:
            _theirs(key_id, caller, services)
            key = kept.revoke(key_id, services.documents, now)
            access.forget(key_id)
            return key

        return rendering.told(200, (await run_in_threadpool(revoked)).public(now))

    _making(router, services)
    _replacing(router, services, access)
    return router


def _making(router: Guarded, services: Services) -> None:
    @router.post(
        "",
        operation_id="createKey",
        status_code=201,
        summary="Make a key",
        responses={**_SHOWN, **problems(413, 415)},
        openapi_extra=takes(NewKey),
    )
    async def create(request: Request, caller: Caller) -> Response:
        """The secret is shown this once, and is nowhere afterwards. It ends no later than the caller's own key."""
        rendering.only(request)
        body = read(NewKey, await json_body(request))
        now = services.clock.now_ms()
        expires_at = None if body.expires is None else end_ms(body.expires, "expires", now)
        _within(caller, body.scopes, body.workflows)
        if caller.key is not None:
            _no_longer(expires_at, caller.key.expires_at)

        def make() -> tuple[ApiKey, str]:
            return kept.create(
                body.name,
                body.scopes,
                services.documents,
                now,
                workflows=body.workflows,
                expires_at=expires_at,
                made_open=caller.entry == "open" or (caller.key is not None and caller.key.made_open),
            )

        return _shown(await run_in_threadpool(make), services)


def _replacing(router: Guarded, services: Services, access: Access) -> None:
    @router.post(
        "/{keyId}/rotate",
        operation_id="rotateKey",
        status_code=201,
        summary="Replace a key",
        responses={**_SHOWN, **problems(404, 409, 413, 415, missing=KeyNotFound)},
        openapi_extra=takes(Rotate, required=False),
    )
    async def rotate(key_id: rendering.KeyId, request: Request, caller: Caller) -> Response:
        """A new key with the same rights, which lasts as long as the old one; the old one goes on for `overlap`.

        Another's ends no later than the caller's own key; its own lasts no longer than it was made for.
        """
        rendering.only(request)
        body = read(Rotate, await json_body(request, empty={}))
        overlap_ms = span_ms(body.overlap, "overlap")
        now = services.clock.now_ms()
        wanted = None if body.expires is None else end_ms(body.expires, "expires", now)

        def replaced() -> tuple[ApiKey, str]:
            old = _theirs(key_id, caller, services)
            lasts_until = kept.end_of_successor(old, now)
            if caller.key is not None:
                own = lasts_until if caller.key.id == old.id else caller.key.expires_at
                _no_longer(wanted or lasts_until, own)
            made = kept.rotate(key_id, overlap_ms, services.documents, now, expires_at=wanted)
            access.forget(key_id)
            return made

        return _shown(await run_in_threadpool(replaced), services)


def _shown(made: tuple[ApiKey, str], services: Services) -> Response:
    key, secret = made
    return rendering.told(201, {**key.public(services.clock.now_ms()), "secret": secret})


def _theirs(key_id: str, caller: Identity, services: Services) -> ApiKey:
    """The key, which the caller may change. Raises KeyNotFound, Forbidden. One read."""
    found = kept.load(key_id, services.documents, services.clock.now_ms())
    if found is None:
        raise KeyNotFound("There is no API key with this id.")
    _within(caller, found.key.scopes, found.key.workflows)
    return found.key


def _within(caller: Identity, scopes: Sequence[str], workflows: Sequence[str]) -> None:
    """Raises Forbidden for rights that the caller has not itself: a key is no way to more of them."""
    lacking = caller.key.lacking(scopes, workflows) if caller.key else ""
    if lacking:
        raise Forbidden(lacking)


def _no_longer(expires_at: int | None, most: int | None) -> None:
    """Raises Forbidden for an end that is later than ``most``; None for never."""
    if most is not None and (expires_at is None or expires_at > most):
        raise Forbidden(f"This API key gives no other that lasts longer: expires is at most {iso(most)}.")
