"""Our own engine of deliveries that carry several events: the row is there, and a splitter fetches it.

It lives in the ledger alone, as the engine ``function`` does (:mod:`verihook.adapters.engines.function`). What splits a
delivery is :mod:`verihook.worker.splitting`: in AWS the ledger's stream brings it every row that is ``queued``; on one
machine it is woken. No workflow can name this engine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from verihook.adapters.engines.function import FunctionEngine
from verihook.model.instance import Status

if TYPE_CHECKING:
    from verihook.adapters.engine_parts import EngineParts

#: The engine asks no AWS service but the ledger.
SERVICE = ""


def make(parts: EngineParts) -> BatchEngine:
    """The engine of a deployment."""
    return BatchEngine(parts.ledger, parts.clock, parts.split, parts.workflows)


class BatchEngine(FunctionEngine):
    """Implements :class:`verihook.model.ports.Engine`; threads may share it.

    ``definition`` is that of the workflow that the events start, and says nothing here.
    """

    name = "batch"

    def start(self, definition: str, name: str, input: str, connection: str | None = None) -> Status:  # noqa: ARG002  # in the row
        """Wake a splitter for the row; it leaves an attempt alone that has begun or ended."""
        self._wake(name, definition)
        return "queued"
