"""What Stripe tells of a payment, an invoice or a subscription, in one line of the log.

Output: ``{"type", "object", "id", "customer", "amount", "currency", "live"}``; ``amount`` is in the currency's smallest
unit, as Stripe has it (https://docs.stripe.com/currencies#zero-decimal); None for what an event has not. Put what is to
follow (an entry in your books) in the place of the log line, with the event's id as its key: it may run more than once.
"""

from __future__ import annotations

import logging
from typing import Any

_LOG = logging.getLogger("stripe-event")

#: The first of these that an object has is what it is about: a charge, an invoice, a checkout session.
_AMOUNTS = ("amount_received", "amount", "amount_paid", "amount_total")


def run(event: Any, context: Any) -> dict[str, Any]:
    """Read the object out of the event, as far as it is there."""
    event = event if isinstance(event, dict) else {}
    data = event.get("data")
    found = data.get("object") if isinstance(data, dict) else None
    about = found if isinstance(found, dict) else {}
    told = {
        "type": event.get("type"),
        "object": about.get("object"),
        "id": about.get("id"),
        "customer": about.get("customer"),
        "amount": next((about[name] for name in _AMOUNTS if about.get(name) is not None), None),
        "currency": about.get("currency"),
        "live": event.get("livemode"),
    }
    _LOG.info("instance %s, event %s: %s", context.instance_id, context.event_id, told)
    return told
