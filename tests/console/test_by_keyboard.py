"""The console by keyboard alone, with the key it was given, and with keys that may do less."""

from __future__ import annotations

import re

from tests.console.conftest import Open
from tests.console.deployment import Deployed


def test_from_the_list_to_a_replayed_delivery(opened: Open, served: Deployed) -> None:
    page = opened("deliveries?source=broken&outcome=accepted")
    page.settled()
    page.press("j", "Enter")
    page.find("heading", "Deliveries").wait_for(state="detached")
    page.settled()
    assert "<h1" in page.focus()
    page.press("r")
    page.find("dialog", "Replay the delivery").wait_for()
    page.press("Control+Enter")
    said = page.page.get_by_role("status").filter(has_text="Replayed as")
    said.wait_for()
    made = re.search(r"Replayed as (\S+)\.", said.inner_text())
    assert made
    assert made[1] not in served.ids.values()
    assert page.focus()
    page.press("g", "i")
    page.find("heading", "Instances").wait_for()
    page.page.get_by_text(made[1]).wait_for()


def test_the_key_in_the_fragment_is_taken_and_struck(opened: Open, served: Deployed) -> None:
    page = opened("instances?status=failed")
    page.settled()
    assert f"{served.url}/console/instances?status=failed" == page.page.url
    page.page.reload()
    page.settled()
    page.page.locator("tbody").get_by_text("broken").first.wait_for()
    assert not [url for url in page.requests if served.key in url]
    page.find("button", "key of the run").click()
    page.find("button", "Forget this key").click()
    page.page.get_by_label("API key").wait_for()
    page.expected.append("401")


def test_without_a_key_one_is_asked_for_and_a_wrong_one_is_refused_in_words(opened: Open, served: Deployed) -> None:
    page = opened("instances", key="")
    page.expected.append("401")
    field = page.page.get_by_label("API key")
    field.wait_for()
    assert [] == page.violations()
    field.fill("vhk_wrong")
    page.press("Enter")
    page.page.get_by_role("alert").wait_for()
    assert page.page.get_by_role("alert").inner_text()
    page.page.get_by_label("API key").fill(served.key)
    page.press("Enter")
    page.find("heading", "Instances").wait_for()


def made_key(served: Deployed, *scopes: str, workflows: tuple[str, ...] = (), name: str = "console") -> str:
    made = served.call("POST", "keys", {"name": name, "scopes": scopes, "workflows": workflows})
    return str(made["secret"])


def test_single_letters_can_be_switched_off(opened: Open) -> None:
    page = opened("deliveries")
    page.settled()
    page.page.locator("h1").focus()
    page.press("?")
    page.page.get_by_label("Single letters are shortcuts").uncheck()
    page.press("Escape")
    page.find("dialog", "Keyboard and settings").wait_for(state="detached")
    page.press("j")
    assert "<h1" in page.focus()


def test_ids_are_found_by_the_palette(opened: Open, served: Deployed) -> None:
    page = opened("deliveries")
    page.settled()
    page.page.locator("h1").focus()
    page.press("Control+k")
    page.page.keyboard.type(served.ids["failed"])
    page.page.get_by_role("option").filter(has_text="Instance of broken").wait_for()
    page.press("Enter")
    page.find("heading", "broken").wait_for()
    assert page.page.url.endswith(f"/console/instances/{served.ids['failed']}")


def test_what_cannot_be_reached_is_said_and_mends_itself(opened: Open) -> None:
    page = opened("deliveries")
    page.settled()
    page.page.get_by_role("table").wait_for()
    page.expected.append("ERR_INTERNET_DISCONNECTED")
    page.context.set_offline(True)
    page.page.get_by_text("The server cannot be reached").wait_for()
    assert page.page.get_by_role("table").is_visible()
    page.context.set_offline(False)
    page.page.get_by_text("The server cannot be reached").wait_for(state="detached")


def test_what_is_selected_is_acted_on_and_what_could_not_be_is_named(opened: Open) -> None:
    page = opened("instances?workflow=order-created")
    page.settled()
    page.expected.append("409")
    # The newest one: others may have been started since.
    first = page.page.locator("tbody tr").first.get_attribute("data-id")
    page.press("j", "x")
    page.page.get_by_text("1 selected").wait_for()
    # The address has what is selected, too.
    page.page.reload()
    page.page.get_by_text("1 selected").wait_for()
    page.find("button", "Terminate…").click()
    dialog = page.find("dialog", "Terminate 1 instance")
    dialog.wait_for()
    # There is nothing to cancel when it is over: the button that has the focus goes.
    dialog.get_by_role("button", name="Cancel").focus()
    page.press("Control+Enter")
    dialog.get_by_text("0 done, 1 not.").wait_for()
    assert "<button" in page.focus()
    dialog.get_by_role("button", name="Close").last.focus()
    assert first
    assert first in dialog.inner_text()
    page.press("Enter")
    dialog.wait_for(state="detached")
    assert page.focus()


def test_an_event_is_sent_to_what_waits(opened: Open, served: Deployed) -> None:
    page = opened(f"instances/{served.ids['waiting']}?tab=events")
    page.settled()
    payload = page.page.get_by_label("Payload (JSON)")
    payload.fill("{no")
    page.page.get_by_text("This is not JSON").wait_for()
    payload.fill('{"approved": true}')
    payload.focus()
    page.press("Control+Enter")
    page.page.get_by_text("Sent the event approved.").wait_for()
    page.page.locator("header .mark").get_by_text("Completed").wait_for()
    # The form goes, as it takes no more, and the focus that was in it does not.
    page.page.get_by_text("It has ended, so it takes no more events.").wait_for()
    assert "<h1" in page.focus()


def test_a_view_is_saved_in_this_browser_and_forgotten(opened: Open) -> None:
    page = opened("deliveries?source=orders&outcome=rejected")
    page.settled()
    page.find("button", "Save as a view…").focus()
    page.press("Enter")
    page.page.keyboard.type("<b>Mine</b>")
    page.page.keyboard.press("Control+Enter")
    mine = page.page.get_by_role("link", name="<b>Mine</b>")
    mine.wait_for()
    page.go("deliveries")
    page.settled()
    mine.focus()
    page.press("Enter")
    page.page.wait_for_url("**/deliveries?source=orders&outcome=rejected")
    assert "true" == mine.get_attribute("aria-current")
    page.find("button", "Forget this view").focus()
    page.press("Enter")
    mine.wait_for(state="detached")
    assert page.focus()
