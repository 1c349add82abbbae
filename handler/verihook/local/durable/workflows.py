"""Loads durable workflows: the attribute ``handler`` of a Python file in the folder of workflows."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from verihook.config import definitions
from verihook.errors import ConfigurationError

#: What ``@durable_execution`` makes: (event, Lambda's context) -> the invocation's output.
Handler = Callable[[Any, Any], Any]


class Workflows:
    """The handlers of one folder, each loaded once: ``order-approval`` is in ``order_approval.py``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._handlers: dict[str, Handler] = {}
        self._lock = threading.RLock()

    def __contains__(self, definition: str) -> bool:
        """Whether it can be loaded."""
        try:
            self.handler(definition)
        except ConfigurationError:
            return False
        return True

    def handler(self, definition: str) -> Handler:
        """Return the handler, from its file. Raises ConfigurationError, in words, if it cannot be loaded."""
        with self._lock:
            if definition not in self._handlers:
                self._handlers[definition] = self._load(definition)
            return self._handlers[definition]

    def _load(self, definition: str) -> Handler:
        handler = definitions.load(self._folder, definition, "handler")
        # The decorator keeps the function it was given.
        if not callable(handler) or not hasattr(handler, "__wrapped__"):
            shown = f"{self._folder.name}/{definition.replace('-', '_')}.py"
            raise ConfigurationError(shown, "handler", "is no durable function; decorate it with @durable_execution")
        return handler  # type: ignore[no-any-return]
