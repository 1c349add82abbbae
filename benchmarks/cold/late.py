"""The receiver as it was before everything was made in INIT: the first request makes its services."""

import os
from typing import Any

from verihook import main


def handler(event: Any, context: Any) -> dict[str, Any]:
    """Only now does the environment say that this is the receiver."""
    os.environ["_HANDLER"] = "verihook.main.receive"
    return main.receive(event, context)
