"""The example of the engine ``function``: adds up an order and logs it.

``run`` can be called more than once for one event (a worker that dies is replaced), so its effects should be
idempotent. Here the only effect is a log line, which names the instance.
"""

from __future__ import annotations

import logging
from decimal import Decimal
from typing import Any

_LOG = logging.getLogger("order-log")


def run(event: Any, context: Any) -> dict[str, Any]:
    """``{"orderId", "lines", "units", "total"}`` of an order; anything else than an item is left out.

    The total is rounded to cents.
    """
    order = event if isinstance(event, dict) else {}
    found = order.get("items")
    items = [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
    total = sum((_number(item, "quantity") * _number(item, "price") for item in items), Decimal())
    summary = {
        "orderId": order.get("orderId"),
        "lines": len(items),
        "units": float(sum((_number(item, "quantity") for item in items), Decimal())),
        "total": float(round(total, 2)),
    }
    _LOG.info("instance %s, try %d: %s", context.instance_id, context.tries, summary)
    return summary


def _number(item: dict[str, Any], name: str) -> Decimal:
    value = item.get(name, 0)
    # From its text, so that 0.1 is exactly a tenth.
    return Decimal(str(value)) if isinstance(value, (int, float)) and not isinstance(value, bool) else Decimal()
