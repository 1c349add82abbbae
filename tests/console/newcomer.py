"""The story of somebody who has never seen the console and has no pointer, from a refused webhook to a start."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.console.watched import Watched

if TYPE_CHECKING:
    from playwright.sync_api import Locator

REFUSED = "signature-mismatch"


class Newcomer:
    """Goes through the console by the keyboard alone."""

    def __init__(self, page: Watched, *, confirms: str = "", axe: bool = False) -> None:
        """``confirms``: what the composer wants written before it starts real instances, if it does.

        ``axe`` looks at each page and dialog on the way; those of one machine it sees in tests of their own.
        """
        self.page, self.confirms, self.axe = page, confirms, axe

    def tell(self) -> str:
        """The whole story; returns the id of the instance that was started last."""
        self.page.follow(self.page.find("link", "Skip to the content"))
        self._send_what_is_tampered_and_read_why()
        reviewed = self._send_a_good_one_and_see_its_steps()
        self._answer(reviewed)
        self._replay_its_delivery()
        self._redrive_what_failed()
        return self._start_with_an_error_first()

    def _look(self, name: str) -> None:
        if self.axe:
            assert [] == self.page.violations(), name

    def _go(self, letter: str, title: str) -> None:
        """Two letters lead to a page, and the focus to its heading."""
        self.page.press("g", letter)
        self.page.find("heading", title, exact=True).wait_for()
        self.page.settled()
        assert "<h1" in self.page.focus()

    def _send(self) -> None:
        page = self.page
        if self.confirms:
            page.reach(page.page.get_by_label("to confirm"))
            page.page.keyboard.type(self.confirms)
        page.follow(page.find("button", "Send", exact=True))
        page.page.locator(".outcome h2:focus").wait_for()

    def _send_what_is_tampered_and_read_why(self) -> None:
        page = self.page
        self._go("c", "Composer")
        self._choose(page.find("combobox", "Source", exact=True), "payments")
        page.page.get_by_text("Starts order-review").wait_for()
        page.reach(page.page.locator("input[name=kind]:checked"))
        page.press("ArrowDown")
        self._look("composer")
        self._send()
        told = page.page.locator(".outcome").inner_text()
        assert "As expected: refused" in told
        assert REFUSED in told
        self._look("composer, refused")
        page.follow(page.find("link", "Open the delivery"))
        page.find("heading", "Refused: signature mismatch").wait_for()
        page.settled()
        assert "<h1" in page.focus()
        verdict = page.find("region", "Verdict").inner_text()
        assert "What to do: The signature is well-formed" in verdict
        assert "Likely causes, in this order: another secret" in verdict
        self._look("delivery, refused")

    def _choose(self, wanted: Locator, text: str) -> None:
        """In a list of choices what is typed is looked for."""
        self.page.reach(wanted)
        self.page.page.keyboard.type(text)
        assert text == wanted.input_value()

    def _send_a_good_one_and_see_its_steps(self) -> str:
        page = self.page
        page.follow(page.find("link", "Open in composer"))
        page.page.get_by_text("Starts order-review").wait_for()
        assert page.page.get_by_role("alert").count() == 0, "nothing is kept of what was refused, and none is asked for"
        self._send()
        assert "As expected: accepted" in page.page.locator(".outcome").inner_text()
        page.follow(page.find("link", "Follow its instance"))
        page.find("heading", "order-review").wait_for()
        page.find("option", "Wait for approval").wait_for()
        page.find("option", "Read order").wait_for()
        page.settled()
        self._look("instance")
        return page.page.url.rpartition("/")[2]

    def _answer(self, instance_id: str) -> None:
        page = self.page
        self._go("p", "Waiting")
        page.follow(page.find("button", f"Approve: approved of {instance_id}"))
        page.find("dialog", "Approve: approved").wait_for()
        self._look("answer")
        page.press("Control+Enter")
        page.page.get_by_role("status").filter(has_text=f"{instance_id} has its answer.").wait_for()
        page.find("button", f"Approve: approved of {instance_id}").wait_for(state="detached")
        assert page.focus()
        self._look("waiting")

    def _redrive_what_failed(self) -> None:
        page = self.page
        self._go("f", "Failures")
        page.page.get_by_text("It is not there yet.").wait_for()
        self._look("failures")
        page.press("j", "Enter")
        page.find("heading", "late", exact=True).wait_for()
        page.find("option", "Ship, failed").wait_for()
        page.settled()
        page.press("r")
        page.find("dialog", "Redrive this instance").wait_for()
        self._look("redrive")
        page.press("Control+Enter")
        page.page.get_by_role("status").filter(has_text="It goes on where it failed.").wait_for()
        assert page.focus()
        page.find("option", "Ship, completed").wait_for()
        page.page.locator("header .mark").get_by_text("Completed").wait_for()

    def _replay_its_delivery(self) -> None:
        page = self.page
        self._go("d", "Deliveries")
        page.find("link", "checkout.session.completed").first.wait_for()
        page.press("j", "Enter")
        page.find("heading", "Accepted: its signature is right").wait_for()
        page.settled()
        page.press("r")
        page.find("dialog", "Replay the delivery").wait_for()
        page.press("Control+Enter")
        page.page.get_by_role("status").filter(has_text="Replayed as").wait_for()
        assert page.focus()
        self._look("delivery, replayed")

    def _start_with_an_error_first(self) -> str:
        page = self.page
        self._go("w", "Workflows")
        self._look("workflows")
        page.follow(page.find("link", "order-created", exact=True))
        page.settled()
        page.follow(page.find("link", "Start…"))
        page.settled()
        page.follow(page.find("button", "JSON", exact=True))
        text = page.page.get_by_label("The same value as JSON")
        page.reach(text)
        for quantity in (-1, 2):
            written = json.dumps({"orderId": "newcomer", "items": [{"quantity": quantity, "price": 3}]})
            page.press("Control+a")
            page.page.keyboard.insert_text(written)
            page.press("Control+Enter")
            if quantity < 0:
                page.page.locator('textarea[aria-invalid="true"]:focus').wait_for()
                assert "/items/0/quantity" in page.page.locator("#start-wrong").inner_text()
                self._look("start, refused")
        page.page.wait_for_url("**/console/instances/*")
        page.page.locator("header .mark").get_by_text("Completed").wait_for()
        page.settled()
        assert "<h1" in page.focus()
        return page.page.url.rpartition("/")[2]
