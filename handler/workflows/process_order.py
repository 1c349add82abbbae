"""A durable workflow, "Process Customer Order": total with 8 % tax, an invoice, a confirmation.

Input: ``{"customerId", "items": [{"productId", "quantity", "price"}], "customerEmail"?, "notes"?}``.
Output: ``{"subtotal", "tax", "total", "invoice", "confirmation"}``; ``confirmation`` is None without an address.

It calls two services, ``[connections.billing]`` and ``[connections.mail]`` of hooks.toml, with their credentials. If
the start chose a connection, such as a sandbox, that one makes the invoice.
"""

from __future__ import annotations

import html
import json
import urllib.error
import urllib.request
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from aws_durable_execution_sdk_python import DurableContext, durable_execution
from aws_durable_execution_sdk_python.config import Duration, StepConfig
from aws_durable_execution_sdk_python.retries import RetryDecision

from verihook.authoring import connection, connection_of, instance_of, read_input

TAX = Decimal("0.08")
CENT = Decimal("0.01")

#: Tries of one call, and the seconds that one may take.
TRIES = 6
PATIENCE = 20


class ServiceBusy(Exception):
    """429, 5xx or no answer: try again, with the same idempotency key."""


class ServiceRefused(Exception):
    """Any other status: another try would get the same."""


def _again(error: Exception, tries: int) -> RetryDecision:
    if not isinstance(error, ServiceBusy) or tries >= TRIES:
        return RetryDecision.no_retry()
    return RetryDecision.retry(Duration.from_seconds(2 ** (tries - 1)))


CALLED = StepConfig(retry_strategy=_again)


@durable_execution
def handler(event: Any, context: DurableContext) -> dict[str, Any]:
    """Runs again from its top after every wait: the code between the steps must do the same each time."""
    order = read_input(event)
    key = "-".join(map(str, instance_of(context)))
    billing = connection_of(context) or "billing"
    sums = totals(order["items"])
    bill = {"customerId": order["customerId"], "amount": sums["total"], "metadata": {"source": "api-order"}}
    invoice = context.step(lambda _: post(billing, bill, f"{key}-invoice"), name="Create Invoice", config=CALLED)
    confirmation = None
    if order.get("customerEmail"):
        mail = {
            "to": order["customerEmail"],
            "subject": f"Order Confirmed - Invoice #{invoice.get('number')}",
            "html": f"<p>Thank you for your order!</p><p>Total: ${html.escape(str(sums['total']))}</p>",
        }
        confirmation = context.step(
            lambda _: post("mail", mail, f"{key}-mail"), name="Send Confirmation", config=CALLED
        )
    return sums | {"invoice": invoice, "confirmation": confirmation}


def totals(items: list[dict[str, Any]]) -> dict[str, float]:
    """Subtotal, tax and total in whole cents, halves away from zero."""
    lines = (Decimal(str(item.get("quantity", 0))) * Decimal(str(item.get("price", 0))) for item in items)
    subtotal = sum(lines, Decimal(0)).quantize(CENT, ROUND_HALF_UP)
    tax = (subtotal * TAX).quantize(CENT, ROUND_HALF_UP)
    return {"subtotal": float(subtotal), "tax": float(tax), "total": float(subtotal + tax)}


def post(name: str, body: dict[str, Any], key: str) -> dict[str, Any]:
    """POST JSON to a connection's URL. Returns the answer, a JSON object. Raises ServiceBusy, ServiceRefused."""
    to = connection(name)
    headers = {**to.headers, "content-type": "application/json", "idempotency-key": key}
    request = urllib.request.Request(to.url, json.dumps(body).encode(), headers, method="POST")  # noqa: S310  # configured
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=PATIENCE) as answer:
            content = json.loads(answer.read(1_000_000) or b"{}")
    except urllib.error.HTTPError as error:
        with error:
            busy = error.code == 429 or error.code >= 500
            raise (ServiceBusy if busy else ServiceRefused)(f"{name} answered {error.code}") from None
    except OSError as error:
        raise ServiceBusy(f"{name} did not answer") from error
    except ValueError:
        raise ServiceRefused(f"{name} answered no JSON") from None
    return content if isinstance(content, dict) else {"answer": content}


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Credentials go where they were configured to go, and nowhere else."""

    def redirect_request(self, *_: Any) -> None:
        """Follow none."""
        return
