"""What the front is believed: with its secret all that it says, without it nothing, before any body is read."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.events.shapes import SAMPLES
from tests.unit.bare import Heard, bare_services
from verihook.adapters.secrets.environment import EnvironmentSecrets
from verihook.errors import EventMalformed, SecretsUnavailable
from verihook.model.front import ORIGIN, Arrival, FrontRules, NotThroughFront
from verihook.model.source import SecretReference
from verihook.request import Request
from verihook.webhooks.front import Front, make_front

NOW = 1_800_000_000
SAMPLE = "0rigin-s3cret-of-the-samples"
GIVEN = {"NEW": SAMPLE, "OLD": "the one before"}
SEEN = Arrival("seen.example.com", "10.0.0.1", "CN=seen", "5e" * 32)
RULES = FrontRules(
    (SecretReference("env:NEW"), SecretReference("env:OLD")), 0, "x-host", "x-address", "x-subject", "x-sha"
)


def front(rules: FrontRules = RULES, now_s: int | None = NOW, given: dict[str, str] = GIVEN) -> Front:
    services = bare_services(secrets=EnvironmentSecrets(given, Path()), front=rules)
    return make_front(services, now_s)


def request(*headers: tuple[str, str]) -> Request:
    return Request("POST", "/hooks/orders", "", headers, b"", "r")


@pytest.mark.parametrize("secret", [SAMPLE, "the one before"])
def test_the_current_secret_and_the_one_before_are_the_fronts(secret: str) -> None:
    said = [("x-host", "Hooks.Example.com"), ("x-address", " 192.0.2.1 "), ("x-subject", "CN=a"), ("x-sha", "AB" * 32)]
    arrival = front().arrival(request((ORIGIN, secret), *said), SEEN, NOW)
    assert Arrival("hooks.example.com", "192.0.2.1", "CN=a", "ab" * 32) == arrival


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(ORIGIN, "")],
        [(ORIGIN, SAMPLE[:-1])],
        [(ORIGIN, SAMPLE + " ")],
        [(ORIGIN, SAMPLE.upper())],
        [(ORIGIN, f"{SAMPLE},{SAMPLE}")],
        [(ORIGIN, SAMPLE), (ORIGIN, SAMPLE)],
        [(ORIGIN, SAMPLE), (ORIGIN, "other")],
        [("x-origin", SAMPLE)],
    ],
)
def test_any_other_request_is_refused_and_its_public_words_are_the_same(headers: list[tuple[str, str]]) -> None:
    with pytest.raises(NotThroughFront) as refused:
        front().arrival(request(*headers, ("x-host", "hooks.example.com")), SEEN, NOW)
    assert (403, "Requests are taken at the public address alone.") == (refused.value.status, str(refused.value))
    assert SAMPLE not in refused.value.log_words


@pytest.mark.parametrize("header", ["", "x"])
@pytest.mark.parametrize("variables", [{"NEW": ""}, {"NEW": "", "OLD": ""}, {"OTHER": SAMPLE}])
def test_an_unset_secret_is_never_an_empty_header(variables: dict[str, str], header: str) -> None:
    rules = replace(RULES, secrets=RULES.secrets[:1])
    with pytest.raises(SecretsUnavailable):
        front(rules, given=variables).arrival(request((ORIGIN, header)), SEEN, NOW)


def test_of_two_secrets_one_that_is_unset_opens_nothing() -> None:
    half = front(given={"NEW": SAMPLE, "OLD": ""})
    for header in ("", "the one before"):
        with pytest.raises((NotThroughFront, SecretsUnavailable)):
            half.arrival(request((ORIGIN, header)), SEEN, NOW)
    assert Arrival() == half.arrival(request((ORIGIN, SAMPLE)), SEEN, NOW)


def test_on_one_machine_a_missing_secret_stops_the_start_and_past_the_front_nothing_is_believed() -> None:
    with pytest.raises(KeyError):
        front(now_s=None, given={"OTHER": "x"})
    local = front(now_s=None)
    spoofed = [("x-host", "evil.example"), ("x-address", "203.0.113.66"), ("x-subject", "CN=evil")]
    assert SEEN == local.arrival(request(*spoofed), SEEN, NOW)
    with pytest.raises(NotThroughFront):
        local.arrival(request((ORIGIN, "guess"), *spoofed), SEEN, NOW)
    assert "evil.example" == local.arrival(request((ORIGIN, SAMPLE), *spoofed), SEEN, NOW).host


def test_a_header_that_comes_twice_says_nothing() -> None:
    twice = [(name, value) for name in ("x-host", "x-address", "x-subject", "x-sha") for value in ("a.example", "b")]
    assert Arrival() == front().arrival(request((ORIGIN, SAMPLE), *twice), SEEN, NOW)


def test_of_what_the_front_does_not_say_aws_is_believed() -> None:
    rules = FrontRules(RULES.secrets)
    spoofed = [("x-host", "evil.example"), ("x-forwarded-for", "203.0.113.66")]
    assert SEEN == front(rules).arrival(request((ORIGIN, SAMPLE), *spoofed), SEEN, NOW)
    counted = front(replace(rules, hops=1)).arrival(
        request((ORIGIN, SAMPLE), ("x-forwarded-for", "203.0.113.66, 192.0.2.1, 10.0.0.1")), SEEN, NOW
    )
    assert "192.0.2.1" == counted.address


def test_at_other_hosts_than_the_domains_nothing_is_taken() -> None:
    domains = Front(FrontRules(), None, domains=["seen.example.com"])
    assert SEEN == domains.arrival(request(("host", "other")), SEEN, NOW)
    for host in ("", "other.example.com", "abc.lambda-url.eu-central-1.on.aws"):
        with pytest.raises(NotThroughFront):
            domains.arrival(request(("host", "seen.example.com")), replace(SEEN, host=host), NOW)


def own(folder: Path = Path()) -> Front:
    """As the front of infra/domain.yaml."""
    services = bare_services(secrets=EnvironmentSecrets({"ORIGIN": SAMPLE}, folder))
    return make_front(services, NOW, reference="env:ORIGIN")


def test_the_event_of_the_stacks_own_front() -> None:
    found, arrival = own().take(SAMPLES["cloudfront"], "", "r", NOW)
    assert Arrival("hooks.example.com", "192.0.2.1") == arrival
    assert SAMPLES["cloudfront"]["body"].encode() == found.body


@pytest.mark.parametrize("body", ["not base64!", 7, {"a": 1}])
def test_a_request_past_the_front_is_refused_before_its_body_is_read(body: Any) -> None:
    event = copy.deepcopy(SAMPLES["cloudfront"]) | {"body": body, "isBase64Encoded": True}
    with pytest.raises(EventMalformed):
        own().take(event, "", "r", NOW)
    event["headers"][ORIGIN] = "guess"
    with pytest.raises(NotThroughFront):
        own().take(event, "", "r", NOW)


@pytest.mark.parametrize("event", [None, 7, [], {}, {"version": "2.0"}, SAMPLES["console-test"], SAMPLES["direct"]])
def test_what_is_no_http_event_is_malformed(event: Any) -> None:
    with pytest.raises(EventMalformed):
        own().take(event, "", "r", NOW)


def test_the_failure_of_a_store_is_told_and_answered_503() -> None:
    heard = Heard()
    services = bare_services(secrets=EnvironmentSecrets({}, Path()), telemetry=heard)
    late = make_front(services, NOW, reference="env:ORIGIN")
    assert "secrets of front: env:ORIGIN" == heard.failures[0][0]
    with pytest.raises(SecretsUnavailable):
        late.arrival(request((ORIGIN, SAMPLE)), SEEN, NOW)
