"""The receiver as it was before everything was made in INIT, which does nothing: the first request does it all."""

import os
from typing import Any


def handler(event: Any, context: Any) -> dict[str, Any]:
    """Only now does the environment say that this is the receiver."""
    os.environ["_HANDLER"] = "verihook.main.receive"
    from verihook import main

    return main.receive(event, context)
