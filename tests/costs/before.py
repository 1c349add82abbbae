"""What the table of commit 326d30b cost: its layout, and the units of a webhook's whole life, counted once.

Counted with the lives and bodies of this package; all five senders came to the same.
"""

from __future__ import annotations

COMMIT = "326d30b"

#: Index -> its keys. Keys alone stood in each.
INDEXES = {
    "due": ("dueShard", "dueAt"),
    "created": ("createdShard", "listedAt"),
    "workflow": ("workflowShard", "listedAt"),
    "status": ("statusShard", "listedAt"),
    "workflow-status": ("workflowStatusShard", "listedAt"),
    "source": ("sourceShard", "listedAt"),
}

_TOLD = {
    512: {"claim": 8, "running": 8, "end": 7},
    2048: {"claim": 9, "running": 9, "end": 8},
    20_480: {"claim": 27, "running": 27, "end": 26},
}

#: Engine -> bytes of the body -> stage -> write units.
UNITS = {
    "stepfunctions": _TOLD,
    "durable": _TOLD,
    "function": {
        512: {"claim": 8, "run": 15},
        2048: {"claim": 9, "run": 17},
        20_480: {"claim": 27, "run": 53},
    },
}
