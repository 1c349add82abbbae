"""What a mark says about who signed: every sender's vectors, as they are and with what a proxy would do to them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.vectors import run as vectors
from verihook.cli.kept_signature import CannotTell, Found, Kept, maker_of
from verihook.model.source import Source
from verihook.records import replace
from verihook.request import Request
from verihook.senders import load_sender
from verihook.webhooks.keeping import kept_headers

CASES = [
    case
    for case in vectors.read_cases(Path(vectors.__file__).parent)
    if case["valid"] and case.get("secret") and not case.get("secrets")
]

#: Senders whose deliveries leave no mark that can be made again: a token, a private key, the signature in the body or
#: in one of several headers, one of two schemes, a time to the millisecond beside the signature.
UNKNOWN = {
    "adyen",
    "atlassian-connect",
    "auth0-log-stream",
    "azure-event-grid",
    "azure-event-grid-cloudevents",
    "braintree",
    "buildkite-token",
    "chargebee",
    "cloudflare-notifications",
    "coinbase-cdp",
    "contentful",
    "cybersource",
    "docusign",
    "dropbox-sign",
    "figma",
    "fusionauth",
    "ghost",
    "gitlab-token",
    "google-channels",
    "hookdeck",
    "hygraph",
    "lark",
    "lever",
    "livekit",
    "mailchimp",
    "mailgun",
    "mailgun-routes",
    "mattermost",
    "mercado-pago",
    "messagebird",
    "microsoft-graph",
    "midtrans",
    "monday",
    "ms-teams",
    "netlify",
    "okta",
    "pandadoc",
    "phonepe",
    "pipedrive",
    "postmark",
    "qstash",
    "retell",
    "rfc9421-hmac",
    "sanity",
    "strava",
    "telegram",
    "vapi",
    "vonage",
    "workos",
    "zoho-payments",
    "zulip",
}

#: More than one item beside the time, another method than POST, capital letters: the header cannot be written again.
OTHERWISE = {
    "lib-plivo-2",
    "made-authorize-net",
    "made-supabase--first-of-two",
    "made-supabase--second-of-two",
    "pub-hubspot-v2-1-get",
    "pub-pagerduty-2-rotation",
    "pub-standard-webhooks-3-multi",
    "published-authorize-net",
}


def kept_of(case: vectors.Case) -> tuple[Kept, Source]:
    """What a source of the case's sender keeps of it."""
    public_url = vectors.parameters_of(case).get("public_url") or case.get("url") or ""
    parameters = {name: text for name, text in vectors.parameters_of(case).items() if name != "public_url"}
    source = Source("x", load_sender(case["scheme"]), (), "w", public_url=public_url, parameters=parameters)
    request = vectors.request_of(case)
    headers = kept_headers(source, request)
    signature = source.sender.signature_header
    mark = dict(headers).get(signature) if signature else None
    others = tuple(pair for pair in headers if pair[0] != signature)
    return Kept(Request("POST", "/hooks/x", "", others, request.body, ""), mark, case["now"]), source


def secrets_of(case: vectors.Case) -> list[tuple[str, str]]:
    return [("env:OTHER", "b3RoZXI="), ("env:RIGHT", case["secret"])]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_the_secret_that_signed_is_found_for_every_sender(case: vectors.Case) -> None:
    kept, source = kept_of(case)
    if case["scheme"] in UNKNOWN:
        with pytest.raises(CannotTell):
            maker_of(kept, source, secrets_of(case))
        return
    found = maker_of(kept, source, secrets_of(case))
    if case["id"] in OTHERWISE:
        assert found is None
        return
    assert found is not None
    assert ("env:RIGHT", "") == (found.reference, found.change)
    assert found.apart is None or abs(found.apart) <= 300
    assert maker_of(kept, source, secrets_of(case)[:1]) is None


def one(sender: str) -> tuple[Kept, Source, list[tuple[str, str]]]:
    case = next(each for each in CASES if each["scheme"] == sender and each["body_base64"])
    return *kept_of(case), secrets_of(case)


def test_a_time_that_is_far_away_is_found_from_what_is_known_of_it() -> None:
    kept, source, secrets = one("stripe")
    late = replace(kept, at=kept.at + 5000)
    assert maker_of(late, source, secrets) is None
    assert Found("env:RIGHT", 5000) == maker_of(replace(late, apart=4999), source, secrets)
    early = replace(kept, at=kept.at - 301)
    assert maker_of(early, source, secrets) is None


@pytest.mark.parametrize("sender", ["github", "stripe", "slack"])
@pytest.mark.parametrize(
    ("rewritten", "words"),
    [
        (lambda body: body + b"\n", "without the line break at its end"),
        (lambda body: b"\xef\xbb\xbf" + body, "without its byte order mark"),
        (lambda body: json.dumps(json.loads(body), indent=4).encode(), "as compact JSON"),
    ],
    ids=["line break", "byte order mark", "indented"],
)
def test_a_body_that_was_rewritten_is_recognised(sender: str, rewritten: Callable[[bytes], bytes], words: str) -> None:
    source = Source("x", load_sender(sender), (), "w")
    body = '{"name":"Zo\u00eb","n":[1,2]}'.encode()
    request = Request("POST", "/hooks/x", "", (), body, "")
    signed = source.sender.scheme.sign("right", request, message_id="m", now=1_765_432_100)
    signature = source.sender.signature_header
    headers = kept_headers(source, signed)
    others = tuple(pair for pair in headers if pair[0] != signature)
    came = Kept(replace(request, headers=others, body=rewritten(body)), dict(headers)[signature], 1_765_432_103)
    found = maker_of(came, source, [("env:OTHER", "wrong"), ("env:RIGHT", "right")])
    assert found is not None
    assert ("env:RIGHT", words) == (found.reference, found.change)
    beyond = replace(came, request=replace(came.request, body=b'{"name":"other"}'))
    assert maker_of(beyond, source, [("env:RIGHT", "right")]) is None
