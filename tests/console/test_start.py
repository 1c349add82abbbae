"""The form that starts an instance: errors at their fields, in the words of the API, and the same value as JSON."""

from __future__ import annotations

import json

from tests.console.conftest import Open
from tests.console.deployment import Deployed


def test_an_instance_is_started_with_an_error_first(opened: Open, served: Deployed) -> None:
    page = opened("workflows/order-created/start")
    page.settled()
    assert [] == page.violations()
    page.find("button", "JSON", exact=True).focus()
    page.press("Enter")
    field = page.page.locator(".start textarea").first
    item = {"productId": "a", "quantity": -1, "price": 2}
    wrong = {"id": "evt_form", "type": "order.created", "orderId": "form-1", "items": [item]}
    field.fill(json.dumps(wrong))
    page.find("button", "Form", exact=True).focus()
    page.press("Enter")
    page.page.keyboard.press("Control+Enter")
    page.page.locator('[aria-invalid="true"]').first.wait_for()
    assert "quantity" in page.focus()
    assert "-1" in page.page.locator(".field-wrong").first.inner_text()
    assert [] == page.violations()
    page.page.keyboard.press("Control+a")
    page.page.keyboard.type("2")
    page.press("Control+Enter")
    page.page.wait_for_url("**/console/instances/*")
    made = page.page.url.rpartition("/")[2]
    right = {**wrong, "items": [{**item, "quantity": 2}]}
    assert right == served.call("GET", f"instances/{made}")["input"]
    page.expected.append("422")
    again = opened(f"workflows/order-created/start?from={made}&as=json")
    again.settled()
    assert '"form-1"' in again.page.locator(".start textarea").first.input_value()
