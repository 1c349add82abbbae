"""The application of one machine: webhooks are taken at once, and the API is built meanwhile.

To import what the API is made of, and to make it, takes a third of the start, and no sender waits for it. Who asks the
API before it is there waits until it is.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future

from starlette.types import ASGIApp, Receive, Scope, Send

from verihook.api.fronted import Fronted
from verihook.api.hooks import is_hook


class LateApi:
    """An ASGI application (https://asgi.readthedocs.io/en/latest/specs/www.html). Use: ``build``, at last ``check``."""

    def __init__(self, hooks: ASGIApp, fronted: Fronted | None) -> None:
        """``hooks``: of :mod:`verihook.api.hooks`. ``fronted``: says how requests arrive, and refuses some.

        It is None if nothing rests on how they arrive.
        """
        self._hooks, self._fronted = hooks, fronted
        self._api: Future[ASGIApp] = Future()

    def build(self, make: Callable[[], ASGIApp], failed: Callable[[], object]) -> None:
        """Have the API made in a thread; ``failed`` is called if that raises."""

        def work() -> None:
            try:
                self._api.set_result(make())
            except BaseException as error:  # noqa: BLE001  # check() raises it in the main thread
                self._api.set_exception(error)
                failed()

        threading.Thread(target=work, name="api", daemon=True).start()

    def check(self) -> None:
        """Raise what making the API has raised."""
        if self._api.done():
            self._api.result()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request: one of a webhook by the receiver, any other by the API."""
        if self._fronted is not None and not await self._fronted.admit(scope, send):
            return
        if is_hook(scope):
            await self._hooks(scope, receive, send)
            return
        # A request that is given up leaves the API to the others.
        api = self._api.result() if self._api.done() else await asyncio.shield(asyncio.wrap_future(self._api))
        await api(scope, receive, send)
