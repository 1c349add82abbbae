"""The FastAPI app: hooks at ``/`` and ``/hooks/{source}``, the API under ``/v1``, the console, and the dialects."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from verihook.api import operations
from verihook.api.access import Access
from verihook.api.health import Faults, Health
from verihook.api.hooks import hooks, is_hook
from verihook.api.openapi_document import describe
from verihook.api.openapi_hooks import HOOKS
from verihook.api.operation import Api
from verihook.api.problems import install
from verihook.api.waiting import LONGEST_IN_AWS_S, LONGEST_S
from verihook.model.ports import Services


class App(FastAPI):
    """Sends the requests at ``/`` and ``/hooks/`` to the hooks, and all others to the API and the dialects."""

    hooks: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An ASGI application (https://asgi.readthedocs.io/en/latest/specs/www.html)."""
        if is_hook(scope):
            await self.hooks(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def create_app(
    services: Services,
    access: Access,
    *,
    local: bool,
    console: bool = False,
    faults: Faults = dict,
) -> FastAPI:
    """Return the app over these services. ``access`` guards every path but those of webhooks and of their status.

    ``local``: the app runs on one machine, so waits may be longer and ``/metrics`` is served. ``console``: it serves
    the page at ``/console/``, too. ``faults()``: what is wrong with the other parts of this process, for ``/health``.
    """
    app = App(
        title="Verihook",
        version="1",
        summary="A signed webhook starts a durable workflow exactly once.",
        openapi_url="/v1/openapi.json",
        # The framework's own pages load their scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        # Relative to this document's URL, so that a stage or a base path in it is kept for every operation.
        servers=[{"url": "..", "description": "where this description comes from"}],
        # A redirect would make a sender post again without the body, or not at all.
        redirect_slashes=False,
    )
    install(app, services)
    longest_wait_s = LONGEST_S if local else LONGEST_IN_AWS_S
    app.hooks = hooks(services, console=console)
    _document_hooks(app)
    api = Api(services, access, Health(services, faults), longest_wait_s, local, console)
    # Our own routes first, so that no path of a dialect hides one of them.
    pages = _console() if console else []
    for router in (operations.router(api, local=local), *pages, *_dialects(services, access, longest_wait_s)):
        app.include_router(router)
    describe(app, operations.ROUTES)
    return app


def _console() -> list[APIRouter]:
    from verihook.console import serving

    return [serving.router()]


def _dialects(services: Services, access: Access, longest_wait_s: int) -> list[APIRouter]:
    from verihook import dialects

    return dialects.routers(services, access, longest_wait_s)


def _document_hooks(app: FastAPI) -> None:
    """Describe the hooks in the OpenAPI document, too."""

    async def hook() -> None:
        raise NotImplementedError  # never called: verihook.api.hooks answers

    for options in HOOKS:
        app.add_api_route(endpoint=hook, tags=["hooks"], **options)
