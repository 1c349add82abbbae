"""What strangers have chosen is shown as text on every page that shows it: nothing of it runs, styles or widens one."""

from __future__ import annotations

import re
from functools import partial

import pytest

from tests.console.deployment import Deployed
from tests.console.dialogs import answer_with
from tests.console.hostile import ALL, HOSTILE, LONG
from tests.console.pages import filled
from tests.console.watched import Watched

#: Pages with all of them at once, and what of them stands there.
LISTS = {
    "deliveries": HOSTILE[0],
    "deliveries?source=hostile": HOSTILE[0],
    "live": HOSTILE[0],
    "sources/hostile": HOSTILE[0],
    "instances": HOSTILE[0],
    "instances?workflow=fails": HOSTILE[0],
    "failures": HOSTILE[0],
    "waiting": HOSTILE[0],
    "": "hostile",
    "sources": "hostile",
    "workflows": "fails",
    "jobs": "resume",
    "keys": HOSTILE[0],
}

#: Pages of one: of what has all the short ones in it, and of what has a line of 100 KB.
SINGLE = [
    "instances/{%s-hostile}?tab=data",
    "instances/{%s-hostile}?tab=raw",
    "instances/{%s-hostile}?tab=delivery",
    "instances/{%s-fails}?row=1",
    "instances/{%s-fails}?tab=graph&state=Refuse",
    "instances/{%s-fails}?tab=attempts",
    "instances/{%s-fails}?tab=events",
    "instances/{%s-waits}",
    "workflows/echo/start?from={%s-hostile}",
    "workflows/order-created/start?from={%s-fails}",
    "jobs/new?action=restart&tag=%s",
]


def is_harmless(page: Watched) -> None:
    """It is there, and nothing but text; at the widths of a desk and of a hand."""
    for width in (390, 1440):
        page.page.set_viewport_size({"width": width, "height": 900})
        assert [] == page.overflow(), width
    assert page.page.evaluate("() => window.ran") is None
    assert page.page.locator("main").is_visible()
    assert page.page.locator("main :is(script, iframe, img, base, style)").count() == 0


@pytest.mark.parametrize("path", LISTS)
def test_a_list_shows_text(visited: Watched, path: str) -> None:
    visited.visit(path)
    assert LISTS[path] in visited.page.locator("main").inner_text()
    is_harmless(visited)


@pytest.mark.parametrize("name", ["all", "long"])
def test_what_came_is_text_on_each_page_of_it(visited: Watched, served: Deployed, name: str) -> None:
    page = visited
    for path in SINGLE:
        page.visit(filled(path % name, served))
        is_harmless(page)
    [delivery] = [
        each
        for each in served.call("GET", "deliveries?source=hostile&outcome=accepted&limit=100")["deliveries"]
        if each["instanceId"] == served.ids[f"{name}-hostile"]
    ]
    page.visit(f"deliveries/{delivery['id']}")
    page.find("button", "Show the body").click()
    shown = page.page.locator(".body-view pre").inner_text()
    assert (ALL if name == "all" else LONG)[:20] in shown
    is_harmless(page)
    page.visit(f"composer?delivery={delivery['id']}")
    page.page.wait_for_function("() => document.querySelector('.composer textarea')?.value.length > 100")
    is_harmless(page)


def test_what_a_job_failed_on_is_text(visited: Watched, served: Deployed) -> None:
    """No instance here fails a job with such words: the answer is put together."""
    failures = [{"instanceId": text[:64], "code": text, "detail": text} for text in HOSTILE]
    changes = {"failures": failures, "failed": 20, "filter": {"workflow": ALL, "tag": LONG, "metadata": {ALL: LONG}}}
    visited.page.route("**/v1/jobs/*", partial(answer_with, changes=changes))
    visited.visit(f"jobs/{served.ids['job']}")
    assert HOSTILE[0] in visited.page.locator("tbody").inner_text()
    is_harmless(visited)
    visited.page.unroute_all()


def test_what_is_looked_for_and_found_is_text(visited: Watched, served: Deployed) -> None:
    visited.visit("about")
    visited.press("Control+k")
    field = visited.find("combobox", "An id, a tag, KEY=VALUE, or a page")
    for text in (f"0{HOSTILE[0]}", HOSTILE[1], "w" * 250):
        field.fill(text)
        visited.page.locator("dialog [role=status]").filter(has_text=re.compile("Enter opens|Nothing has")).wait_for()
        is_harmless(visited)
    field.fill(f"0{HOSTILE[0]}")
    visited.page.get_by_role("option").filter(has_text=f"Delivery {HOSTILE[0]}").wait_for()


def test_each_text_is_text_on_the_page_of_its_delivery(visited: Watched, served: Deployed) -> None:
    found = served.call("GET", "deliveries?source=hostile&outcome=accepted&limit=100")["deliveries"]
    assert len(found) >= 10
    for delivery in found:
        visited.visit(f"deliveries/{delivery['id']}")
        if delivery["eventType"].strip():
            assert delivery["eventType"].split()[0][:20] in visited.page.locator("main").inner_text()
        is_harmless(visited)
