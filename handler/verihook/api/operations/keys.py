"""Manage API keys, with a key that has ``keys:manage``.

A key does not see and cannot change a key that may do more than itself, and makes none that lasts longer.
"""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from verihook.api import rendering
from verihook.api.access import Identity
from verihook.api.body import json_body
from verihook.api.openapi_keys import Keys, KeyShown, KeyView, OwnKey
from verihook.api.openapi_problems import Responses, problems
from verihook.api.operation import Api, operation
from verihook.api.parameters import KeyId, NewKey, Rotate, takes_model, validated
from verihook.api.routes import Caller
from verihook.api.times import end_ms, span_ms
from verihook.errors import Forbidden, KeyNotFound
from verihook.instances import api_keys
from verihook.model.instance import iso
from verihook.model.ports import Services
from verihook.model.scopes import SCOPES, ApiKey

_SHOWN: Responses = {201: {"model": KeyShown, "description": "The key is made; its secret is in no later answer"}}


@operation("keys", "List keys", {200: {"model": Keys}, **problems()})
async def list_keys(api: Api, caller: Caller) -> Response:
    """Keys that may do no more than the caller's own, by id, also those that ended within 90 days. Never a secret."""
    now = api.services.clock.now_ms()
    found = await run_in_threadpool(lambda: list(api_keys.list_keys(api.services.documents, now)))
    shown = [key for key in found if caller.key is None or caller.key.holds(key)]
    return rendering.json_response(200, {"keys": [key.public(now) for key in shown]})


@operation(
    "keys",
    "Make a key",
    {**_SHOWN, **problems(413, 415)},
    status_code=201,
    openapi_extra=takes_model(NewKey),
)
async def create_key(api: Api, request: Request, caller: Caller) -> Response:
    """The secret is in this answer alone; it is not kept. The key ends no later than the caller's own."""
    body = validated(NewKey, await json_body(request))
    now = api.services.clock.now_ms()
    expires_at = None if body.expires is None else end_ms(body.expires, "expires", now)
    _check_rights(caller, body.scopes, body.workflows)
    if caller.key is not None:
        _check_end(expires_at, caller.key.expires_at)

    def make() -> tuple[ApiKey, str]:
        return api_keys.create(
            body.name,
            body.scopes,
            api.services.documents,
            now,
            workflows=body.workflows,
            expires_at=expires_at,
            made_open=caller.entry == "open" or (caller.key is not None and caller.key.made_open),
        )

    return _with_secret(await run_in_threadpool(make), api.services)


@operation("keys", "What your key may do", {200: {"model": OwnKey}, **problems()})
async def get_own_key(api: Api, caller: Caller) -> Response:
    """The scopes and the workflows of the caller: any key may ask, so that a program offers only what will be allowed.

    `workflows` are patterns, none for all. `key` is null for a caller without one of the ledger: it may do everything.
    """
    own = caller.key
    content = {
        "entry": caller.entry,
        "scopes": list(own.scopes if own else SCOPES),
        "workflows": list(own.workflows if own else ()),
        "key": own.public(api.services.clock.now_ms()) if own else None,
    }
    return rendering.json_response(200, content)


@operation("keys", "Revoke a key", {200: {"model": KeyView}, **problems(404, missing=KeyNotFound)})
async def revoke_key(api: Api, key_id: KeyId, caller: Caller) -> Response:
    """The key ends for good; it takes up to 30 seconds to reach every process."""
    now = api.services.clock.now_ms()

    def revoked() -> ApiKey:
        _changeable_key(key_id, caller, api.services)
        key = api_keys.revoke(key_id, api.services.documents, now)
        api.access.reread(key_id)
        return key

    return rendering.json_response(200, (await run_in_threadpool(revoked)).public(now))


@operation(
    "keys",
    "Replace a key",
    {**_SHOWN, **problems(404, 409, 413, 415, missing=KeyNotFound)},
    status_code=201,
    openapi_extra=takes_model(Rotate, required=False),
)
async def rotate_key(api: Api, key_id: KeyId, request: Request, caller: Caller) -> Response:
    """A new key with the same rights and the same lifetime; the old one stays valid for `overlap`.

    The new key ends no later than the caller's own. A key that replaces itself lasts no longer than it was made for.
    """
    body = validated(Rotate, await json_body(request, empty={}))
    overlap_ms = span_ms(body.overlap, "overlap")
    now = api.services.clock.now_ms()
    wanted = None if body.expires is None else end_ms(body.expires, "expires", now)

    def replaced() -> tuple[ApiKey, str]:
        old = _changeable_key(key_id, caller, api.services)
        lasts_until = api_keys.end_of_successor(old, now)
        if caller.key is not None:
            own = lasts_until if caller.key.id == old.id else caller.key.expires_at
            _check_end(wanted or lasts_until, own)
        made = api_keys.rotate(key_id, overlap_ms, api.services.documents, now, expires_at=wanted)
        api.access.reread(key_id)
        return made

    return _with_secret(await run_in_threadpool(replaced), api.services)


def _with_secret(made: tuple[ApiKey, str], services: Services) -> Response:
    key, secret = made
    return rendering.json_response(201, {**key.public(services.clock.now_ms()), "secret": secret})


def _changeable_key(key_id: str, caller: Identity, services: Services) -> ApiKey:
    """Return the key if the caller may change it, after one read. Raises KeyNotFound, Forbidden."""
    found = api_keys.load(key_id, services.documents, services.clock.now_ms())
    if found is None:
        raise KeyNotFound("There is no API key with this id.")
    _check_rights(caller, found.key.scopes, found.key.workflows)
    return found.key


def _check_rights(caller: Identity, scopes: Sequence[str], workflows: Sequence[str]) -> None:
    """Raise Forbidden for rights that the caller does not have: a key must not be a way to more rights."""
    lacking = caller.key.lacking(scopes, workflows) if caller.key else ""
    if lacking:
        raise Forbidden(lacking)


def _check_end(expires_at: int | None, latest: int | None) -> None:
    """Raise Forbidden for an end that is later than ``latest``; None for never."""
    if latest is not None and (expires_at is None or expires_at > latest):
        raise Forbidden(f"This API key cannot make one that lasts longer: expires must be at most {iso(latest)}.")
