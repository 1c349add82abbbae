"""Starts: what is checked before anything is written, ids that are taken, idempotency keys, delays."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from tests.contracts.instances import LARGE, MINUTE, NOW
from tests.unit.parts import Parts, request
from verihook import instances
from verihook.errors import (
    Conflict,
    IdempotencyMismatch,
    IdTaken,
    InputInvalid,
    NotActive,
    RequestInvalid,
    VerihookError,
    WorkflowNotFound,
)
from verihook.instances import payload
from verihook.instances.reconcile import reconcile
from verihook.model.instance import Instance, Progress, Status


def test_a_start_claims_and_starts(parts: Parts) -> None:
    made = instances.submit(request(tags=("vip",), metadata={"customer": "42"}, connection="erp"), "", parts.services)
    assert (True, False, "running") == (made.created, made.replayed, made.instance.status)
    assert [made.instance.id] == parts.engine.starts
    row = parts.row(made.instance.id)
    found = (row.input, row.tags, row.metadata, row.connection, row.version)
    assert ('{"n":1}', ("vip",), {"customer": "42"}, "erp", 3) == found


@pytest.mark.parametrize(
    ("changes", "kind", "word"),
    [
        ({"workflow": "nobody"}, WorkflowNotFound, "nobody"),
        ({"workflow": "draft"}, NotActive, "draft"),
        ({"version": 2}, WorkflowNotFound, "version 3"),
        ({"workflow": "strict", "content": {"n": "one"}}, InputInvalid, "strict"),
        ({"id": "-a"}, RequestInvalid, "id:"),
        ({"id": "a" * 65}, RequestInvalid, "id:"),
        ({"connection": "nobody"}, RequestInvalid, r"connection: .*'w' takes one of erp \(got 'nobody'\)"),
        ({"workflow": "short", "connection": "erp"}, RequestInvalid, "connection: .*'short' takes none"),
        ({"callback_url": "http://10.0.0.1/"}, RequestInvalid, "callbackUrl:"),
        ({"tags": ("",)}, RequestInvalid, "tags:"),
        ({"tags": ("a\nb",)}, RequestInvalid, "tags:"),
        ({"metadata": {"k": "v" * 257}}, RequestInvalid, "tags:"),
        ({"tags": tuple(str(n) for n in range(21))}, RequestInvalid, "tags:"),
        ({"start_at": NOW + 400 * 86_400_000}, RequestInvalid, "startAt:"),
    ],
)
def test_what_is_refused_writes_nothing(
    parts: Parts, changes: dict[str, Any], kind: type[VerihookError], word: str
) -> None:
    with pytest.raises(kind, match=word):
        instances.submit(replace(request(idempotency_key="k"), **changes), "", parts.services)
    assert ([], []) == (parts.engine.starts, parts.ledger.due(NOW + 10 * MINUTE, 10))
    # The key is free yet.
    assert instances.submit(request(idempotency_key="k"), "", parts.services).created


def test_an_id_that_is_taken(parts: Parts) -> None:
    first = instances.submit(request(id="a"), "", parts.services).instance
    with pytest.raises(Conflict, match="is taken") as refusal:
        instances.submit(request(id="a"), "", parts.services)
    assert "a" == refusal.value.instance_id
    again = instances.submit(request(id="a", on_conflict="return"), "", parts.services)
    assert (False, first.created_at, 1) == (again.created, again.instance.created_at, again.instance.attempt)
    anew = instances.submit(request(id="a", content={"n": 2}, on_conflict="restart"), "", parts.services)
    assert (True, 2, "running") == (anew.created, anew.instance.attempt, anew.instance.status)
    assert (["a", "a.2"], "terminated") == (parts.engine.starts, parts.engine.executions["a"].status)
    assert '{"n":2}' == parts.engine.inputs["a.2"]
    assert [1, 2] == [each.number for each in instances.attempts("a", parts.services)]


def test_replace_begins_anew_only_what_has_ended_and_once(parts: Parts) -> None:
    instances.submit(request(id="a"), "", parts.services)
    with pytest.raises(Conflict):
        instances.submit(request(id="a", on_conflict="replace"), "", parts.services)
    parts.engine.end("a")
    instances.record_progress("a", 1, parts.engine.executions["a"], NOW, parts.services)

    def replaced(_: int) -> bool:
        try:
            return instances.submit(request(id="a", on_conflict="replace"), "", parts.services).created
        except Conflict:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert 1 == sum(pool.map(replaced, range(8)))
    assert (["a", "a.2"], "running") == (parts.engine.starts, parts.engine.executions["a.2"].status)


@pytest.mark.parametrize("policy", ["fail", "return", "restart", "replace"])
def test_an_id_of_another_workflow_is_out_of_reach(parts: Parts, policy: Any) -> None:
    instances.submit(request(id="a"), "", parts.services)
    with pytest.raises(IdTaken):
        instances.submit(request("short", id="a", on_conflict=policy), "", parts.services)
    assert (1, "w") == (parts.row("a").attempt, parts.row("a").workflow)


def test_a_replay_may_be_put_off_to_another_time(parts: Parts) -> None:
    first = instances.submit(request(idempotency_key="k", start_at=NOW + 1000), "", parts.services)
    again = instances.submit(request(idempotency_key="k", start_at=NOW + 1001), "", parts.services)
    assert (first.instance.id, True) == (again.instance.id, again.replayed)


def test_a_hundred_starts_with_one_key(parts: Parts) -> None:
    with ThreadPoolExecutor(20) as pool:
        made = list(
            pool.map(lambda _: instances.submit(request(idempotency_key="k"), "me", parts.services), range(100))
        )
    assert (1, 1) == (len({each.instance.id for each in made}), len(parts.engine.starts))
    assert 1 == sum(not each.replayed for each in made)


def test_a_refused_start_is_refused_again(parts: Parts) -> None:
    instances.submit(request(id="a"), "", parts.services)
    for _ in range(2):
        with pytest.raises(Conflict):
            instances.submit(request(id="a", idempotency_key="k"), "", parts.services)
    again = instances.submit(request(id="a", idempotency_key="k", on_conflict="restart"), "", parts.services)
    assert (True, 2) == (again.created, again.instance.attempt)
    # What the key has made by now is met again, and not made twice.
    replay = instances.submit(request(id="a", idempotency_key="k", on_conflict="restart"), "", parts.services)
    assert (False, True, 2) == (replay.created, replay.replayed, replay.instance.attempt)


def test_the_order_of_members_makes_no_other_request(parts: Parts) -> None:
    first = instances.submit(request(content={"a": 1, "b": 2}, idempotency_key="k"), "", parts.services)
    again = instances.submit(request(content={"b": 2, "a": 1}, idempotency_key="k"), "", parts.services)
    assert (first.instance.id, True) == (again.instance.id, again.replayed)


def test_keys_belong_to_who_uses_them_and_to_one_request(parts: Parts) -> None:
    mine = instances.submit(request(idempotency_key="k"), "me", parts.services).instance
    yours = instances.submit(request(idempotency_key="k"), "you", parts.services).instance
    assert mine.id != yours.id
    with pytest.raises(IdempotencyMismatch):
        instances.submit(request(content={"n": 2}, idempotency_key="k"), "me", parts.services)
    parts.clock.at += 24 * 60 * MINUTE + 1000
    assert not instances.submit(request(content={"n": 2}, idempotency_key="k"), "me", parts.services).replayed


def test_a_start_that_a_crash_left_between_key_and_claim_is_made_by_its_replay(parts: Parts) -> None:
    parts.services.ledger.claim, whole = _crash, parts.services.ledger.claim  # type: ignore[assignment, method-assign]
    with pytest.raises(KeyboardInterrupt):
        instances.submit(request(idempotency_key="k"), "", parts.services)
    parts.services.ledger.claim = whole  # type: ignore[method-assign]
    made = instances.submit(request(idempotency_key="k"), "", parts.services)
    assert (True, True) == (made.created, made.replayed)


def _crash(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_start_that_is_put_off(parts: Parts) -> None:
    made = instances.submit(request(start_at=NOW + MINUTE), "", parts.services).instance
    assert ("queued", []) == (made.status, parts.engine.starts)
    reconcile(parts.services)
    assert [] == parts.engine.starts
    parts.clock.at += MINUTE
    reconcile(parts.services)
    assert [made.id] == parts.engine.starts


def test_a_large_input_is_kept_apart_at_the_limit_to_the_byte(parts: Parts) -> None:
    text = "x" * (LARGE - len('{"t":""}'))
    inline = instances.submit(request(content={"t": text}), "", parts.services).instance
    assert LARGE == len(parts.row(inline.id).input)
    apart = instances.submit(request(content={"t": text + "x"}), "", parts.services).instance
    reference = parts.row(apart.id).input
    assert (reference, True) == (parts.engine.inputs[apart.id], len(reference) < 500)
    assert {"t": text + "x"} == instances.input_of(parts.row(apart.id), parts.services.payloads)


def test_nobodys_words_are_taken_for_a_reference(parts: Parts) -> None:
    victim = instances.submit(request(content={"secret": "x" * LARGE}), "", parts.services).instance
    forged = instances.submit(request(content=_parsed(parts.row(victim.id).input)), "", parts.services).instance
    assert payload.key_of(parts.row(forged.id).input) != payload.key_of(parts.row(victim.id).input)
    assert _parsed(parts.row(victim.id).input) == instances.input_of(parts.row(forged.id), parts.services.payloads)


def _parsed(text: str) -> Any:
    import json

    return json.loads(text)


def test_an_express_workflow_has_ended_when_it_has_started(parts: Parts) -> None:
    made = instances.submit(request("express"), "", parts.services).instance
    assert ("completed", "completed") == (made.status, parts.row(made.id).status)
    assert {"n": 1} == instances.output_of(parts.row(made.id), parts.services.payloads)


def test_what_the_engine_refuses_has_failed(parts: Parts) -> None:
    parts.engine.refusing = True
    made = instances.submit(request(), "", parts.services).instance
    assert ("failed", "EngineRefused") == (made.status, parts.row(made.id).error)


def test_an_engine_that_is_down_leaves_it_queued(parts: Parts) -> None:
    parts.engine.failing = {"start"}
    made = instances.submit(request(), "", parts.services).instance
    assert ("queued", 1) == (made.status, len(parts.heard.failures))
    parts.engine.failing = set()
    parts.clock.at += MINUTE
    reconcile(parts.services)
    assert ([made.id], "running") == (parts.engine.starts, parts.row(made.id).status)


def test_a_replay_may_overtake_the_first_caller(parts: Parts) -> None:
    """It was second to the idempotency key, and is first to claim."""
    answers = []

    class Overtaken:
        def __getattr__(self, name: str) -> Any:
            return getattr(parts.services.ledger, name)

        def claim(self, fresh: Instance) -> Instance | None:
            answers.append(instances.submit(request(idempotency_key="k"), "s", parts.services))
            return parts.services.ledger.claim(fresh)

    first = replace(parts.services, ledger=Overtaken())
    answers.append(instances.submit(request(idempotency_key="k"), "s", first))
    assert 1 == len({made.instance.id for made in answers})
    assert answers[0].accepted == answers[1].accepted
    assert [True, False] == [made.replayed for made in answers]


def test_every_answer_under_a_key_is_the_same(parts: Parts) -> None:
    again = request(idempotency_key="k", id="a", on_conflict="return", tags=("vip",))
    first = instances.submit(again, "s", parts.services)
    parts.engine.end("a")
    parts.clock.at += 10_000
    instances.record_progress("a", 1, Progress("completed"), NOW, parts.services)
    instances.restart("a", parts.services)
    replay = instances.submit(again, "s", parts.services)
    told = [(made.accepted.id, made.accepted.created_at, made.accepted.version) for made in (first, replay)]
    assert told[0] == told[1]
    assert (True, False) == (replay.replayed, replay.created)


def test_a_key_that_met_anothers_instance_is_replayed_too(parts: Parts) -> None:
    instances.submit(request(id="a"), "s", parts.services)
    met = [
        instances.submit(request(id="a", idempotency_key="k", on_conflict="return"), "s", parts.services) for _ in "12"
    ]
    assert [False, True] == [made.replayed for made in met]


@pytest.mark.parametrize("status", ["failed", "timed_out", "terminated", "completed", None])
def test_a_key_of_what_failed_begins_anew_if_the_caller_wants_it(parts: Parts, status: Status | None) -> None:
    first = instances.submit(request(idempotency_key="k"), "s", parts.services).instance
    if status is not None:
        instances.record_progress(first.id, 1, Progress(status), NOW, parts.services)
    plain = instances.submit(request(idempotency_key="k"), "s", parts.services)
    assert (True, first.id) == (plain.replayed, plain.instance.id)
    parts.clock.at += 1
    wanted = request(idempotency_key="k", clear_on_failure=True)
    again, replay = (instances.submit(wanted, "s", parts.services) for _ in "12")
    anew = status in ("failed", "timed_out")
    assert (anew, not anew) == (again.created, again.replayed)
    assert anew == (again.instance.id != first.id)
    assert (True, again.instance.id) == (replay.replayed, replay.instance.id)
    assert again.instance.id == instances.submit(request(idempotency_key="k"), "s", parts.services).instance.id
    with pytest.raises(IdempotencyMismatch):
        instances.submit(request(content={"n": 2}, idempotency_key="k", clear_on_failure=True), "s", parts.services)


@pytest.mark.parametrize("wanted", [{}, {"idempotency_key": "k", "id": "a"}])
def test_what_a_cleared_key_does_not_go_with(parts: Parts, wanted: dict[str, Any]) -> None:
    with pytest.raises(RequestInvalid, match="clearOnFailure: needs an idempotency key"):
        instances.submit(request(clear_on_failure=True, **wanted), "s", parts.services)


def test_labels_leave_room_for_the_rest_of_the_row(parts: Parts) -> None:
    with pytest.raises(RequestInvalid, match="8192 bytes"):
        instances.submit(
            request(metadata={str(number): "\U0001f600" * 250 for number in range(9)}), "s", parts.services
        )
