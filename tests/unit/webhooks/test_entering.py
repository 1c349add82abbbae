"""An entry decides about a proven event: when it is asked, what it sees, and what becomes of what it says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.carriers import QUEUE, queued
from tests.unit.working import Working, working
from verihook.errors import Duplicate, InputInvalid, NotConfigured
from verihook.model import deadline
from verihook.model.entry import EntryRequest, Ignore, Reply, Start
from verihook.model.entry_wire import answer_of, failure_of, read_call
from verihook.model.ports import EntryFailed, EntryTimeout, Trace
from verihook.model.source import Source
from verihook.model.workflow import Workflow
from verihook.records import replace
from verihook.request import Request
from verihook.senders import load_sender
from verihook.webhooks.feeds import take_messages
from verihook.webhooks.intake import IntakeResult, ProvenEvent, start_for_event

SHOP = Source("shop", load_sender("generic"), (), "a", feed=QUEUE, entry="shop:decide")


class Here:
    """Entries that are functions of a test. ``asked``: what they were asked; ``given``: their time in seconds."""

    def __init__(self) -> None:
        self.decide: Callable[[EntryRequest], object] = lambda request: Start(request.event.content)
        self.raw: bytes | None = None
        self.asked: list[EntryRequest] = []
        self.given: list[float] = []

    def ask(self, call: bytes, seconds: float) -> bytes:
        _, request, _ = read_call(json.loads(call))
        self.asked.append(request)
        self.given.append(seconds)
        return answer_of(self.decide(request)) if self.raw is None else self.raw


@pytest.fixture
def here() -> Here:
    return Here()


@pytest.fixture
def w(tmp_path: Path, here: Here) -> Iterator[Working]:
    runs = {name: lambda event, context: event for name in ("a", "b")}
    with working(tmp_path, runs, sources={"shop": SHOP}) as made:
        made.services = replace(made.services, entries=here)
        yield made


def arrive(
    w: Working, source: Source = SHOP, content: Any = None, headers: tuple[tuple[str, str], ...] = ()
) -> tuple[IntakeResult, Trace]:
    content = {"id": "e", "n": 1} if content is None else content
    text = json.dumps(content)
    request = Request("POST", "/hooks/shop", "a=%20", headers, text.encode(), "r")
    trace = Trace("r", w.clock.now_ms(), source.name, request=request)
    return start_for_event(source, ProvenEvent(content, text, "e", "order.paid", request), w.services, trace), trace


def test_what_it_sees(w: Working, here: Here) -> None:
    hidden = ("authorization", "cookie", "x-signature", "x-api-key", "x-csrf-token", "proxy-authorization")
    arrive(w, headers=(("x-shop", "one"), ("x-shop", "two"), *((name, "s") for name in hidden)))
    (asked,) = here.asked
    assert {"x-shop": "one"} == asked.headers
    assert ("POST", "/hooks/shop", "a=%20", b'{"id": "e", "n": 1}') == (
        asked.method,
        asked.path,
        asked.query,
        asked.body,
    )
    event = asked.event
    assert ({"id": "e", "n": 1}, "shop", "e", "order.paid") == (event.content, event.source, event.id, event.type)


def test_filters_come_first(w: Working, here: Here) -> None:
    taken, trace = arrive(w, replace(SHOP, types=("invoice.*",)))
    assert (None, "ignored", []) == (taken.instance_id, trace.outcome, here.asked)


def test_an_input_that_is_the_event_keeps_its_very_text(w: Working, here: Here) -> None:
    taken, _ = arrive(w)
    assert '{"id": "e", "n": 1}' == w.row(str(taken.instance_id)).input
    here.decide = lambda request: {"n": request.event.content["n"] + 1}
    taken, _ = arrive(w, replace(SHOP, name="other"))
    assert '{"n":2}' == w.row(str(taken.instance_id)).input


def test_schema_and_several_workflows_are_of_the_input(w: Working, here: Here) -> None:
    known: Any = w.services.workflows
    known["b"] = Workflow("b", "function", "b", input_schema={"type": "object", "required": ["n"]})
    source = replace(SHOP, by_name=("b",))
    here.decide = lambda _: {"m": 1}
    with pytest.raises(InputInvalid):
        arrive(w, source)
    here.decide = lambda _: {"n": 7}
    taken, _ = arrive(w, source)
    for each in (taken, *taken.others):
        assert '{"n":7}' == w.row(str(each.instance_id)).input


def test_the_first_input_stays_and_another_one_is_no_change(w: Working, here: Here) -> None:
    numbers = iter(range(9))
    here.decide = lambda _: {"number": next(numbers)}
    first, _ = arrive(w)
    again, trace = arrive(w)
    assert (first.instance_id, True, False) == (again.instance_id, again.duplicate, trace.changed)
    assert '{"number":0}' == w.row(str(first.instance_id)).input
    _, trace = arrive(w, content={"id": "e", "n": 2})
    assert trace.changed
    with pytest.raises(Duplicate):
        arrive(w, replace(SHOP, changed="reject"), {"id": "e", "n": 2})


def test_without_digests_no_change_is_seen(w: Working, here: Here) -> None:
    numbers = iter(range(9))
    here.decide = lambda _: {"number": next(numbers)}
    source = replace(SHOP, keep="none")
    arrive(w, source)
    _, trace = arrive(w, source, {"id": "e", "n": 2})
    assert not trace.changed


def test_a_body_is_the_identity_whatever_the_input_is(w: Working, here: Here) -> None:
    source = replace(SHOP, by_body=True)
    here.decide = lambda request: {"at": len(here.asked)}
    results = []
    for content in ({"n": 1}, {"n": 1}, {"n": 2}):
        text = json.dumps(content)
        request = Request("POST", "/hooks/shop", "", (), text.encode(), "r")
        event = ProvenEvent(content, text, None, None, request)
        results.append(start_for_event(source, event, w.services, Trace("r", w.clock.now_ms(), "shop")))
    assert [False, True, False] == [each.duplicate for each in results]


@pytest.mark.parametrize(
    ("decision", "outcome", "reason", "detail", "status"),
    [
        (Ignore("why"), "ignored", None, "entry: why", None),
        (Ignore(), "ignored", None, "entry: it ignores the event", None),
        (None, "ignored", None, "entry: the entry returned None", None),
        (Reply(200, "x"), "ignored", None, "entry: it answers 200", 200),
        (Reply(403), "rejected", "entry-refused", "entry: it answers 403", 403),
        (Reply(502), "unavailable", "entry-refused", "entry: it answers 502", 502),
    ],
)
def test_nothing_starts(
    w: Working, here: Here, decision: Any, outcome: str, reason: str | None, detail: str, status: int | None
) -> None:
    here.decide = lambda _: decision
    taken, trace = arrive(w)
    assert (None, [], outcome, reason, detail) == (
        taken.instance_id,
        w.woken,
        trace.outcome,
        trace.reason,
        trace.detail,
    )
    assert status == (None if taken.reply is None else taken.reply.status)


def test_a_failure_is_told_to_the_operator_alone(w: Working, here: Here) -> None:
    here.raw = failure_of("ValueError: the plan (shop.py, line 7)")
    with pytest.raises(EntryFailed, match="could not decide about the delivery; deliver again") as caught:
        arrive(w)
    assert "plan" not in str(caught.value)
    for raw, words in ((here.raw, "entry shop:decide: ValueError: the plan (shop.py, line 7)"), (b"x", "is not JSON")):
        here.raw = raw
        trace = Trace("r", w.clock.now_ms(), "shop")
        event = ProvenEvent({}, "{}", "e", None, Request("POST", "/", "", (), b"{}", "r"))
        with pytest.raises(EntryFailed):
            start_for_event(SHOP, event, w.services, trace)
        assert words in str(trace.detail)
    assert [] == w.woken


def test_it_has_half_of_the_time_and_is_not_asked_when_that_is_over(w: Working, here: Here) -> None:
    now = w.clock.now_ms()
    with deadline.within(3000, now, lambda: now + 200):
        arrive(w)
    with deadline.within(3000, now, lambda: now + 1500), pytest.raises(EntryTimeout):
        arrive(w)
    arrive(w)
    assert [1.3, 3.0] == here.given


def test_where_no_entry_runs_the_source_refuses(w: Working) -> None:
    from verihook.model.ports import NoEntries

    w.services = replace(w.services, entries=NoEntries())
    with pytest.raises(NotConfigured):
        arrive(w)


def test_a_message_of_a_feed_is_decided_about_too(w: Working, here: Here) -> None:
    here.decide = lambda request: {"from": request.path}
    assert [] == take_messages(queued({"n": 1}), w.services)
    assert 1 == len(w.woken)
    here.decide = lambda _: Ignore("why")
    assert [] == take_messages(queued({"n": 1}, first=2), w.services)
    # Delivered again, as a sender would.
    here.decide = lambda _: Reply(503)
    assert ["m3"] == take_messages(queued({"n": 1}, first=3), w.services)
    assert [200, 200, 503] == [each.status for each in w.told.deliveries]
    assert ["entry-refused"] == [each.reason for each in w.told.refused]
