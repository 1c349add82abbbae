"""The instance that the operator's code is running for, so that a line which the code logs can name it."""

from __future__ import annotations

from contextvars import ContextVar

#: The instance's id, in the context of the thread that runs its code; "" in other threads.
INSTANCE: ContextVar[str] = ContextVar("instance", default="")
