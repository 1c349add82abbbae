"""An event of a Stripe payment, invoice or subscription, as one line of the log.

Output: ``{"type", "object", "id", "customer", "amount", "currency", "live"}``; ``amount`` is in the currency's smallest
unit, as Stripe has it (https://docs.stripe.com/currencies#zero-decimal); None for what an event does not have. Put
your own work (an entry in your books) in place of the log line, with the event's id as its key: it can run
more than once.
"""

from __future__ import annotations

import logging
from typing import Any

_LOG = logging.getLogger("stripe-event")

#: The first of these that an object has is what it is about: a charge, an invoice, a checkout session.
_AMOUNTS = ("amount_received", "amount", "amount_paid", "amount_total")


def run(event: Any, context: Any) -> dict[str, Any]:
    """Read the object of the event, as far as it is there."""
    event = event if isinstance(event, dict) else {}
    data = event.get("data")
    found = data.get("object") if isinstance(data, dict) else None
    about = found if isinstance(found, dict) else {}
    summary = {
        "type": event.get("type"),
        "object": about.get("object"),
        "id": about.get("id"),
        "customer": about.get("customer"),
        "amount": next((about[name] for name in _AMOUNTS if about.get(name) is not None), None),
        "currency": about.get("currency"),
        "live": event.get("livemode"),
    }
    _LOG.info("instance %s, event %s: %s", context.instance_id, context.event_id, summary)
    return summary
