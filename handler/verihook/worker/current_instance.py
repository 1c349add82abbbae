"""The instance that the operator's code runs for just now, for the lines that it logs."""

from __future__ import annotations

from contextvars import ContextVar

#: The instance's id, in the context of the thread that runs its code; "" outside of any.
INSTANCE: ContextVar[str] = ContextVar("instance", default="")
