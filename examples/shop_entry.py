"""An example of an entry: a shop sends every change of an order, and only paid ones start the workflow.

Copy it to handler/workflows/ and name it in a source of hooks.toml: entry = "shop_entry:decide". docs/entries.md
"""

from __future__ import annotations

from verihook.authoring import EntryRequest, Ignore, Reply, Start


def decide(request: EntryRequest) -> Start | Ignore | Reply:
    """Start a workflow with what it needs of a paid order; answer the shop's tests; ignore all else."""
    order = request.event.content
    if request.headers.get("x-shop-test") == "yes":
        return Reply(200, {"received": request.event.id})
    if order.get("status") != "paid":
        return Ignore(f"the order is {order.get('status')}")
    return Start({"orderId": order["id"], "items": order.get("items", []), "shop": request.headers.get("x-shop")})
