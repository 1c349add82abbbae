"""The composer and the inbox of waits, by keyboard alone: what is sent, what was expected, what became of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.console.conftest import Open
from tests.console.deployment import Deployed
from tests.console.test_by_keyboard import made_key
from tests.console.watched import Watched
from tests.flows.waiting import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Locator


def radio(page: Watched, kind: str) -> Locator:
    return page.page.locator(f"input[name=kind][value={kind}]")


def send(page: Watched) -> None:
    page.find("button", "Send", exact=True).focus()
    page.press("Enter")
    # Of an earlier one there may be a heading already.
    page.page.locator(".outcome h2:focus").wait_for()


def test_a_tampered_webhook_says_why_it_was_refused_and_a_good_one_is_followed(opened: Open, served: Deployed) -> None:
    page = opened("composer?source=stripe")
    page.settled()
    radio(page, "signed").focus()
    page.press("ArrowDown")
    assert radio(page, "tampered").is_checked()
    assert page.page.url.endswith("composer?source=stripe&kind=tampered")
    send(page)
    page.find("heading", "As expected: refused").wait_for()
    assert page.page.get_by_text("Likely causes, in this order").is_visible()
    assert "signature-mismatch" in page.page.locator(".outcome").inner_text()
    assert [] == page.violations()
    radio(page, "tampered").focus()
    page.press("ArrowUp")
    send(page)
    page.find("heading", "As expected: accepted").wait_for()
    page.find("link", "Follow its instance").focus()
    page.press("Enter")
    page.page.wait_for_url("**/console/instances/*")
    page.find("heading", "stripe-event").wait_for()


def test_what_a_sender_has_none_of_cannot_be_chosen(opened: Open) -> None:
    page = opened("composer?source=orders")
    page.settled()
    stale = radio(page, "stale")
    stale.wait_for()
    page.page.get_by_text("This sender signs no time").wait_for()
    assert stale.is_disabled()


def test_a_delivery_is_sent_again_by_hand(opened: Open, served: Deployed) -> None:
    accepted = served.call("GET", "deliveries?source=orders&outcome=accepted")["deliveries"][0]
    page = opened(f"deliveries/{accepted['id']}")
    page.settled()
    page.find("link", "Open in composer").click()
    page.find("heading", "Composer").wait_for()
    page.page.wait_for_function("() => document.querySelector('.composer textarea')?.value.includes('ord_')")
    send(page)
    assert page.find("heading", "Not as expected: a duplicate").is_visible()


def test_without_the_scope_it_is_not_offered(opened: Open, served: Deployed) -> None:
    page = opened("composer", key=made_key(served, "sources:read"))
    page.page.get_by_text("sources:test, which yours lacks").wait_for()


def waits(served: Deployed) -> list[str]:
    return [each["instanceId"] for each in served.call("GET", "waits")["waits"]]


def test_a_waiting_approval_is_answered(opened: Open, served: Deployed) -> None:
    served.call("PUT", "workflows/order-approval/instances/inbox-1", {"orderId": "inbox", "amount": 20})
    wait_until(lambda: "inbox-1" in waits(served) or None, what="the approval waits")
    page = opened("waiting")
    page.settled()
    page.page.get_by_text('{"orderId":"inbox","amount":20}').wait_for()
    page.find("button", "Approve: approved of inbox-1").focus()
    page.press("Enter")
    page.find("dialog", "Approve: approved").wait_for()
    field = page.find("textbox", "What its workflow gets")
    field.fill("{")
    page.press("Control+Enter")
    page.page.get_by_text("This is not JSON").wait_for()
    field.fill(json.dumps({"approved": True, "by": "kim"}))
    page.press("Control+Enter")
    page.page.get_by_role("status").filter(has_text="inbox-1 has its answer.").wait_for()
    page.page.get_by_text('{"orderId":"inbox","amount":20}').wait_for(state="detached")
    assert page.focus()
    wait_until(lambda: served.call("GET", "instances/inbox-1")["status"] == "completed" or None, what="it has ended")
    assert "kim" == served.call("GET", "instances/inbox-1")["output"]["by"]
    page.go("instances/inbox-1?tab=events")
    page.page.get_by_text("by the key of the run").wait_for()


def test_a_key_that_sends_no_events_reads_what_waits(opened: Open, served: Deployed) -> None:
    page = opened("waiting", key=made_key(served, "instances:read"))
    page.settled()
    page.page.get_by_text("events:send, which yours lacks").wait_for()
    assert page.find("button", "Approve").count() == 0
