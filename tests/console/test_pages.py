"""Every page and dialog, in both themes and at three widths: what axe finds, what does not fit, and what they load."""

from __future__ import annotations

import re

import pytest

from tests.console.conftest import Open
from tests.console.deployment import Deployed
from tests.console.pages import PAGES, filled
from tests.console.watched import Watched
from verihook.console.assets import FOLDER

#: What colours and widths can make wrong. All else is the same at any, but for what :data:`NARROW` shows.
SEEN = ("color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size")
NARROW = ("deliveries", "delivery-accepted", "instance-graph", "source", "start")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_used_by_everybody(visited: Watched, served: Deployed, name: str) -> None:
    page = visited
    page.expected.append("404")
    page.visit(filled(PAGES[name], served))
    assert "H1" == page.page.locator("main :is(h1, h2)").first.evaluate("(heading) => heading.tagName")
    assert [] == page.violations()
    assert [] == page.overflow()
    page.page.emulate_media(color_scheme="dark")
    # 320 pixels are a window of 1280 at 400 %: https://www.w3.org/WAI/WCAG22/Understanding/reflow.html
    for width in (1024, 390, 320):
        page.page.set_viewport_size({"width": width, "height": 800})
        assert [] == page.overflow(), width
    assert [] == page.violations(rules=() if name in NARROW else SEEN)


def test_every_page_has_an_example() -> None:
    paths = re.findall(r'path: "([^"]*)"', (FOLDER / "pages.js").read_text())
    shown = [path.partition("?")[0] for path in PAGES.values()]
    for path in paths:
        assert any(re.fullmatch(re.sub(r":\w+", "[^/]+", path), each) for each in shown), path


def test_the_first_page_is_few_requests_and_each_but_the_page_is_kept(opened: Open) -> None:
    page = opened()
    page.settled()
    page.page.get_by_role("table").wait_for()
    first = [url for url in page.requests if not url.startswith("data:")]
    assert len(first) <= 8, first
    loaded = page.page.evaluate("() => performance.getEntriesByType('resource').map((each) => each.name)")
    kept = [url for url in loaded if "/console/" in url]
    assert all("/assets/" in url for url in kept)


def test_without_javascript_a_page_says_so(opened: Open) -> None:
    page = opened("", java_script_enabled=False)
    assert "The console needs JavaScript" == page.page.locator("h1").inner_text()
    page.page.goto("about:blank")


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
