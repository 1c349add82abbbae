"""What each key sees: a page and each operation on it need and name a scope; a bound key sees its workflows alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.console.deployment import Deployed
from tests.console.dialogs import answer_with
from tests.console.pages import PAGES, filled
from tests.console.test_by_keyboard import made_key
from tests.console.watched import Watched
from verihook.console.assets import FOLDER
from verihook.model.scopes import SCOPES

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LOOKING = (Path(__file__).parent / "looking.js").read_text()

#: Path, title and scope of each page, and its key if it is in the navigation.
REGISTERED = re.findall(
    r'path: "([^"]*)", title: "([^"]+)", scope: "([^"]+)", (key)?', (FOLDER / "pages.js").read_text()
)

#: Page -> scope, other than its own -> the beginning of what is offered with it; None: what is there already has more.
OPERATIONS: dict[str, dict[str, str | None]] = {
    "deliveries": {"sources:read": "broken"},
    "deliveries/{accepted}": {
        "deliveries:replay": "Replay…",
        "deliveries:body": "Show the body",
        "sources:test": "Open in composer",
    },
    "deliveries/{rejected}": {"deliveries:body": "Keep the next ones whole…", "sources:test": "Open in composer"},
    "composer": {"sources:read": "Source"},
    "composer?delivery={accepted}": {"deliveries:read": None, "deliveries:body": "Body (as it came)"},
    "instances": {"instances:manage": "Select ", "workflows:read": "process-order"},
    "instances/{failed}": {"instances:manage": "Redrive…"},
    "instances/{failed}?tab=graph": {"workflows:read": "The way through broken"},
    "instances/{completed}?tab=data": {"workflows:execute": "Start another with it…"},
    "instances/{waiting}?tab=events": {"events:send": "Payload (JSON)"},
    "instances/{completed}?tab=delivery": {"deliveries:read": "Open the delivery"},
    "waiting": {"events:send": "Approve: "},
    "failures": {"instances:manage": "Dismiss "},
    "jobs": {"instances:manage": "New job…"},
    "jobs/{job}": {"instances:manage": "Stop…"},
    "jobs/new?action=replay&workflow=broken": {"deliveries:replay": "Replay…"},
    "workflows": {"instances:read": "Last 24 hours"},
    "workflows/order-created": {"workflows:execute": "Start…"},
    "workflows/order-created?tab=settings": {"instances:read": "Last 24 hours"},
    "workflows/order-created/start?from={completed}": {
        "workflows:read": "Form",
        "instances:read": None,
        "instances:manage": "is started again",
    },
    "sources": {"deliveries:read": "The last hour"},
    "sources/broken": {
        "deliveries:read": "Its deliveries",
        "deliveries:body": "Keep refusals…",
        "sources:test": "Send a test…",
    },
}
EACH = [(path, scope) for path, scopes in OPERATIONS.items() for scope in scopes]

#: What is done in another way without the scope: a name is typed, not chosen.
TYPED = {("deliveries", "sources:read"), ("instances", "workflows:read")}

#: What a key that is bound to the workflow "broken" sees of it.
OWN = [
    *("", "deliveries", "deliveries?outcome=rejected", "live", "composer", "composer?source=broken", "instances"),
    *(f"instances/{{failed}}?tab={tab}" for tab in ("", "graph", "data", "events", "attempts", "delivery", "raw")),
    *("waiting", "failures", "jobs", "jobs/{job of broken}", "jobs/new", "jobs/new?action=redrive&workflow=broken"),
    *("workflows", "workflows/broken", "workflows/broken?tab=settings", "workflows/broken/start"),
    *("sources", "sources/broken", "deliveries/{delivery of broken}", "keys", "about"),
]

#: And what of others it may ask for: whatever the address names.
OTHERS = [
    *("instances/{completed}", "instances/{waiting}?tab=events", "deliveries/{accepted}", "jobs/{job}"),
    *("workflows/order-review", "workflows/order-review/start", "sources/payments", "composer?source=payments"),
    *("instances?workflow=order-review", "failures?workflow=fails", "waiting?workflow=order-review"),
    *("deliveries?source=payments", "live?source=payments", "jobs/new?action=redrive&workflow=order-review"),
]


def example(path: str) -> str:
    """A page of this path."""
    pattern = re.sub(r":\w+", "[^/?]+", path) + r"(\?.*)?"
    return next(each for each in PAGES.values() if re.fullmatch(pattern, each))


def look(page: Watched, key: str, name: str, paths: list[str]) -> dict[str, Any]:
    """Look at each page with the key, which has the name."""
    return dict(page.page.evaluate(LOOKING, [paths, key, name]))


def needs(what: str, scope: str) -> str:
    return f"{what} needs a key with the scope {scope}, which yours lacks."


def refused(seen: dict[str, Any]) -> list[Any]:
    return [each for page in seen.values() for each in page["asked"] if each[0] >= 400]


@pytest.fixture(scope="module")
def looker(browser: Browser, served: Deployed) -> Iterator[Watched]:
    page = Watched(browser, served.url)
    page.go("no-such-page", served.key)
    page.page.route("**/v1/jobs/*", partial(answer_with, changes={"status": "running"}))
    yield page
    page.context.close()


@pytest.fixture(scope="module")
def offered(looker: Watched, served: Deployed) -> dict[str, dict[str, Any]]:
    """What is seen of each page with operations: by the scope that the key lacks; "": by the key of the run."""
    paths = {filled(path, served): path for path in OPERATIONS}
    seen = {"": look(looker, served.key, "the key of the run", list(paths))}
    for scope in sorted({scope for _, scope in EACH}):
        others = [each for each in SCOPES if each != scope]
        wanted = [each for each, path in paths.items() if scope in OPERATIONS[path]]
        seen[scope] = look(looker, made_key(served, *others, name=f"without {scope}"), f"without {scope}", wanted)
    return {scope: {paths[path]: shown for path, shown in pages.items()} for scope, pages in seen.items()}


@pytest.mark.parametrize("scope", SCOPES)
def test_a_page_needs_and_names_its_scope(looker: Watched, served: Deployed, scope: str) -> None:
    """With each scope alone, a page shows what it is for, or asks for nothing and says what is missing."""
    # Those that may not see the overview are led to what they may.
    pages = {filled(example(path), served): needed for path, _, needed, _ in REGISTERED if path or scope[:2] != "in"}
    seen = look(looker, made_key(served, scope, name=f"only {scope}"), f"only {scope}", list(pages))
    looker.check()
    assert [] == refused(seen)
    for path, needed in pages.items():
        if needed != scope:
            assert ([], [needs("This page", needed)]) == (seen[path]["asked"], seen[path]["lacking"]), path
        assert {title for _, title, of, key in REGISTERED if key and of == scope} == set(seen[path]["pages"]), path


@pytest.mark.parametrize(("path", "scope"), EACH)
def test_an_operation_needs_and_names_its_scope(offered: dict[str, dict[str, Any]], path: str, scope: str) -> None:
    whole, less, name = offered[""][path], offered[scope][path], OPERATIONS[path][scope]
    if name is not None:
        assert [each for each in whole["controls"] if each.startswith(name)], whole["controls"]
        assert [] == [each for each in less["controls"] if each.startswith(name)]
    named = [each for each in less["lacking"] if each == needs(each.partition(" needs ")[0], scope)]
    assert less["lacking"] == named
    assert bool(named) == ((path, scope) not in TYPED)


def test_nothing_is_asked_for_that_the_key_may_not_do(offered: dict[str, dict[str, Any]], looker: Watched) -> None:
    looker.check()
    assert [] == [each for seen in offered.values() for each in refused(seen)]


def test_there_is_no_other_operation(offered: dict[str, dict[str, Any]]) -> None:
    """Whatever a module says that a key may lack has been seen; what it asks the key for, it names."""
    seen = {each for pages in offered.values() for page in pages.values() for each in page["lacking"]}
    for path in FOLDER.rglob("*.js"):
        text = path.read_text()
        told = re.findall(r'\["(\w+:\w+)", "([^"]+)"\]', text)
        assert [] == [each for each in told if needs(each[1], each[0]) not in seen and "pattern" not in each[1]], path


def test_a_bound_key_sees_its_workflows_alone(looker: Watched, served: Deployed) -> None:
    job = {"action": "resume", "filter": {"workflow": "broken"}}
    [delivery] = [
        each["id"]
        for each in served.call("GET", "deliveries?source=broken&outcome=accepted")["deliveries"]
        if each["instanceId"] == served.ids["failed"]
    ]
    own = {"job of broken": served.call("POST", "jobs", job)["job"]["id"], "delivery of broken": delivery}
    paths = [filled(re.sub(r"\{(\w+ of \w+)\}", lambda found: own[found[1]], path), served) for path in OWN]
    pages = [re.sub(":id", "[^/?]+", path) + r"(\?.*)?" for path, *_ in REGISTERED]
    assert [] == [page for page in pages if not any(re.fullmatch(page, path) for path in paths)]
    key = made_key(served, *SCOPES, workflows=("broken",), name="bound")
    foreign = others_of("broken", served)
    seen = look(looker, key, "bound", paths)
    looker.check()
    assert [] == refused(seen)
    assert served.ids["failed"] in seen["instances"]["text"]
    for path, page in seen.items():
        assert [] == [each for each in foreign if re.search(rf"(?<![\w-]){each}(?![\w-])", page["text"])], path
    looker.expected += ["403", "404"]
    seen = look(looker, key, "bound", [filled(path, served) for path in OTHERS])
    looker.check()
    for path, page in seen.items():
        assert [] == [
            each for each in foreign if each not in path and re.search(rf"(?<![\w-]){each}(?![\w-])", page["text"])
        ], path


def others_of(workflow: str, served: Deployed) -> list[str]:
    """What has to do with other workflows: names, unless the console itself has them in an example, and ids."""
    sources = served.call("GET", "sources")["sources"]
    names = [each["name"] for each in served.call("GET", "workflows")["workflows"]]
    names += [each["name"] for each in sources if workflow not in [each["workflow"], *each["workflows"]]]
    scripts = " ".join(path.read_text() for path in FOLDER.rglob("*.js"))
    found = [each for each in names if each != workflow and not re.search(rf"\b{each}\b", scripts)]
    rows = served.call("GET", "instances?limit=100")["instances"]
    found += [each["instanceId"] for each in rows if each["workflow"] != workflow]
    deliveries = served.call("GET", "deliveries?limit=1000")["deliveries"]
    assert len(found) > 20
    return [*found, *(each["id"] for each in deliveries if each["source"] not in ("broken", None))]


def test_a_key_that_is_bound_to_a_pattern_says_how_it_finds_its_workflows(looker: Watched, served: Deployed) -> None:
    key = made_key(served, "instances:read", "instances:manage", workflows=("brok*",), name="pattern")
    seen = look(looker, key, "pattern", ["instances", "jobs/new?action=redrive"])
    looker.check()
    assert [] == refused(seen)
    assert needs("Choosing among the workflows of a pattern", "workflows:read") in seen["instances"]["lacking"]
    assert "Choose an action and a workflow." in seen["jobs/new?action=redrive"]["text"]
