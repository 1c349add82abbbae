"""The worker runs what waits, once at a time, and writes what became of it."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from tests.unit.working import NOW, working
from verihook.adapters.ledgers.item import to_item
from verihook.errors import LedgerUnavailable, PayloadsUnavailable, RequestInvalid
from verihook.instances import output_of, payload
from verihook.model.instance import Instance
from verihook.model.ports import MAX_INLINE, MAX_OUTPUT
from verihook.worker.work import run_batch, run_try


class NoStock(Exception):
    pass


def failing(event: Any, context: Any) -> Any:
    raise NoStock("sold out")


def test_a_result_is_the_output(tmp_path: Path) -> None:
    seen: list[Any] = []

    def run(event: Any, context: Any) -> Any:
        seen.append((event, context.instance_id, context.attempt, context.tries, context.workflow))
        seen.append((context.source, context.event_id, context.remaining_ms()))
        return {"é": [1, None]}

    with working(tmp_path, {"w": run}, timeout_s=7, retention_days=2) as w:
        w.claim(source="orders", event_id="e1")
        assert "completed" == run_try("a", 1, w.functions, w.services)
        assert seen == [({"n": 1}, "a", 1, 1, "w"), ("orders", "e1", 7000)]
        row = w.row()
        assert ("completed", {"é": [1, None]}) == (row.status, json.loads(row.output or ""))
        assert (1, None, NOW // 1000 + 2 * 86_400) == (row.tries, row.due_at, row.expires_at)
        assert "skipped" == run_try("a", 1, w.functions, w.services)


def test_who_wants_to_be_called_back_is_due_at_its_end(tmp_path: Path) -> None:
    with working(tmp_path, {"w": lambda event, context: None}) as w:
        w.claim(callback_url="https://there.example/")
        run_try("a", 1, w.functions, w.services)
        assert ("completed", "null", NOW) == (w.row().status, w.row().output, w.row().due_at)


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "completed"},
        {"held": True},
        {"attempt": 2},
        {"start_at": NOW + 1},
        {"leased_until": NOW + 1},
        {"engine": "durable"},
        {"workflow": "gone"},
        {"purged": True, "status": "terminated"},
    ],
)
def test_what_is_not_to_be_begun_is_left_alone(tmp_path: Path, fields: dict[str, Any]) -> None:
    with working(tmp_path, {"w": failing}) as w:
        row = replace(Instance("a", "w", "{}", NOW, NOW, engine="function"), **fields)
        assert w.services.ledger.claim(row) is None
        assert "skipped" == run_try("a", 1, w.functions, w.services)
        assert row == w.row()
        assert "skipped" == run_try("unknown", 1, w.functions, w.services)


def test_a_failure_is_tried_again_after_a_doubled_back_off(tmp_path: Path) -> None:
    with working(tmp_path, {"w": failing}, retries=2, backoff_s=3) as w:
        w.claim()
        for tries, backoff in ((1, 3000), (2, 6000)):
            assert "again" == run_try("a", 1, w.functions, w.services)
            row = w.row()
            assert ("queued", tries, "NoStock", "sold out") == (row.status, row.tries, row.error, row.cause)
            assert row.leased_until == row.due_at == w.clock.at + backoff
            w.clock.at += backoff - 1
            assert "skipped" == run_try("a", 1, w.functions, w.services)
            w.clock.at += 1
        assert "failed" == run_try("a", 1, w.functions, w.services)
        row = w.row()
        assert ("failed", 3, "NoStock", "sold out") == (row.status, row.tries, row.error, row.cause)
        # The stack goes to the log, not into the row.
        assert [NoStock] * 3 == [type(error) for _, error in w.told.failures]


def test_a_later_try_may_succeed_and_leaves_no_error(tmp_path: Path) -> None:
    def run(event: Any, context: Any) -> Any:
        return context.tries if context.tries == 2 else failing(event, context)

    with working(tmp_path, {"w": run}, backoff_s=0) as w:
        w.claim()
        assert "again" == run_try("a", 1, w.functions, w.services)
        assert "completed" == run_try("a", 1, w.functions, w.services)
        assert ("2", None, None) == (w.row().output, w.row().error, w.row().cause)


@pytest.mark.parametrize("result", [{1, 2}, math.nan, [math.inf], object(), b"bytes"])
def test_what_is_no_json_fails_in_words_and_is_not_tried_again(tmp_path: Path, result: Any) -> None:
    with working(tmp_path, {"w": lambda event, context: result}, retries=5) as w:
        w.claim()
        assert "failed" == run_try("a", 1, w.functions, w.services)
        assert "OutputNotJson" == w.row().error
        assert (w.row().cause or "").startswith("What the function returned is not JSON: ")


@pytest.mark.parametrize(("length", "status"), [(98, "completed"), (99, "failed"), (10_000, "failed")])
def test_what_is_too_large_fails_in_words_and_is_not_tried_again(tmp_path: Path, length: int, status: str) -> None:
    with working(tmp_path, {"w": lambda event, context: "x" * length}, retries=5) as w:
        w.services.payloads.max_output = 100
        w.claim()
        assert status == run_try("a", 1, w.functions, w.services)
        assert (status, 1) == (w.row().status, w.row().tries)
        if status == "failed":
            assert ("OutputTooLarge", None) == (w.row().error, w.row().output)
            assert (w.row().cause or "").startswith(f"The output has {length + 2:,} bytes, and 100 at most are kept")


def test_a_function_that_exits_has_failed(tmp_path: Path) -> None:
    def run(event: Any, context: Any) -> Any:
        raise SystemExit(0)

    with working(tmp_path, {"w": run}, retries=0) as w:
        w.claim()
        assert "failed" == run_try("a", 1, w.functions, w.services)
        assert ("Exited", "The function raised SystemExit.") == (w.row().error, w.row().cause)


@pytest.mark.parametrize(("retries", "outcome", "status"), [(1, "again", "queued"), (0, "timed_out", "timed_out")])
def test_a_function_that_is_out_of_time_is_given_up(tmp_path: Path, retries: int, outcome: str, status: str) -> None:
    release = Event()
    with working(tmp_path, {"w": lambda event, context: release.wait(30)}, retries=retries) as w:
        w.claim()
        assert outcome == run_try("a", 1, w.functions, w.services, limit_ms=20)
        release.set()
        row = w.row()
        assert (status, "Timeout") == (row.status, row.error)
        assert row.cause == "The function did not return within 0.02 seconds."


@pytest.mark.parametrize(("length", "kept"), [(MAX_OUTPUT - 2, False), (MAX_OUTPUT - 1, True)])
def test_a_large_output_is_kept_apart(tmp_path: Path, length: int, kept: bool) -> None:
    with working(tmp_path, {"w": lambda event, context: "x" * length}) as w:
        w.claim()
        run_try("a", 1, w.functions, w.services)
        assert kept == (payload.key_of(w.row().output) is not None)
        assert "x" * length == output_of(w.row(), w.services.payloads)


def test_an_output_in_the_shape_of_a_reference_is_no_reference(tmp_path: Path) -> None:
    forged = {"verihookPayload": {"uri": "file:///b/c", "size": 1}}
    with working(tmp_path, {"w": lambda event, context: forged}) as w:
        w.claim()
        run_try("a", 1, w.functions, w.services)
        assert forged == output_of(w.row(), w.services.payloads)


def test_a_large_input_is_resolved(tmp_path: Path) -> None:
    with working(tmp_path, {"w": lambda event, context: len(event)}, retries=0) as w:
        text = json.dumps("x" * MAX_INLINE)
        w.claim(input=payload.store_if_large(text, None, "a", MAX_INLINE, w.services.payloads))
        assert "completed" == run_try("a", 1, w.functions, w.services)
        assert str(MAX_INLINE) == w.row().output


def test_an_input_that_is_gone_fails_in_words(tmp_path: Path) -> None:
    with working(tmp_path, {"w": lambda event, context: 1}) as w:
        text = payload.store_if_large(json.dumps("x" * 50), None, "a", 10, w.services.payloads)
        w.services.payloads.remove_all("a")
        w.claim(input=text)
        assert "failed" == run_try("a", 1, w.functions, w.services)
        assert ("InputUnreadable", "The payload of this instance is gone.") == (w.row().error, w.row().cause)


def test_where_payloads_are_unavailable_nothing_has_begun(tmp_path: Path) -> None:
    class Down:
        base = "file:///"

        def get(self, key: str) -> str:
            raise PayloadsUnavailable("The store did not answer.")

    with working(tmp_path, {"w": lambda event, context: 1}) as w:
        row = w.claim(input=payload.store_if_large(json.dumps("x" * 50), None, "a", 10, w.services.payloads))
        with pytest.raises(PayloadsUnavailable):
            run_try("a", 1, w.functions, replace(w.services, payloads=Down()))  # type: ignore[arg-type]
        assert row == w.row()


def record_of(row: Instance, number: int = 1, name: str = "INSERT") -> dict[str, Any]:
    """A record of the stream, as the event source mapping hands it over."""
    image = to_item(row)
    keys = {key: image[key] for key in ("pk", "sk")}
    return {
        "eventID": str(number),
        "eventName": name,
        "eventSource": "aws:dynamodb",
        "dynamodb": {"Keys": keys, "NewImage": image, "SequenceNumber": str(number), "StreamViewType": "NEW_IMAGE"},
    }


class TestStream:
    """Batches of DynamoDB Streams."""

    def test_every_row_that_waits_is_run(self, tmp_path: Path) -> None:
        with working(tmp_path, {"w": lambda event, context: context.instance_id}) as w:
            records = [record_of(w.claim(f"i{number}"), number) for number in range(5)]
            assert {"batchItemFailures": []} == run_batch({"Records": records}, w.functions, w.services)
            assert [f'"i{number}"' for number in range(5)] == [w.row(f"i{number}").output for number in range(5)]
            # Brought again, nothing happens.
            assert {"batchItemFailures": []} == run_batch({"Records": records}, w.functions, w.services)

    def test_what_is_not_for_the_worker_is_passed_over(self, tmp_path: Path) -> None:
        with working(tmp_path, {"w": failing}) as w:
            row = w.claim()
            others = [
                record_of(replace(row, status="running")),
                record_of(replace(row, engine="durable")),
                {"eventSource": "aws:dynamodb", "eventName": "REMOVE", "dynamodb": {"SequenceNumber": "7"}},
            ]
            assert {"batchItemFailures": []} == run_batch({"Records": others}, w.functions, w.services)
            assert row == w.row()

    def test_a_record_that_cannot_be_worked_on_is_told_and_the_others_have_their_turn(self, tmp_path: Path) -> None:
        class Failing:
            def __init__(self, ledger: Any) -> None:
                self._ledger = ledger

            def __getattr__(self, name: str) -> Any:
                return getattr(self._ledger, name)

            def get(self, instance_id: str, now_ms: int) -> Any:
                if instance_id == "i1":
                    raise LedgerUnavailable("The ledger did not answer.")
                return self._ledger.get(instance_id, now_ms)

        with working(tmp_path, {"w": lambda event, context: 1}) as w:
            records = [record_of(w.claim(f"i{number}"), number) for number in range(3)]
            services = replace(w.services, ledger=Failing(w.services.ledger))
            failures = run_batch({"Records": records}, w.functions, services)
            assert {"batchItemFailures": [{"itemIdentifier": "1"}]} == failures
            assert ["completed", "queued", "completed"] == [w.row(f"i{number}").status for number in range(3)]
            assert ["work 1"] == [where for where, _ in w.told.failures]

    def test_what_there_is_no_time_for_is_brought_again(self, tmp_path: Path) -> None:
        left = iter([40_000, 40_000, 12_000])
        with working(tmp_path, {"w": lambda event, context: context.remaining_ms()}, timeout_s=30) as w:
            records = [record_of(w.claim(f"i{number}"), number) for number in range(4)]
            failures = run_batch({"Records": records}, w.functions, w.services, lambda: next(left))
            assert ["2", "3"] == [failure["itemIdentifier"] for failure in failures["batchItemFailures"]]
            assert ["30000", "30000"] == [w.row(f"i{number}").output for number in range(2)]
            assert "queued" == w.row("i2").status

    def test_a_try_is_cut_to_the_time_of_the_invocation(self, tmp_path: Path) -> None:
        with working(tmp_path, {"w": lambda event, context: context.remaining_ms()}, timeout_s=900) as w:
            run_batch({"Records": [record_of(w.claim())]}, w.functions, w.services, lambda: 60_000)
            assert "58000" == w.row().output


@pytest.mark.parametrize("event", [{}, {"Records": []}, {"Records": [{"eventSource": "aws:sqs"}]}, {"gate": {}}])
def test_an_event_that_is_none_of_the_stream_is_refused_in_words(tmp_path: Path, event: dict[str, Any]) -> None:
    with working(tmp_path, {"w": failing}) as w, pytest.raises(RequestInvalid, match="the table's stream alone"):
        run_batch(event, w.functions, w.services)
