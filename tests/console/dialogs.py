"""Every dialog of the console, and the way to it; developers of a dialog add theirs here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.console.deployment import Deployed
from tests.console.pages import filled
from tests.console.watched import Watched

if TYPE_CHECKING:
    from playwright.sync_api import Route


@dataclass(frozen=True)
class Way:
    """``script``: the module that has the dialog; ``opens``: the name of a button, or "key " and a key."""

    script: str
    path: str
    opens: str
    title: str
    #: Keys before that, from the heading of the page.
    keys: tuple[str, ...] = ()
    #: Part of an address of /v1, and what its answer is to have, if nothing brings it about in a moment.
    answers: tuple[str, dict[str, Any]] | None = None


CALLBACK = {
    "instanceId": "given-up-1",
    "workflow": "broken",
    "tries": 10,
    "at": "2026-01-01T00:00:00Z",
    "dismissed": None,
}

DISMISS = "Dismiss these failures"

DIALOGS = [
    Way("shell/sheet.js", "about", "key ?", "Keyboard and settings"),
    Way("shell/palette.js", "about", "key Control+k", "Find"),
    Way("parts/filters.js", "deliveries?source=orders&outcome=rejected", "Save as a view…", "Save as a view"),
    Way("delivery/replay.js", "deliveries/{accepted}", "Replay…", "Replay the delivery"),
    Way("delivery/capture.js", "deliveries/{rejected}", "Keep the next ones whole…", "Keep refused requests whole"),
    Way("pages/instance.js", "instances/{failed}", "Redrive…", "Redrive this instance"),
    Way("pages/instance.js", "instances/{failed}", "Restart…", "Restart this instance"),
    Way("pages/instance.js", "instances/{failed}", "Delete…", "Delete this instance"),
    Way("pages/instance.js", "instances/{waiting}", "Suspend…", "Suspend this instance"),
    Way("pages/instance.js", "instances/{waiting}", "Terminate…", "Terminate this instance"),
    Way("instance/bulk.js", "instances?workflow=broken", "Suspend…", "Suspend 1 instance", keys=("j", "x")),
    Way("compose/answer.js", "waiting", "Approve: approved of {waiting}", "Approve: approved"),
    Way("compose/answer.js", "waiting", "Reject: approved of {waiting}", "Reject: approved"),
    Way("compose/answer.js", "waiting", "Send: approved of {waiting}", "Send an event: approved"),
    Way(
        "operating/failures.js",
        "failures?workflow=broken",
        "Dismiss Warehouse.Closed of broken",
        "Dismiss these failures",
    ),
    Way(
        "operating/failures.js",
        "failures?workflow=never",
        "Send again…",
        "Send the callback again",
        answers=("/v1/failures", {"callbacks": [CALLBACK]}),
    ),
    Way("operating/new_job.js", "jobs/new?action=redrive&workflow=broken", "Redrive…", "Redrive 1 instance?"),
    Way("operating/job.js", "jobs/{job}", "Stop…", "Stop this job?", answers=("/v1/jobs/", {"status": "running"})),
    Way("operating/source.js", "sources/stripe", "Keep refusals…", "Keep refused requests whole"),
    Way("operating/new_key.js", "keys", "New key…", "New key"),
    Way("operating/keys.js", "keys", "Rotate of-dialogs", "Rotate of-dialogs"),
    Way("operating/keys.js", "keys", "Revoke of-dialogs", "Revoke of-dialogs"),
]

#: Those that stand in the way of another: tests/console/test_operating.py looks at the secret that is shown once.
ELSEWHERE = {"operating/keys.js": 1}


def opened_by_keyboard(page: Watched, served: Deployed, way: Way) -> str:
    """Open the dialog from its page; returns the beginning of what had the focus before, as HTML."""
    if way.answers:
        part, changes = way.answers
        page.page.route(f"**{part}*", lambda route: answer_with(route, changes))
    page.visit(filled(way.path, served))
    page.page.locator("h1").focus()
    page.press(*way.keys)
    kind, _, key = way.opens.partition(" ")
    if kind != "key":
        # One that is disabled until its page has counted takes no focus, and says nothing.
        page.find("button", filled(way.opens, served), exact=True, disabled=False).first.focus()
    before = page.focus()
    page.press(key if kind == "key" else "Enter")
    page.find("dialog", way.title, exact=True).wait_for()
    return before


def answer_with(route: Route, changes: dict[str, Any]) -> None:
    """Answer as the server does, with these members changed."""
    answer = route.fetch()
    # 304 has no body.
    body = json.dumps({**answer.json(), **changes}) if answer.status == 200 else None
    route.fulfill(response=answer, body=body)
