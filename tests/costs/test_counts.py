"""What ``verihook cost`` reckons with is what is counted here, by DynamoDB Local and from template.yaml."""

from __future__ import annotations

from hashlib import sha256
from random import Random
from typing import Any

import pytest

from tests.costs.bodies import SENDERS, SIZES, Recorded, recorded
from tests.costs.lives import STAGES, World, deliver, events, live
from tests.project.template import FUNCTIONS, RESOURCES, of_type
from verihook.cli import bill
from verihook.instances.job_rounds import JobRounds
from verihook.instances.reconcile import call_back, reconcile
from verihook.worker.recorder import record_status_change

COUNTS = bill.counts()
POLICIES = COUNTS["policies"]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("engine", STAGES)
def test_the_life_of_a_webhook(counted: World, engine: str, size: int) -> None:
    lives = [live(counted, engine, recorded(sender, size)) for sender in SENDERS]
    told = COUNTS["engines"][engine]
    assert {
        "writes": max(sum(life.written.values()) for life in lives),
        "reads": max(life.read for life in lives),
        "row_bytes": max(life.kept for life in lives),
    } == {name: told[name][str(size)] for name in ("writes", "reads", "row_bytes")}


def body() -> Recorded:
    return recorded("pagerduty", 2048)


def test_what_a_source_does_not_want_and_what_is_forged_write_nothing() -> None:
    """tests/flows/test_aws_calls.py counts that they make no call."""
    for name in ("ignored", "forged"):
        assert POLICIES[name] == {"invocations": {"receiver": 1}}


def test_a_redelivery_writes_what_its_row_would_take(counted: World) -> None:
    """DynamoDB charges a refused write as one of the table, and DynamoDB Local does not say so."""
    deliver(counted, "stepfunctions", body())
    of_the_table = counted.meter.written["table"]
    for policy in ("redelivered", "restarted"):
        assert POLICIES[policy]["invocations"]["receiver"] == 1
    assert POLICIES["redelivered"]["writes"] == of_the_table
    counted.meter.units()
    assert deliver(counted, "stepfunctions", body()).duplicate
    assert counted.meter.units() == 0


def test_a_restart(counted: World) -> None:
    policies: dict[str, Any] = {"duplicates": "restart"}
    live(counted, "stepfunctions", body(), **policies)
    refused = POLICIES["redelivered"]["writes"]
    taken = deliver(counted, "stepfunctions", body(), **policies)
    assert taken.duplicate
    assert taken.instance_id is not None
    for event in events("stepfunctions", f"{taken.instance_id}.2", counted).values():
        record_status_change(event, counted.services)
    assert counted.item(taken.instance_id)["status"] == {"S": "completed"}
    told = POLICIES["restarted"]
    assert (refused + counted.meter.units(), counted.meter.reads()) == (told["writes"], told["reads"])


def test_a_limit(counted: World) -> None:
    deliver(counted, "stepfunctions", body(), starts_per_minute=60)
    counted.meter.units()
    deliver(counted, "function", body(), starts_per_minute=60)
    without = live(counted, "function", body()).written["claim"]
    deliver(counted, "function", body(), starts_per_minute=60, max_body=7)
    # The claim that follows is of the same kind.
    assert counted.meter.units() - without == POLICIES["limited"]["writes"]


def test_a_sender_whose_id_is_not_signed(counted: World) -> None:
    """The digest is a row of its own, and a part of the instance's."""
    digest = sha256(body().text.encode()).hexdigest()
    without = live(counted, "function", body()).written["claim"]
    deliver(counted, "function", body(), digest, max_body=7)
    assert counted.meter.units() - without == POLICIES["watched"]["writes"]


def test_that_it_runs(counted: World) -> None:
    told, untold = (live(counted, name, body()) for name in ("reported", "stepfunctions"))
    assert sum(told.written.values()) - sum(untold.written.values()) == POLICIES["reported"]["writes"]
    assert told.read == untold.read


def test_an_entry_is_asked_once_and_nothing_is_written_for_it() -> None:
    """tests/deployed/test_entries.py counts the calls of the receiver."""
    assert POLICIES["entered"] == {"invocations": {"entries": 1}}


def test_a_body_that_is_kept_as_a_payload(counted: World) -> None:
    size = POLICIES["large"]["bytes"]
    note = Random(1).randbytes(size).hex()[: size - len('{"note":""}')]
    large = Recorded("pagerduty", {"note": note}, f'{{"note":"{note}"}}', "evt_1", None)
    written = live(counted, "stepfunctions", large).written
    assert len(large.text) == size
    # Its row is no dearer than that of 2 KB.
    assert sum(written.values()) <= COUNTS["engines"]["stepfunctions"]["writes"]["2048"]


def test_a_minute_in_which_nothing_comes(counted: World) -> None:
    """DynamoDB charges half a unit for a query that finds nothing; DynamoDB Local says 0."""
    reconcile(counted.services)
    call_back(counted.services)
    JobRounds().run(counted.services)
    assert {*counted.meter.calls} == {"Query"}
    # That for jobs is consistent.
    assert (len(counted.meter.calls) + 1) / 2 == COUNTS["idle"]["reads"]


def test_what_the_template_has() -> None:
    # Without a domain, whose front has one more.
    secrets = [name for name in of_type("AWS::SecretsManager::Secret") if "Condition" not in RESOURCES[name]]
    assert len(secrets) == COUNTS["idle"]["secrets"]
    functions = {"receiver": "Receiver", "recorder": "Recorder", "reconciler": "Reconciler", "worker": "Worker"}
    functions |= {"durable": "OrderApproval", "entries": "Entries"}
    assert {name: FUNCTIONS[function]["MemorySize"] for name, function in functions.items()} == COUNTS["memory_mb"]
