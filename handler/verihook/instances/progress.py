"""Writes into the ledger what an engine reports of an attempt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from verihook.errors import EventMalformed
from verihook.instances import lines, payload
from verihook.instances.measuring import measure_end
from verihook.instances.reading import engine_of
from verihook.model.instance import FINAL, Instance, Progress, execution_name
from verihook.model.ports import MAX_CAUSE, MAX_ERROR, MAX_OUTPUT, Change, Payloads
from verihook.model.workflow import RETENTION_DAYS, Workflow
from verihook.request import json_text
from verihook.strict_json import parse_json

if TYPE_CHECKING:
    from verihook.model.ports.sets import RecordPorts, RowPorts


def record_progress(
    instance_id: str,
    attempt: int,
    progress: Progress,
    created_at: int,
    ports: RecordPorts,
    workflow: str | None = None,
    *,
    counted: bool = True,
) -> bool:
    """Write what an engine reports of an attempt. Return whether it was: not if the row is final, of another, or gone.

    ``created_at``: of the instance or, if that is not known, of the report; in milliseconds. ``workflow``: the name; if
    it is not known, the instance is kept for the longest retention of all workflows. ``counted``: whether the end is
    one of the workflow's, not of a row that runs nothing.
    Stops an execution that runs although its attempt was terminated or replaced before it had begun.
    """
    progress = with_bounded_output(progress, ports.payloads)
    if _is_large(progress.output) and not _is_current(instance_id, attempt, ports):
        # It is not stored: it would be the payload of an instance that may have been purged.
        return False
    now, final = ports.clock.now_ms(), progress.status in FINAL
    change = Change(
        progress.status,
        at=now,
        # At its end an instance is due at once if it has a callback.
        due_at=now if final else ports.pace.next_look(created_at, now, queued=progress.status == "queued"),
        expires_at=now // 1000 + retention_s(workflow, ports.workflows) if final else None,
        output=store_output(instance_id, progress.output, ports.payloads),
        error=cut(progress.error, MAX_ERROR),
        cause=cut(progress.cause, MAX_CAUSE),
    )
    applied = ports.ledger.record(instance_id, attempt, change)
    if not applied and progress.status == "running":
        _stop_if_over(instance_id, attempt, ports)
    if applied and final:
        lines.leave_at_end(instance_id, attempt, workflow, ports)
    if applied and final and counted:
        measure_end(workflow, progress.status, created_at, ports)
    return applied


def with_bounded_output(progress: Progress, payloads: Payloads) -> Progress:
    """Return the same progress, or a failure with ``OutputTooLarge`` if the output is too large to be read again."""
    if progress.output is None or (why := payload.too_large(progress.output, payloads)) is None:
        return progress
    return Progress("failed", None, "OutputTooLarge", why)


def record_end(instance: Instance, progress: Progress | None, ports: RecordPorts) -> bool:
    """Record the progress if it is an end, which the ledger may not know yet. Return whether it is an end."""
    if progress is None or progress.status not in FINAL:
        return False
    record_progress(instance.id, instance.attempt, progress, instance.created_at, ports, instance.workflow)
    return True


def _is_large(output: str | None) -> bool:
    return output is not None and len(output) * 4 > MAX_OUTPUT


def _is_current(instance_id: str, attempt: int, ports: RowPorts) -> bool:
    instance = ports.ledger.get(instance_id, ports.clock.now_ms())
    return instance is not None and instance.attempt == attempt and not (instance.final or instance.purged)


def cut(text: str | None, most: int) -> str | None:
    """The first ``most`` characters, in a form that UTF-8 can encode: an engine may quote a sender's lone surrogate."""
    return text and text.encode("utf-8", "backslashreplace").decode()[:most]


def store_output(instance_id: str, output: str | None, payloads: Payloads) -> str | None:
    """Store an output. Return its form in a row: a reference if it is large. Raises PayloadsUnavailable.

    An engine may return text that is not JSON, which is kept as a JSON string.
    """
    if output is None:
        return None
    try:
        content = parse_json(output, "The output")
    except EventMalformed:
        content = output
        output = json_text(output)
    if cut(output, len(output)) != output:
        # It has a lone surrogate that is not escaped.
        output = json_text(content)
    return payload.store_if_large(output, content, instance_id, MAX_OUTPUT, payloads)


def _stop_if_over(instance_id: str, attempt: int, ports: RecordPorts) -> None:
    instance = ports.ledger.get(instance_id, ports.clock.now_ms())
    if instance is None:
        return
    # A former attempt, too: it was stopped before the next one began, but a start of it was still under way then.
    if instance.attempt > attempt or (instance.attempt == attempt and instance.status == "terminated"):
        engine, definition = engine_of(instance, ports)
        engine.stop(definition, execution_name(instance_id, attempt), "terminated")


def retention_s(workflow: str | None, workflows: Mapping[str, Workflow]) -> int:
    """Return how long an instance of the workflow is kept after its end, in seconds."""
    known = workflows.get(workflow or "")
    if known is not None:
        return known.retention_s
    return max((each.retention_s for each in workflows.values()), default=RETENTION_DAYS * 86_400)
