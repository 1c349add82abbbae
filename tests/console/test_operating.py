"""Workflows, jobs, keys, sources and what comes live: what an operator does with them, mostly by keyboard."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tests.console.conftest import Open
from tests.console.deployment import Deployed
from tests.console.dialogs import answer_with
from tests.flows.faces import HttpFace
from tests.flows.signing import order, x_signature

if TYPE_CHECKING:
    from playwright.sync_api import Route


def test_a_graph_goes_from_state_to_state_by_arrow_keys(opened: Open, served: Deployed) -> None:
    page = opened("workflows/broken")
    page.settled()
    page.find("button", "Charge, Pass").focus()
    page.press("ArrowDown")
    assert 'aria-label="Ship, Fa' in page.focus()
    page.press("Enter")
    page.find("region", "The chosen state").get_by_text("Ship").wait_for()
    assert page.page.url.endswith("state=Ship")
    page.press("ArrowUp")
    assert 'aria-label="Charge' in page.focus()
    page.find("button", "Table").click()
    assert ["State", "Type", "Goes on to", "Comment"] == page.page.locator(".graph thead th").all_inner_texts()
    page.find("row", "Charge Pass Ship").wait_for()
    page.go(f"instances/{served.ids['failed']}?tab=graph")
    page.settled()
    page.find("button", "Ship, Fail, failed").wait_for()


def test_of_5000_steps_those_are_drawn_that_can_be_seen(opened: Open, served: Deployed) -> None:
    """The engines here would take long for as many, so the answer of /v1 is put together from one of theirs."""
    step = served.call("GET", f"instances/{served.ids['failed']}/steps")["steps"][0]

    def many(route: Route) -> None:
        route.fulfill(body=json.dumps({"steps": [{**step, "name": f"step {number}"} for number in range(5000)]}))

    page = opened("instances")
    page.page.route("**/steps", many)
    page.go(f"instances/{served.ids['failed']}")
    rows = page.page.get_by_role("option")
    page.find("option", "step 0,").wait_for()
    assert [] == page.violations()
    page.page.locator(".timeline-box").evaluate("(box) => box.scrollTo(0, box.scrollHeight / 2)")
    page.find("option", "step 2500,").wait_for()
    assert rows.count() < 80
    page.find("listbox", "Steps, the first ones first").focus()
    page.press("End")
    page.find("option", "step 4999,", selected=True).wait_for()
    assert rows.count() < 80
    assert "4999" in page.find("region", "The chosen step").inner_text()
    page.page.wait_for_url("**row=5000")
    page.find("button", "Table").click()
    page.find("button", "Show all 5,000").wait_for()


def test_a_job_is_counted_then_confirmed_and_a_reload_loses_nothing(opened: Open, served: Deployed) -> None:
    for number in (1, 2):
        served.call(
            "POST",
            "workflows/order-approval/instances",
            {"input": {"orderId": f"j{number}", "amount": 5}, "tags": ["job-test"]},
        )
    page = opened("jobs/new?action=terminate&tag=job-test")
    page.page.get_by_text("2 instances match").wait_for()
    page.find("button", "Terminate…").press("Enter")
    page.find("dialog", "Terminate 2 instances?").wait_for()
    page.press("Escape")
    assert "Terminate…" in page.focus()
    page.press("Enter")
    page.page.keyboard.press("Control+Enter")
    page.page.wait_for_url(re.compile(r"/jobs/[0-9a-f]+$"))
    page.page.get_by_text("Completed").wait_for()
    assert "<h1" in page.focus()
    page.page.reload()
    page.settled()
    assert "2 of 2" in page.page.locator("main").inner_text()
    page.go("jobs")
    page.find("link", "terminate").first.wait_for()
    page.page.keyboard.type("gf")
    page.find("heading", "Failures").wait_for()
    page.page.get_by_text("Warehouse.Closed").first.wait_for()


def test_failures_are_dismissed_with_a_note_by_keyboard(opened: Open, served: Deployed) -> None:
    page = opened("failures?workflow=broken")
    page.settled()
    page.page.get_by_text("Ship", exact=True).wait_for()
    page.find("button", "Dismiss Warehouse.Closed of broken").press("Enter")
    page.find("dialog", "Dismiss these failures").wait_for()
    page.page.get_by_label("Why (kept with it)").fill("closed <b>until</b> Monday")
    page.press("Control+Enter")
    page.find("heading", "No failure matches these filters").wait_for()
    assert page.focus()
    page.find("link", "With those dismissed").focus()
    page.press("Enter")
    page.page.get_by_text("closed <b>until</b> Monday").wait_for()
    assert "dismissed=yes" in page.page.url
    assert [] == page.violations()
    # It fails again, and stands there again.
    served.call("POST", "workflows/broken/instances", {"input": {}})
    page.go("failures")
    page.page.get_by_text("Warehouse.Closed").first.wait_for()


def test_a_key_is_shown_once_and_can_be_rotated_and_revoked(opened: Open, served: Deployed) -> None:
    page = opened("keys")
    page.settled()
    page.find("button", "New key…").press("Enter")
    page.page.get_by_label("Name", exact=True).fill("<b>billing</b>")
    page.press("Control+Enter")
    shown = page.find("dialog", "The key <b>billing</b>")
    shown.wait_for()
    secret = shown.locator("code").inner_text()
    assert secret.startswith("vhk_")
    assert [] == page.violations("dialog[open]")
    page.press("Escape")
    assert page.focus()
    page.page.set_viewport_size({"width": 390, "height": 800})
    assert page.page.locator(".table-box").evaluate("(box) => box.scrollWidth <= box.clientWidth")
    page.find("button", "Rotate <b>billing</b>").click()
    page.find("button", "Make its successor").click()
    shown.wait_for()
    page.press("Escape")
    page.find("button", "Revoke <b>billing</b>").first.click()
    page.find("button", "Revoke", exact=True).click()
    page.page.get_by_text("Revoked").wait_for()
    assert secret not in page.page.content()
    assert secret not in str(page.requests)


def test_a_source_has_an_address_to_paste_and_keeps_refusals(opened: Open, served: Deployed) -> None:
    page = opened("sources/stripe")
    page.settled()
    page.page.get_by_text(f"{served.url}/hooks/stripe").wait_for()
    page.find("button", "Keep refusals…").press("Enter")
    page.find("dialog", "Keep refused requests whole").wait_for()
    page.press("Control+Enter")
    page.page.get_by_role("status").filter(has_text="are kept for 10 minutes").wait_for()
    # What is to be done at the sender, until something has been accepted.
    step = page.page.get_by_text("Enter the address above at")
    step.wait_for()
    page.visit("sources/orders")
    assert (1, False) == (step.count(), step.is_visible())


def test_live_stands_still_under_the_pointer_and_counts_what_is_new(opened: Open, served: Deployed) -> None:
    page = opened("live?source=orders")
    page.settled()
    page.page.locator("tbody tr").first.hover()
    page.page.get_by_text("Stands still").wait_for()
    before = page.page.locator("tbody tr").count()
    body = order(id="live-1")
    assert HttpFace(served.url).send("POST", "/hooks/orders", x_signature(body), body).status == 200
    new = page.find("button", "1 new")
    new.wait_for()
    assert before == page.page.locator("tbody tr").count()
    assert page.page.locator("tbody [aria-live], .listing-head [aria-live], .listing-head [role=status]").count() == 0
    new.click()
    assert "row-link" in page.focus()
    page.page.wait_for_function(f"() => document.querySelectorAll('tbody tr').length === {before + 1}")


def test_a_new_deployment_begins_with_three_commands(opened: Open, served: Deployed) -> None:
    """A key that covers one workflow, of which nothing has begun, sees what a newcomer sees."""
    scopes = ["workflows:read", "instances:read", "sources:read", "deliveries:read"]
    made = served.call("POST", "keys", {"name": "newcomer", "scopes": scopes, "workflows": ["nev*"]})
    page = opened("", key=made["secret"])
    page.find("heading", "Three commands to begin with").wait_for()
    page.settled()
    assert "Overview" == page.page.locator("main :is(h1, h2)").first.inner_text()
    assert [] == page.violations()
    page.page.get_by_text("All is well").wait_for()
    page.go("failures")
    page.find("heading", "Nothing has failed").wait_for()
    page.go("workflows")
    page.settled()
    assert 1 == page.page.locator("tbody tr").count()


def test_the_overview_says_what_will_need_a_look_and_what_does_not_work(opened: Open, served: Deployed) -> None:
    """A late start, a secret that ends, an engine that is away: the answer of /health is put together."""
    ends = (datetime.now(UTC) + timedelta(days=3, hours=1)).isoformat()
    page = opened("about")
    page.page.get_by_text("SHA-256 of hooks.toml").wait_for()
    health = HttpFace(served.url).send("GET", "/health", [("x-api-key", served.key)]).json
    assert f'title="{health["configuration"]}"' in page.page.locator("main").inner_html()
    late = {"oldestQueuedSeconds": 300, "secretsEnd": {"orders": ends}}
    page.page.route("**/health", lambda route: answer_with(route, late))
    page.visit("")
    page.page.get_by_text("It works, and needs a look").wait_for()
    page.page.get_by_text("An instance has waited for its start for 5 min: what is queued.").wait_for()
    page.page.get_by_text("A secret of orders ends in 3 d.").wait_for()
    page.find("columnheader", "Secret ends").wait_for()
    assert [] == page.violations()
    page.page.unroute_all()
    down = {**health, "status": "unavailable", "engines": {"durable": "unavailable"}}
    page.page.route("**/health", lambda route: route.fulfill(status=503, json=down))
    page.expected.append("503")
    page.page.get_by_text("engine durable cannot be reached").wait_for()
