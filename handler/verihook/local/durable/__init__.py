"""Lambda durable functions on one machine: the testing SDK's executor behind our own loopback endpoint and store.

    runner.py        DurableRunner: the public face
    endpoint.py      HTTP/1.1 on loopback
    operations.py    the API's operations (Invoke, GetDurableExecution, PauseDurableExecution ...)
    messages.py      a request, an answer, AWS's error shape
    workflows.py     loads the handlers from the folder of workflows
    arns.py          the names of functions and executions
    store.py         the SQLite file that survives a kill -9
    handlers.py      how the handlers are called
    results.py       how large a result may be
    stopping.py      what a planned stop leaves, and how the SDK is made to keep it
    unsaved.py       what could not be saved, on a full disk, goes on from what is saved once there is room
    mends.py         what has to be mended in the testing SDK, the file that reaches into it
    sdk_parts.py     what of the SDK is replaced, as it was in the release that was tried

Importing this package is cheap: the SDK is imported when the first DurableRunner starts.
"""

from __future__ import annotations

from verihook.local.durable.arns import instance_of
from verihook.local.durable.runner import DurableRunner

__all__ = ["DurableRunner", "instance_of"]
