"""Trials of every sender that can be played: each kind ends as it is to end, and nothing tells what signs."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from tests.unit.webhooks.test_signed_delivery import SHARED
from tests.vectors.run import parameters_of, secrets_of
from verihook.errors import NotSupported, RequestInvalid, SignatureError
from verihook.model.source import SecretReference, Source
from verihook.request import Request
from verihook.senders import load_sender
from verihook.senders.body import parse_as
from verihook.senders.event import event_id, event_type
from verihook.verification import setting_of
from verihook.webhooks import trials
from verihook.webhooks.example_event import example_event
from verihook.webhooks.trials import KINDS, Expected, Trial, expected_of, kinds_of

NOW = 1_765_432_100

#: Some of the senders whose signature stands in the body, which is kept.
IN_BODY = ("adyen", "figma", "mailgun", "microsoft-graph")


class Ports:
    """What making a delivery needs: a clock, one secret, and no workflow."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self.workflows: dict[str, Any] = {}

    @property
    def clock(self) -> Ports:
        return self

    @property
    def secrets(self) -> Ports:
        return self

    def now_ms(self) -> int:
        return NOW * 1000

    def resolve(self, _: str) -> tuple[str, ...]:
        return (self._secret,)


def source_of(sender: str) -> tuple[Source, str]:
    case = SHARED[sender]
    url = re.split("[?&]bodySHA256", case.get("url") or "")[0]
    secret = SecretReference("env:SECRET")
    source = Source("acme", load_sender(sender), (secret,), "w", public_url=url, parameters=parameters_of(case))
    return source, secrets_of(case)[0]


def made(source: Source, secret: str, kind: Any) -> Any:
    ports: Any = Ports(secret)
    return trials._request(kind, trials._delivery(Trial(source, kind, "r1"), ports))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sender", sorted(SHARED))
def test_each_kind_of_each_sender_is_judged_as_it_is_expected(sender: str, kind: Any) -> None:
    source, secret = source_of(sender)
    if kind not in kinds_of(source):
        return
    expected = expected_of(kind, source)
    request = played(source, secret, kind)
    if isinstance(request, str):
        # Nothing else keeps a sender from being played.
        assert (kind != "unsigned", request) == (True, "it puts its signature into the body, which is kept")
        return
    assert sender not in IN_BODY or kind == "unsigned"
    reason = refusal(source, secret, request)
    assert (reason is not None) == (expected.outcome == "rejected")
    assert reason is None or not expected.reasons or reason in expected.reasons


def played(source: Source, secret: str, kind: Any) -> Request | str:
    """The request, or why there is none."""
    try:
        request: Request = made(source, secret, kind)
    except ValueError as error:
        return str(error)
    return request


def refusal(source: Source, secret: str, request: Request) -> str | None:
    try:
        source.sender.scheme.bind((secret,), setting_of(source))(request, NOW)
    except SignatureError as error:
        return error.reason
    return None


@pytest.mark.parametrize("sender", sorted(SHARED))
def test_an_example_is_an_event_of_its_sender(sender: str) -> None:
    source, secret = source_of(sender)
    places = source.sender.places
    event = example_event(source, None, "test_1", "order.created" if places.action is None else "order")
    request: Request = made(replace(source, types=("order",)), secret, "unsigned")
    request = replace(request, body=event.body)
    body = parse_as(places, request)
    if places.each is None and places.id is not None and not places.id.header:
        found = str(event_id(places, request, body))
        assert "test_1" in found or found.isdigit()
    if places.each is None and places.type is not None and not places.type.header:
        assert event.type == event_type(places, request, body)
        sample = example_event(source, None, "test_2")
        request = replace(request, body=sample.body)
        assert sample.type == event_type(places, request, parse_as(places, request)), "the type is that of the body"


def test_what_says_nothing_of_a_sender() -> None:
    github, secret = source_of("github")
    assert "stale" not in kinds_of(github)
    with pytest.raises(RequestInvalid, match="github signs no time"):
        expected_of("stale", github)
    token, _ = source_of("gitlab-token")
    assert Expected("accepted") == expected_of("tampered", token)
    assert ("unsigned", "malformed") == kinds_of(replace(github, secrets=()))
    with pytest.raises(NotSupported, match="no secret to sign with"):
        made(replace(github, secrets=()), secret, "signed")


@pytest.mark.parametrize("sender", IN_BODY)
@pytest.mark.parametrize("kind", ["signed", "tampered", "duplicate", "wrong-secret"])
def test_a_signature_that_would_be_kept_is_not_made(sender: str, kind: Any) -> None:
    source, secret = source_of(sender)
    ports: Any = Ports(secret)
    with pytest.raises(NotSupported, match="into the body"):
        trials.run_trial(Trial(source, kind, "r1"), ports)
