"""The console from the api function's handler, behind a small HTTP front, with a base path before its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.console.deployment import write_more
from tests.console.front import front
from tests.console.newcomer import Newcomer
from tests.console.watched import Watched
from tests.flows.conftest import AwsFace, LambdaContext, aws_face, dynamodb_local
from tests.flows.eventbridge import EventBridge
from tests.flows.signing import order, x_signature
from tests.flows.waiting import wait_until
from verihook import main
from verihook.instances import api_keys
from verihook.model.scopes import SCOPES

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["aws_face", "dynamodb_local"]

BASE_PATH = "/payments"


@pytest.fixture(scope="session")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_more(tmp_path_factory.mktemp("deployment"))


@pytest.fixture
def function_url(aws_face: AwsFace, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("VERIHOOK_CONSOLE", "yes")
    monkeypatch.setenv("VERIHOOK_BASE_PATH", BASE_PATH)
    for part in (main._app, main._front):
        part.cache_clear()

    # Those of the story alone: each costs a call.
    bridge = EventBridge(aws_face.bridge.client, ["late", "order-created", "order-review"])

    def api(event: dict[str, Any], context: Any) -> dict[str, Any]:
        # What EventBridge tells in AWS, as soon as something has changed.
        if event["requestContext"]["http"]["method"] == "GET" and "/v1/instances" in event["rawPath"]:
            bridge.deliver()
        return main.api(event, context)

    with front(api, LambdaContext()) as url:
        yield f"{url}{BASE_PATH}"
    for part in (main._app, main._front):
        part.cache_clear()


def test_a_newcomer_by_keyboard_alone(browser: Browser, aws_face: AwsFace, function_url: str) -> None:
    body = order(id="late-1")
    # A busy machine may be too slow for the deadline of an answer; then a sender comes again.
    wait_until(lambda: aws_face.send("POST", f"{BASE_PATH}/hooks/late", x_signature(body), body).status == 200)
    services = main.services()
    key = api_keys.create("console", SCOPES, services.documents, services.clock.now_ms())[1]
    page = Watched(browser, function_url)
    page.go("deliveries", key)
    page.settled()
    page.page.get_by_role("link", name="order.created").click()
    page.page.get_by_text("Accepted: its signature is right").wait_for()
    assert page.page.url.startswith(f"{function_url}/console/deliveries/")
    # The list, the page's own module, the delivery: each request is a run of the function.
    assert len([url for url in page.requests if not url.startswith("data:")]) <= 12
    page.expected.append("422")
    Newcomer(page, confirms="order-review", axe=True).tell()
    page.close()
