"""Every page and dialog, in both themes and at three widths: what axe finds, what does not fit, and what they load."""

from __future__ import annotations

import pytest

from tests.console.conftest import Open
from tests.console.deployment import Deployed
from tests.console.pages import PAGES, filled


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_a_page_can_be_used_by_everybody(opened: Open, served: Deployed, path: str) -> None:
    page = opened(filled(path, served), color_scheme="light")
    page.expected.append("404")
    page.settled()
    assert "H1" == page.page.locator("main :is(h1, h2)").first.evaluate("(heading) => heading.tagName")
    assert [] == page.violations()
    page.page.emulate_media(color_scheme="dark")
    # 320 pixels are a window of 1280 at 400 %: https://www.w3.org/WAI/WCAG22/Understanding/reflow.html
    for width in (1024, 390, 320):
        page.page.set_viewport_size({"width": width, "height": 800})
        assert page.overflow() <= 0, width
    assert [] == page.violations()


def test_the_first_page_is_few_requests_and_each_but_the_page_is_kept(opened: Open) -> None:
    page = opened()
    page.settled()
    page.page.get_by_role("table").wait_for()
    first = [url for url in page.requests if not url.startswith("data:")]
    assert len(first) <= 8, first
    loaded = page.page.evaluate("() => performance.getEntriesByType('resource').map((each) => each.name)")
    kept = [url for url in loaded if "/console/" in url]
    assert all("/assets/" in url for url in kept)


def test_dialogs_can_be_used_by_everybody(opened: Open, served: Deployed) -> None:
    page = opened(filled("deliveries/{accepted}", served))
    page.settled()
    for opens, closes in (("?", "Keyboard and settings"), ("Control+k", "Find"), ("r", "Replay the delivery")):
        page.page.locator("h1").focus()
        page.press(opens)
        dialog = page.find("dialog", closes)
        dialog.wait_for()
        assert [] == page.violations()
        page.press("Escape")
        dialog.wait_for(state="detached")
        assert "<h1" in page.focus()


def test_without_javascript_a_page_says_so(opened: Open) -> None:
    page = opened("", java_script_enabled=False)
    assert "The console needs JavaScript" == page.page.locator("h1").inner_text()
    page.page.goto("about:blank")


def test_what_came_from_strangers_is_text(opened: Open, served: Deployed) -> None:
    found = served.call("GET", "deliveries?source=hostile&outcome=accepted&limit=100")["deliveries"]
    assert len(found) >= 8
    page = opened("deliveries?source=hostile")
    page.settled()
    for delivery in found:
        page.go(f"deliveries/{delivery['id']}")
        page.settled()
        page.find("button", "Show the body").click()
        page.page.locator(".body-view pre").wait_for()
        assert page.page.evaluate("() => window.ran") is None
        assert page.page.locator("main").is_visible()
        for width in (390, 1440):
            page.page.set_viewport_size({"width": width, "height": 900})
            assert page.overflow() <= 0, delivery
        if delivery["eventType"].strip():
            assert delivery["eventType"].split()[0][:20] in page.page.locator("main").inner_text()
        page.go(f"instances/{delivery['instanceId']}?tab=raw")
        page.settled()
        assert page.overflow() <= 0
        assert page.page.evaluate("() => window.ran") is None


def test_a_hidden_tab_asks_for_nothing(opened: Open) -> None:
    page = opened("deliveries")
    page.settled()
    page.page.clock.install()
    page.page.reload()
    page.settled()

    def asked() -> int:
        return len([url for url in page.requests if "/v1/deliveries" in url])

    def pass_seconds(seconds: int) -> int:
        """How many questions came meanwhile."""
        before = asked()
        page.page.clock.run_for(seconds * 1000)
        page.page.wait_for_load_state("networkidle")
        return asked() - before

    # Of the page's clock: a minute at most lies between an answer and the next question, however slow the machine is.
    assert any(pass_seconds(2) for _ in range(35))
    hide = "(hidden) => { Object.defineProperty(document, 'hidden', { get: () => hidden, configurable: true });"
    hide += " document.dispatchEvent(new Event('visibilitychange')); }"
    page.page.evaluate(hide, True)
    pass_seconds(3)
    assert 0 == pass_seconds(600)
    page.page.evaluate(hide, False)
    assert any(pass_seconds(2) for _ in range(35))
