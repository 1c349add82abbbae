"""A durable workflow: charge an order, wait for its approval, then ship it or refund the charge.

Input: ``{"orderId", "amount", "timeoutSeconds"?}``. The event ``approved`` may carry ``{"approved": false, "by"}``.
Output: ``{"orderId", "amount", "charge", "outcome": "shipped", "shipment", "by"?}``, or ``"cancelled"`` with ``reason``
and ``refund``.

``take``, ``give_back`` and ``send`` stand for calls of a payment provider and a warehouse. Each gets an idempotency
key, because a step that is interrupted runs again. How to write one: docs/workflows/durable.md.
"""

from __future__ import annotations

from typing import Any

from aws_durable_execution_sdk_python import DurableContext, durable_execution
from aws_durable_execution_sdk_python.config import Duration, StepConfig
from aws_durable_execution_sdk_python.retries import RetryDecision

from verihook.authoring import EventTimeout, instance_of, read_input, wait_for_event

#: How long an approval may take, in seconds, if the input does not say: a week.
PATIENCE = 7 * 86_400

TRIES = 5


class PaymentUnavailable(Exception):
    """The payment provider did not answer: try again."""


def _again(error: Exception, tries: int) -> RetryDecision:
    """Again after 1, 2, 4 and 8 seconds, if the error may pass by itself."""
    if not isinstance(error, PaymentUnavailable | OSError) or tries >= TRIES:
        return RetryDecision.no_retry()
    return RetryDecision.retry(Duration.from_seconds(2 ** (tries - 1)))


RETRIED = StepConfig(retry_strategy=_again)


@durable_execution
def handler(event: Any, context: DurableContext) -> dict[str, Any]:
    """Runs again from its top after every wait: the code between the steps must do the same each time."""
    order = read_input(event)
    key = "-".join(map(str, instance_of(context)))
    amount = order["amount"]
    charge = context.step(lambda _: take(amount, f"{key}-charge"), name="Charge", config=RETRIED)
    result = {"orderId": order["orderId"], "amount": amount, "charge": charge}

    try:
        asked = {"orderId": order["orderId"], "amount": amount}
        answer = wait_for_event(context, "approved", order.get("timeoutSeconds", PATIENCE), shows=asked)
    except EventTimeout:
        return result | _cancel(context, charge, key, "no approval came in time")
    said = answer if isinstance(answer, dict) else {}
    by = {"by": said["by"]} if "by" in said else {}
    if said.get("approved", True) is not True:
        return result | by | _cancel(context, charge, key, "it was not approved")
    shipment = context.step(lambda _: send(order["orderId"], f"{key}-ship"), name="Ship", config=RETRIED)
    return result | by | {"outcome": "shipped", "shipment": shipment}


def _cancel(context: DurableContext, charge: str, key: str, reason: str) -> dict[str, Any]:
    refund = context.step(lambda _: give_back(charge, f"{key}-refund"), name="Refund", config=RETRIED)
    return {"outcome": "cancelled", "reason": reason, "refund": refund}


def take(amount: float, key: str) -> str:
    """Charge ``amount``. Call your payment provider here, with the idempotency key. Returns the charge's id."""
    if amount <= 0:
        raise ValueError(f"{amount} cannot be charged")
    return f"charge-{key}"


def give_back(charge: str, key: str) -> str:
    """Refund a charge. Returns the refund's id."""
    return f"refund-{key}-of-{charge}"


def send(order_id: str, key: str) -> str:
    """Ask the warehouse to ship. Returns the shipment's id."""
    return f"shipment-{key}-of-{order_id}"
