"""Rows for tests: a plain instance, a full one, any one, an observation; and calls that are set off together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from threading import Barrier
from typing import Any, TypeVar, get_args

from hypothesis import strategies as st

from verihook.model.delivery import Delivery, Facts, OtherBytes
from verihook.model.instance import FINAL, Instance, Status
from verihook.model.ports import Change, Observation

T = TypeVar("T")

NOW = 1_760_000_000_000
NOW_S = NOW // 1000
MINUTE = 60_000
HOUR = 60 * MINUTE
LATER = NOW + HOUR
LARGE = 256 * 1024
LIVE = sorted(set(get_args(Status)) - FINAL)
ODD = "\u2028 ' \" \\ \t\r\n \x00\x01\x7f é e\u0301 \U0001f4a5 \u202eabc \ufeff \uffff $#:{}%s?"

_number = count(1)


def an_instance(**fields: Any) -> Instance:
    """A queued instance with an id of its own, due a minute after it was created."""
    basis = Instance(
        id=f"instance_{next(_number)}",
        workflow="deploy",
        input='{"a":1}',
        created_at=NOW,
        updated_at=NOW,
        due_at=NOW + MINUTE,
    )
    return replace(basis, **fields)


def a_full_instance(**fields: Any) -> Instance:
    """Every field set, the status final."""
    basis = an_instance(
        status="failed",
        version=7,
        attempt=3,
        revision=4,
        engine="durable",
        source="github",
        event_id="72d3162e-cc78-11e3-81ab-4c9367dc0958",
        event_type="push",
        updated_at=NOW + 5,
        expires_at=NOW_S + 86_400,
        output='{"b":[1,2.5,null]}',
        error="States.TaskFailed",
        cause="It did not work.",
        start_at=NOW + 1,
        tries=2,
        begun_at=NOW + 2,
        leased_until=NOW + 3,
        tags=("vip", "eu"),
        metadata={"customer": "42", "order": ""},
        connection="production",
        callback_url="https://example.com/ended?token=1",
        callback_tries=3,
        due_at=None,
        delivery=a_delivery(),
    )
    return replace(basis, **fields)


def a_delivery(**fields: Any) -> Delivery:
    """Every field set; ``fields``: those of its facts."""
    facts = Facts(
        "e1506fd5-9e7b-434f-bd42-4f8fa224b599",
        NOW,
        3,
        "/hooks/x",
        "previous",
        (("user-agent", "GitHub-Hookshot/044aadd"), ("user-agent", "twice")),
        OtherBytes(12, "ab" * 32, "eJxLSgQAAl0BJg=="),
    )
    return Delivery(replace(facts, **fields), {"x-github-event": "push"}, replay_of="instance_0")


def applies(instance: Instance, change: Change) -> bool:
    """Whether a row of this attempt takes the change."""
    held = instance.held and instance.status == "suspended" and change.status == "running"
    return not instance.final and not held


def changed(instance: Instance, change: Change) -> Instance:
    """The row after the change."""
    waits = change.status not in FINAL or instance.callback_url is not None
    return replace(
        instance,
        status=change.status,
        revision=instance.revision + 1,
        updated_at=change.at,
        due_at=change.due_at if waits else None,
        expires_at=change.expires_at,
        output=change.output,
        error=change.error,
        cause=change.cause,
        held=instance.held and change.status not in FINAL,
    )


def listed(instance: Instance) -> Instance:
    """The row as a list shows it."""
    return replace(instance, input="", output=None)


def an_observation(**fields: Any) -> Observation:
    """One forged delivery."""
    return replace(Observation("rejected", "orders", "signature-mismatch", 1, NOW, NOW, "a-request"), **fields)


def at_once(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Each call in a thread of its own, all of them set off together. Their answers, in order."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], T]) -> T:
        barrier.wait(60)
        return call()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
times = st.integers(0, 2**53)
instances = st.builds(
    Instance,
    id=st.just(""),
    workflow=texts,
    input=texts,
    created_at=times,
    updated_at=times,
    status=st.sampled_from(get_args(Status)),
    version=st.integers(1, 2**31),
    attempt=st.integers(1, 2**31),
    source=st.none() | texts,
    event_id=st.none() | texts,
    event_type=st.none() | texts,
    due_at=st.none() | times,
    expires_at=st.none() | st.integers(2**43, 2**53),
    output=st.none() | texts,
    error=st.none() | texts,
    cause=st.none() | texts,
    engine=texts,
    revision=st.integers(1, 2**31),
    held=st.booleans(),
    purged=st.booleans(),
    start_at=st.none() | times,
    tries=st.integers(0, 2**31),
    begun_at=st.none() | times,
    leased_until=st.none() | times,
    tags=st.lists(texts, max_size=3).map(tuple),
    metadata=st.dictionaries(names, texts, max_size=3),
    connection=st.none() | texts,
    callback_url=st.none() | texts,
    callback_tries=st.integers(0, 2**31),
    signed=st.none() | texts,
    line=st.none() | texts,
)
live_changes = st.builds(Change, status=st.sampled_from(LIVE), at=times, output=texts)
