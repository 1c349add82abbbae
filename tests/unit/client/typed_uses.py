"""What type checkers see of the client: `make check` reads this, nothing runs it.

Each wrong use is refused: mypy would say that its ``type: ignore`` is not used.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import datetime
from typing import Any, Literal, assert_type

from verihook.client import (
    AsyncClient,
    Attempt,
    BatchItem,
    Client,
    Definition,
    Delivery,
    DeliveryPage,
    FailureGroup,
    Forgotten,
    Health,
    Hit,
    Instance,
    Job,
    JobFailurePage,
    JobPage,
    JobStart,
    Key,
    MailboxEntry,
    NewKey,
    OwnKey,
    Page,
    Rejection,
    Result,
    Sender,
    SentEvent,
    Source,
    SourceDetail,
    Started,
    Step,
    TrialResult,
    WaitPage,
    Workflow,
)

Status = Literal["queued", "running", "suspended", "completed", "failed", "timed_out", "terminated"]


def blocking(client: Client) -> None:
    assert_type(client.start("w", {"n": 1}, id="i"), Started)
    assert_type(client.start_and_wait("w", timeout=None), Result)
    assert_type(client.batch("w", [{"input": 1}, {"id": "i"}]), tuple[BatchItem, ...])
    assert_type(client.get("i"), Instance)
    assert_type(client.page(status="failed", limit=10), Page)
    assert_type(client.list(workflow="w"), Iterator[Instance])
    assert_type(client.result("i"), Result)
    assert_type(client.wait("i", 1.5), Result)
    assert_type(client.steps("i"), tuple[Step, ...])
    assert_type(client.attempts("i"), tuple[Attempt, ...])
    assert_type(client.events("i"), tuple[MailboxEntry, ...])
    assert_type(client.sent_events("i"), tuple[SentEvent, ...])
    assert_type(client.send_callback("i"), Instance)
    assert_type(client.dismiss_failures("w", "E", note="n"), Mapping[str, Any])
    assert_type(client.waits("w", limit=1), WaitPage)
    assert_type(client.failures("w"), tuple[FailureGroup, ...])
    assert_type(client.definition("w"), Definition)
    assert_type(client.source("s"), SourceDetail)
    assert_type(client.try_source("s", "tampered", body="{}"), TrialResult)
    assert_type(client.workflows(), tuple[Workflow, ...])
    assert_type(client.workflow("w"), Workflow)


def acting(client: Client) -> None:
    assert_type(client.terminate("i", output=1), Instance)
    assert_type(client.suspend("i", "why"), Instance)
    assert_type(client.resume("i"), Instance)
    assert_type(client.restart("i"), Instance)
    assert_type(client.redrive("i"), Instance)
    assert_type(client.raise_event("i", "approved", {"by": "kim"}, event_id="e"), Instance)
    client.purge("i", force=True)
    assert_type(client.start_job("redrive", workflow="w", status="failed", dry_run=True), JobStart)
    assert_type(client.jobs(limit=1), JobPage)
    assert_type(client.job("j"), Job)
    assert_type(client.stop_job("j"), Job)
    assert_type(client.job_failures("j", limit=1), JobFailurePage)


def observing(client: Client) -> None:
    assert_type(client.sources(), tuple[Source, ...])
    assert_type(client.senders(), tuple[Sender, ...])
    assert_type(client.rejections("orders"), tuple[Rejection, ...])
    assert_type(client.health(), Health)
    assert_type(client.list_keys(), tuple[Key, ...])
    assert_type(client.own_key(), OwnKey)
    assert_type(client.create_key("ci", ["workflows:read"], expires="90d"), NewKey)
    assert_type(client.rotate_key("k", overlap=60), NewKey)
    assert_type(client.revoke_key("k"), Key)
    assert_type(client.deliveries(source="s", limit=1), DeliveryPage)
    assert_type(client.delivery("d"), Delivery)
    assert_type(client.delivery_body("d"), bytes)
    assert_type(client.replay_delivery("d", as_new=True), Instance)
    assert_type(client.lookup("d"), tuple[Hit, ...])
    assert_type(client.delete_delivery("d"), Forgotten)
    assert_type(client.delete_event("s", "e", force=True), Forgotten)
    assert_type(client.capture("s", minutes=5), datetime)


async def awaited(client: AsyncClient) -> None:
    assert_type(await client.start("w"), Started)
    assert_type(await client.wait("i"), Result)
    assert_type(client.list(), AsyncIterator[Instance])
    async with AsyncClient("https://hooks.example.com", "vhk_key") as entered:
        assert_type(entered, AsyncClient)


def fields(instance: Instance, started: Started, page: Page) -> None:
    assert_type(instance.status, Status)
    assert_type(instance.created_at, datetime)
    assert_type(instance.metadata, Mapping[str, str])
    assert_type(instance.output, Any)
    assert_type(started.stands, Status | None)
    assert_type(page.cursor, str | None)


def refused(client: Client) -> None:
    client.start()  # type: ignore[call-arg]
    client.start("w", surprise=1)  # type: ignore[call-arg]
    client.page(status="done")  # type: ignore[arg-type]
    client.wait(1)  # type: ignore[arg-type]
    client.batch("w", [{"surprise": 1}])  # type: ignore[typeddict-unknown-key]
    client.get("i").status = "failed"  # type: ignore[misc]
    client.get("i").surprise  # type: ignore[attr-defined]  # noqa: B018
    Client("https://hooks.example.com", retries="4")  # type: ignore[arg-type]
