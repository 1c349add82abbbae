"""Every dialog by keyboard: the focus goes into it, stays within, and comes back; axe finds nothing wrong with it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.console.deployment import Deployed, deployed
from tests.console.dialogs import DIALOGS, ELSEWHERE, Way, opened_by_keyboard
from tests.console.test_by_keyboard import made_key
from tests.console.watched import Watched
from verihook.console.assets import FOLDER

#: After the last element the focus is the browser's own.
WITHIN = "() => document.activeElement === document.body || Boolean(document.activeElement.closest('dialog[open]'))"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """Of these tests alone: what others answer, replay and redrive has no dialog any more."""
    with deployed(tmp_path_factory.mktemp("dialogs")) as made:
        yield made


@pytest.fixture(scope="module", autouse=True)
def _key(served: Deployed) -> None:
    made_key(served, "instances:read", name="of-dialogs")


@pytest.mark.parametrize("way", DIALOGS, ids=lambda way: f"{way.path} {way.title}")
def test_a_dialog_keeps_the_focus_and_gives_it_back(visited: Watched, served: Deployed, way: Way) -> None:
    page = visited
    before = opened_by_keyboard(page, served, way)
    assert [] == page.violations("dialog[open]")
    assert page.focus()
    for _ in range(3):
        page.page.keyboard.press("Tab")
        assert page.page.evaluate(WITHIN)
    for width in (390, 1440):
        page.page.set_viewport_size({"width": width, "height": 900})
        assert [] == page.overflow()
    page.press("Escape")
    page.find("dialog", way.title, exact=True).wait_for(state="detached")
    assert before == page.focus()
    page.page.unroute_all()


def test_there_is_no_other_dialog() -> None:
    """Each that a module of the console has is opened above."""
    found = Counter(
        {
            path.relative_to(FOLDER).as_posix(): count
            for path in FOLDER.rglob("*.js")
            if (count := len(re.findall(r"<\$\{(?:Dialog|Confirm)\}", path.read_text())))
        }
    )
    # What the others are made of.
    del found["parts/dialog.js"]
    shown = Counter(way.script for way in DIALOGS) + Counter(ELSEWHERE)
    assert [] == [name for name, count in found.items() if shown[name] < count]
    assert shown.keys() == found.keys()
