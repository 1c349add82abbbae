"""The example of the engine ``function``: sums an order up and logs it.

``run`` may be called more than once for one event (a worker that dies is replaced), so what it does beyond returning
should bear that: here it is a log line, which tells the instance it belongs to.
"""

from __future__ import annotations

import logging
from decimal import Decimal
from typing import Any

_LOG = logging.getLogger("order-log")


def run(event: Any, context: Any) -> dict[str, Any]:
    """``{"orderId", "lines", "units", "total"}`` of an order; what is no item counts as none.

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
    # Through its text: 0.1 is a tenth then.
    return Decimal(str(value)) if isinstance(value, (int, float)) and not isinstance(value, bool) else Decimal()
