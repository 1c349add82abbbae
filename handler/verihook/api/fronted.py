"""The front of one machine: a proxy of the operator's, which shows itself by a secret in each request.

A request without the secret comes from this machine, past the proxy. It is served, but nothing is believed of what its
headers say of its arrival.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.types import Scope, Send

from verihook.api.asgi import request_of, respond
from verihook.api.threads import Threads
from verihook.errors import ConfigurationError, VerihookError
from verihook.model.front import Arrival
from verihook.request import Reply, Request
from verihook.webhooks.front import Front, make_front
from verihook.webhooks.receive import is_routed, refuse_request

if TYPE_CHECKING:
    from typing import Protocol

    from verihook.model.ports.sets import ReceivePorts
    from verihook.webhooks.front import FrontPorts

    class FrontedPorts(ReceivePorts, FrontPorts, Protocol):
        """What requests are let in with, and refused."""

        @property
        def arrival_matters(self) -> bool:
            """Whether hooks.toml lets anything rest on how a request arrives."""
            ...


#: Where a scope has how its request arrived.
ARRIVAL = "verihook.arrival"

#: Where a scope says that the public URL is that of a source.
ROUTED = "verihook.routed"

#: Who calls: the server listens on loopback alone. Uvicorn's own ``client`` is what X-Forwarded-For says.
PEER = Arrival(address="127.0.0.1")

#: How many secrets are checked at once: it takes microseconds, unless a store is asked.
_THREADS = 4


class Fronted:
    """Asks the front about each request before its body is read."""

    def __init__(self, front: Front, services: FrontedPorts) -> None:
        self._front, self._services = front, services
        self._threads = Threads(_THREADS)

    async def admit(self, scope: Scope, send: Send) -> bool:
        """Note in the scope of an HTTP request how it arrived. False if it is refused, and answered."""
        if scope["type"] != "http":
            return True
        request = request_of(scope)
        try:
            scope[ARRIVAL] = arrival = await self._threads.run(lambda: self._arrival(request))
        except VerihookError as error:
            reply: Reply = refuse_request(error, request.request_id, self._services)
            await respond(reply, send)
            return False
        scope[ROUTED] = is_routed(request, arrival, self._services)
        return True

    def _arrival(self, request: Request) -> Arrival:
        return self._front.arrival(request, PEER, self._services.clock.now_ms() // 1000)


def fronted_by(services: FrontedPorts) -> Fronted | None:
    """Return what asks the front of hooks.toml; None if nothing rests on how a request arrives.

    Raises ConfigurationError if its secret is missing or cannot be used.
    """
    if not services.arrival_matters:
        return None
    try:
        return Fronted(make_front(services, None), services)
    except (KeyError, ValueError) as error:
        raise ConfigurationError("hooks.toml", "front.secrets", str(error.args[0])) from error
