"""What is kept of a delivery: by its source's rule, by the names of headers alone, and bounded."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.contracts.instances import NOW
from tests.unit.bare import a_request
from tests.unit.parts import Parts, parts
from verihook.adapters.payloads.files import FilePayloads
from verihook.instances import inputs, payload
from verihook.model.delivery import Facts
from verihook.model.instance import Instance
from verihook.model.ports import Trace
from verihook.model.source import Source
from verihook.request import Request
from verihook.senders import load_sender, sender_ids
from verihook.webhooks import keeping
from verihook.webhooks.intake import ProvenEvent, start_for_event

__all__ = ["parts"]

FORM = b"payload=%7B%22n%22%3A1%7D"


def source(sender: str = "github", **fields: Any) -> Source:
    return Source("orders", load_sender(sender), (), "w", **fields)


def facts_of(request: Request, text: str = "{}", **fields: Any) -> Facts:
    kept = keeping.delivery_of(source(**fields), request, text, Trace(request.request_id, NOW, verified_by="current"))
    assert kept is not None
    assert kept.facts is not None
    return kept.facts


def test_a_source_that_keeps_nothing() -> None:
    assert keeping.delivery_of(source(keep="none"), a_request(), "{}", Trace("r", NOW)) is None


def test_the_facts_of_a_delivery() -> None:
    request = a_request(b"{}", user_agent="GitHub-Hookshot/1", x_github_event="push", x_github_delivery="d1")
    headers = (("user-agent", "GitHub-Hookshot/1"), ("x-github-event", "push"), ("x-github-delivery", "d1"))
    assert facts_of(request, keep_days=3) == Facts("r1", NOW, 3, headers=headers)


@pytest.mark.parametrize(
    ("announced", "length"), [("5000", 5000), ("1", 2), ("", 2), ("-1", 2), ("٣٣", 2), ("9" * 5000, 2), ("1e9", 2)]
)
def test_the_length_is_that_of_the_whole_body_even_if_only_its_beginning_was_read(announced: str, length: int) -> None:
    assert length == keeping.sent_length(a_request(b"{}", content_length=announced))


TRACE = f"00-{'a1' * 16}-{'b2' * 8}-01"


@pytest.mark.parametrize(
    ("came", "passed"),
    [
        ([TRACE], {"traceparent": TRACE}),
        ([TRACE.replace("00-", "01-", 1) + "-more"], {"traceparent": TRACE}),
        (["<script>alert(1)</script>"], {}),
        ([TRACE.upper()], {}),
        ([TRACE, TRACE], {}),
        ([TRACE, ""], {}),
        (["0" * 2000], {}),
    ],
)
def test_a_workflow_gets_no_traceparent_but_an_exact_one(came: list[str], passed: dict[str, str]) -> None:
    request = Request("POST", "/hooks/orders", "", tuple(("traceparent", each) for each in came), b"{}", "r1")
    assert passed == keeping.passed_headers(source(pass_headers=("traceparent",)), request)


def test_headers_are_kept_by_name_alone() -> None:
    canaries = {
        name: f"canary-{name}"
        for name in ("authorization", "cookie", "x-forwarded-for", "x-real-ip", "x-api-key", "referer", "x-mine")
    }
    sent = a_request(b"{}", **canaries, x_hub_signature_256="sha256=canary")
    kept = facts_of(sent, keep_headers=("x-mine",)).headers
    digest = hashlib.sha256(b"sha256=canary").hexdigest()[:16]
    assert kept == (("x-mine", "canary-x-mine"), ("x-hub-signature-256", f"sha256:{digest}"))


@pytest.mark.parametrize("sender", sender_ids())
def test_no_header_with_a_secret_is_kept_of_any_sender(sender: str) -> None:
    its = source(sender)
    assert not {"authorization", "cookie"} & its.kept_headers.keys()
    if not its.sender.scheme.binds_body:
        # The header has the secret itself.
        assert getattr(its.sender.scheme, "header", "").lower() not in its.kept_headers


def test_what_strangers_send_is_bounded_and_printable() -> None:
    many = Request(
        "POST",
        "/" + "a" * 9999,
        "",
        tuple(("user-agent", f"\x1b[31m{number}" + "é" * 9999) for number in range(1000)),
        b"{}",
        "\u202e" * 9999,
    )
    facts = facts_of(many)
    assert (keeping.MOST_PATH, keeping.MOST_ID) == (len(facts.path), len(facts.request_id))
    assert len(facts.headers) == keeping.MOST_HEADERS
    texts = [facts.path, facts.request_id, *(value for _, value in facts.headers)]
    assert all(text.isascii() and text.isprintable() and len(text) <= keeping.MOST_VALUE for text in texts)
    assert facts.headers[0][1].startswith("?[31m0?")


def test_the_body_is_the_input_or_is_kept_as_it_came() -> None:
    assert facts_of(a_request(b"{}"), "{}", keep="full").body is None
    for keep in ("facts", "full"):
        body = facts_of(a_request(FORM), '{"n":1}', keep=keep).body
        assert body is not None
        assert (body.length, body.sha256) == (len(FORM), hashlib.sha256(FORM).hexdigest())
        assert (body.raw and keeping.body_of(body.raw)) == (FORM if keep == "full" else None)


@pytest.mark.parametrize("size", [10, 20_000])
def test_a_long_body_that_is_not_the_input_becomes_a_payload(tmp_path: Path, size: int) -> None:
    sent = (
        b"payload=" + b"".join(hashlib.sha256(bytes([number % 251])).digest() for number in range(size)).hex().encode()
    )
    delivery = keeping.delivery_of(source(keep="full"), a_request(sent), "{}", Trace("r", NOW))
    payloads = FilePayloads(tmp_path)
    row = inputs.store_raw(Instance("i", "w", "{}", NOW, NOW, delivery=delivery), payloads)
    assert row.delivery is not None
    assert row.delivery.facts is not None
    assert row.delivery.facts.body is not None
    raw = row.delivery.facts.body.raw
    assert raw is not None
    assert len(raw) <= inputs.RAW_ROOM
    assert (len(keeping.payload_keys(row)) == 1) is (size == 20_000)
    assert keeping.body_of(payload.load(raw, payloads)) == sent


def test_an_event_is_claimed_with_its_delivery(parts: Parts) -> None:
    text = json.dumps({"n": 1})
    event = ProvenEvent({"n": 1}, text, "e1", "push", a_request(text.encode()))
    taken = start_for_event(source(), event, parts.services, Trace("r1", NOW, "orders", verified_by="previous"))
    assert taken.instance_id is not None
    delivery = parts.row(taken.instance_id).delivery
    assert delivery.facts == Facts("r1", NOW, verified_by="previous")
