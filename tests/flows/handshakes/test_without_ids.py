"""Genuine deliveries that have no event id, over HTTP and as a Lambda event: each is accepted."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from urllib.parse import urlencode

import pytest

from tests.flows.faces import Face, Headers
from tests.flows.handshakes.senders import SECRET, mac, post
from tests.flows.handshakes.test_replies import slack
from tests.flows.signing import JSON, new_id

pytestmark = pytest.mark.usefixtures("starts")

FORM = ("Content-Type", "application/x-www-form-urlencoded")


def form(**fields: str) -> bytes:
    return urlencode(fields).encode()


def by_slack(body: bytes) -> Headers:
    return [FORM if body.startswith((b"token", b"payload")) else JSON, *slack(body)[1:]]


def by_shopify(body: bytes) -> Headers:
    return [JSON, ("X-Shopify-Hmac-Sha256", base64.b64encode(mac(body)).decode()), ("X-Shopify-Topic", "orders/create")]


def by_auth0(body: bytes) -> Headers:
    return [JSON, ("Authorization", SECRET)]


def by_atlassian(body: bytes) -> Headers:
    return [JSON, ("X-Hub-Signature", f"sha256={mac(body).hex()}")]


CASES: dict[str, tuple[str, bytes, Callable[[bytes], Headers]]] = {
    # https://docs.slack.dev/interactivity/implementing-slash-commands
    "a command": ("modals", form(token="t", command="/weather", text="94070", trigger_id="13345224609.7"), by_slack),
    # https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
    "block_actions": ("modals", form(payload='{"type": "block_actions", "trigger_id": "12.34.ab"}'), by_slack),
    # https://docs.slack.dev/apis/events-api#rate-limiting
    "a rate limit": ("modals", b'{"type": "app_rate_limited", "minute_rate_limited": 1518467820}', by_slack),
    "Shopify": ("shopify", b'{"id": 820982911946154508}', by_shopify),
    "logs of Auth0": ("auth0-log-stream", b'[{"log_id": "1", "data": {"type": "s"}}]', by_auth0),
    "Jira": ("jira", b'{"webhookEvent": "jira:issue_created"}', by_atlassian),
    "Bitbucket Data Center": ("bitbucket", b'{"eventKey": "pr:opened"}', by_atlassian),
}


@pytest.mark.parametrize("name", CASES)
def test_it_is_accepted(face: Face, name: str) -> None:
    source, body, signed = CASES[name]
    answer = post(face, source, body, signed(body))
    assert 200 == answer.status, answer.body
    assert "instanceId=" in answer.headers["location"]


def test_what_identifies_an_event_without_an_id_of_its_own(face: Face) -> None:
    """A retry of Shopify has the same X-Shopify-Webhook-Id, one of Bitbucket Data Center the same X-Request-Id."""
    for source, signed, header in (
        ("shopify", by_shopify, "X-Shopify-Webhook-Id"),
        ("bitbucket", by_atlassian, "X-Request-Id"),
    ):
        body = json.dumps({"n": new_id()}).encode()
        headers = [*signed(body), (header, new_id())]
        assert [False, True] == [post(face, source, body, headers).json["duplicate"] for _ in range(2)], source
