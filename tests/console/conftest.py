"""A browser, a server with something of everything in it, and pages that are watched for what must not happen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.console.deployment import Deployed, deployed
from tests.console.watched import Watched, chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser

Open = Callable[..., Watched]


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    with deployed(tmp_path_factory.mktemp("console")) as made:
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Of a module: while it is there its loop of asyncio runs, and other tests begin their own."""
    with chromium() as started:
        yield started


@pytest.fixture
def opened(browser: Browser, served: Deployed) -> Iterator[Open]:
    """Opens a page of the console with the key of the run; at the end none may have done what no page may do."""
    made: list[Watched] = []

    def open_page(path: str = "", key: str | None = None, **options: Any) -> Watched:
        made.append(Watched(browser, served.url, **options))
        made[-1].go(path, served.key if key is None else key)
        return made[-1]

    yield open_page
    for each in made:
        each.close()


@pytest.fixture(scope="module")
def visitor(browser: Browser, served: Deployed) -> Iterator[Watched]:
    page = Watched(browser, served.url, color_scheme="light")
    page.go("about", served.key)
    page.settled()
    yield page
    page.context.close()


@pytest.fixture
def visited(visitor: Watched) -> Iterator[Watched]:
    """One page for all tests of a module that only look: to load the console takes longer than to go on in it."""
    visitor.page.emulate_media(color_scheme="light")
    visitor.page.set_viewport_size({"width": 1440, "height": 900})
    yield visitor
    # Of a test that failed a dialog may be left.
    visitor.page.keyboard.press("Escape")
    visitor.check()
