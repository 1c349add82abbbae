"""What an engine says of an attempt becomes what the ledger says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from verihook.errors import EventMalformed
from verihook.instances import payload
from verihook.instances.reading import engine_of
from verihook.model.instance import FINAL, Instance, Progress, execution_name
from verihook.model.ports import MAX_CAUSE, MAX_ERROR, MAX_OUTPUT, Change, Payloads
from verihook.model.workflow import RETENTION_DAYS, Workflow
from verihook.request import json_text
from verihook.strict_json import parse_json

if TYPE_CHECKING:
    from verihook.model.ports.sets import RecordPorts, RowPorts


def record_progress(
    instance_id: str, attempt: int, progress: Progress, created_at: int, ports: RecordPorts, workflow: str | None = None
) -> bool:
    """Write what an engine says of an attempt; False where the ledger knows better (final, another attempt, unknown).

    ``created_at``: of the instance or, where that is not known, of the report; in milliseconds. ``workflow``: its
    name; where it is not known the instance is kept as long as the longest.
    An execution that turns out to run although its instance was terminated before it had begun is stopped.
    """
    progress = with_bounded_output(progress, ports.payloads)
    if _is_large(progress.output) and not _is_current(instance_id, attempt, ports):
        # Else the payload of what was purged would be kept again.
        return False
    now = ports.clock.now_ms()
    final = progress.status in FINAL
    change = Change(
        progress.status,
        at=now,
        # What ends is due at once where somebody waits to be told.
        due_at=now if final else ports.pace.next_look(created_at, now, queued=progress.status == "queued"),
        expires_at=now // 1000 + _retention_s(workflow, ports.workflows) if final else None,
        output=store_output(instance_id, progress.output, ports.payloads),
        error=cut(progress.error, MAX_ERROR),
        cause=cut(progress.cause, MAX_CAUSE),
    )
    applied = ports.ledger.record(instance_id, attempt, change)
    if not applied and progress.status == "running":
        _stop_if_over(instance_id, attempt, ports)
    return applied


def with_bounded_output(progress: Progress, payloads: Payloads) -> Progress:
    """The same, or failed with ``OutputTooLarge``: no other end could be read."""
    if progress.output is None or (why := payload.too_large(progress.output, payloads)) is None:
        return progress
    return Progress("failed", None, "OutputTooLarge", why)


def record_end(instance: Instance, progress: Progress | None, ports: RecordPorts) -> bool:
    """Whether an engine says that an instance has come to its end, which the ledger may hear of late: now it has."""
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
    """A text that fits, of which UTF-8 can be made: an engine's words may quote a sender's lone surrogate."""
    return text and text.encode("utf-8", "backslashreplace").decode()[:most]


def store_output(instance_id: str, output: str | None, payloads: Payloads) -> str | None:
    """The output as a row has it, kept apart where it is large. Raises PayloadsUnavailable.

    What is no JSON (an engine's odd text) is kept as a JSON string.
    """
    if output is None:
        return None
    try:
        content = parse_json(output, "The output")
    except EventMalformed:
        content = output
        output = json_text(output)
    if cut(output, len(output)) != output:
        # A lone surrogate stands there unescaped.
        output = json_text(content)
    return payload.store_if_large(output, content, instance_id, MAX_OUTPUT, payloads)


def _stop_if_over(instance_id: str, attempt: int, ports: RecordPorts) -> None:
    instance = ports.ledger.get(instance_id, ports.clock.now_ms())
    if instance is None:
        return
    # An attempt that another has replaced was stopped, too: a start that was on its way came after that.
    if instance.attempt > attempt or (instance.attempt == attempt and instance.status == "terminated"):
        engine, definition = engine_of(instance, ports)
        engine.stop(definition, execution_name(instance_id, attempt), "terminated")


def _retention_s(workflow: str | None, workflows: Mapping[str, Workflow]) -> int:
    known = workflows.get(workflow or "")
    if known is not None:
        return known.retention_s
    return max((each.retention_s for each in workflows.values()), default=RETENTION_DAYS * 86_400)
