"""Chromium, and pages of which every error, every report of a policy and every request elsewhere is noted."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.flows.waiting import PATIENCE_S

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Locator, Request

#: Says that it is known that there is no browser here.
KNOWN = "VERIHOOK_NO_BROWSER"

#: Notes what the policy has forbidden, before any script of the page.
REPORTS = """
window.reports = [];
document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sample }) => {
  window.reports.push(`${violatedDirective}: ${blockedURI} ${sample}`);
});
"""

#: Goes to another page of the console as a link does, without loading it again.
FOLLOW = """(url) => {
  history.pushState(null, "", url);
  dispatchEvent(new PopStateEvent("popstate"));
  return new Promise((done) => setTimeout(done));
}"""

WIDER = """() => [document.documentElement, ...document.querySelectorAll(".table-box")]
  .filter((box) => box.scrollWidth > box.clientWidth)
  .map((box) => `${box.tagName} ${box.className}: ${box.scrollWidth} > ${box.clientWidth}`)"""

#: Where the focus is; "" if it is nowhere.
FOCUS = """() => {
  const focused = document.activeElement;
  return focused && focused !== document.body ? focused.outerHTML.slice(0, 300) : "";
}"""


#: No page needs more to reach anything that is on it.
MOST_TABS = 120


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, without a window. Playwright itself downloads none."""
    path = os.environ.get("VERIHOOK_CHROMIUM") or shutil.which("chromium")
    if path is None:
        if os.environ.get(KNOWN) == "1":
            pytest.skip(f"there is no chromium, as {KNOWN}=1 says")
        pytest.fail(
            "chromium is missing, in which the console is tested: apt-get install chromium, or name another one in"
            f" VERIHOOK_CHROMIUM. If it is known that there is none: {KNOWN}=1"
        )
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # As root Chromium starts only without its sandbox; it sees no other pages than ours.
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


class Watched:
    """A page in a context of its own. ``page`` is Playwright's."""

    def __init__(self, browser: Browser, url: str, *, width: int = 1440, height: int = 900, **options: Any) -> None:
        self.url = url
        self.context = browser.new_context(viewport={"width": width, "height": height}, **options)
        self.context.set_default_timeout(PATIENCE_S * 1000)
        self.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=url)
        self.context.add_init_script(REPORTS)
        self.page = self.context.new_page()
        self.errors: list[str] = []
        self.requests: list[str] = []
        #: Parts of errors that the test itself brings about.
        self.expected: list[str] = []
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", self._asked)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(message.text)

    def _asked(self, request: Request) -> None:
        self.requests.append(request.url)

    def go(self, path: str, key: str = "") -> None:
        """Open a page of the console, with the key in the fragment; wait until its heading is there."""
        self.page.goto(f"{self.url}/console/{path}" + (f"#key={key}" if key else ""))
        self.page.locator("h1").first.wait_for()

    def visit(self, path: str) -> None:
        """Go to another page of the console; wait until it has all that it shows."""
        self.page.evaluate(FOLLOW, f"{self.url}/console/{path}")
        self.settled()

    def settled(self) -> None:
        """Wait until nothing is awaited any more."""
        self.page.wait_for_function(
            "() => document.querySelector('main h1') && !document.querySelector('.awaited, [aria-busy=true]')"
        )

    def find(self, role: Any, name: str, **options: Any) -> Locator:
        """What a person who listens would find."""
        return self.page.get_by_role(role, name=name, **options)

    def press(self, *keys: str) -> None:
        """Press keys one after the other. The focus is somewhere after each."""
        for key in keys:
            self.page.keyboard.press(key)
            assert self.focus(), f"after {key} the focus is nowhere"

    def reach(self, wanted: Locator) -> None:
        """Go there by the tabulator alone, as somebody does who has no pointer.

        After the last element the focus is the browser's own, and then on the first one.
        """
        wanted.wait_for()
        for _ in range(MOST_TABS):
            self.page.keyboard.press("Tab")
            if wanted.evaluate("(element) => element === document.activeElement"):
                return
        raise AssertionError(f"{wanted} cannot be reached")

    def follow(self, wanted: Locator) -> None:
        """Go there and press Enter; a page that is opened by it has the focus on its heading."""
        self.reach(wanted)
        self.press("Enter")

    def focus(self) -> str:
        """The beginning of what has the focus, as HTML."""
        return str(self.page.evaluate(FOCUS))

    def violations(self, part: str | None = None, *, rules: tuple[str, ...] = ()) -> list[str]:
        """What axe finds wrong with the page as it stands. ``part``: of it alone; ``rules``: these alone."""
        from axe_playwright_python.sync_playwright import Axe

        options: dict[str, Any] = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
        if rules:
            options["runOnly"] = list(rules)
        found = Axe().run(self.page, part, options).response["violations"]
        return [f"{each['id']}: {each['help']}: {node['html'][:200]}" for each in found for node in each["nodes"]]

    def overflow(self) -> list[str]:
        """What is wider than its place: the page than the window, a table than its box."""
        return list(self.page.evaluate(WIDER))

    def check(self) -> None:
        """Nothing may have happened that must not, since the last check."""
        reports = self.page.evaluate("() => window.reports.splice(0)")
        unexpected = [error for error in self.errors if not any(part in error for part in self.expected)]
        here = urlsplit(self.url).netloc
        elsewhere = [url for url in self.requests if urlsplit(url).scheme != "data" and urlsplit(url).netloc != here]
        for noted in (self.errors, self.requests, self.expected):
            noted.clear()
        assert [] == unexpected
        assert [] == reports
        assert [] == elsewhere

    def close(self) -> None:
        """Check it for the last time."""
        try:
            self.check()
        finally:
            self.context.close()
