"""A start that a caller of the API asks for, and the checks of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from verihook.errors import RequestInvalid
from verihook.model.instance import INSTANCE_ID
from verihook.model.ports import Caller
from verihook.model.workflow import Workflow

#: ``replace`` means ``restart`` if the instance that has the id has ended, and ``fail`` if it has not.
OnConflict = Literal["fail", "return", "restart", "replace"]

#: Bounds of labels: how many, their characters, and their bytes together. They are matched whole, not searched in.
MAX_LABELS = 20
MAX_LABEL = 256
MAX_LABELS_BYTES = 8_192

#: The longest that a start can be delayed: a year, in milliseconds.
MAX_DELAY_MS = 366 * 86_400_000


@dataclass(frozen=True, slots=True)
class StartRequest:
    """A start that a caller of the API asks for. ``content`` is the parsed input; ``start_at`` in milliseconds.

    ``trace``: what :func:`verihook.model.trace_context.valid` made of the call's ``traceparent``.

    ``on_conflict``: what to do if the ``id`` is taken. ``version``: None for the configured version.
    ``clear_on_failure``: the idempotency key is free again if the instance that it started has failed.
    """

    workflow: str
    content: object = None
    id: str | None = None
    idempotency_key: str | None = None
    on_conflict: OnConflict = "fail"
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    start_at: int | None = None
    version: int | None = None
    connection: str | None = None
    callback_url: str | None = None
    clear_on_failure: bool = False
    trace: str | None = None


def check_request(request: StartRequest, workflow: Workflow, caller: Caller, now_ms: int) -> None:
    """Check the fields of the request. Raises RequestInvalid, which names the field."""
    if request.id is not None and not INSTANCE_ID.fullmatch(request.id):
        raise RequestInvalid(
            f"id: must be 1 to 64 letters, digits, underscores and inner hyphens (got {request.id[:65]!r})."
        )
    if request.clear_on_failure and (request.idempotency_key is None or request.id is not None):
        raise RequestInvalid("clearOnFailure: needs an idempotency key, and no id, which would stay taken.")
    if request.connection is not None and request.connection not in workflow.connections:
        raise RequestInvalid(f"connection: {_choice(workflow)} (got {request.connection[:63]!r}).")
    _check_labels(request)
    if request.start_at is not None and request.start_at > now_ms + MAX_DELAY_MS:
        raise RequestInvalid("startAt: must be at most a year from now.")
    if request.callback_url is not None:
        try:
            caller.check(request.callback_url)
        except ValueError as error:
            raise RequestInvalid(f"callbackUrl: {error}") from None


def _choice(workflow: Workflow) -> str:
    """Say which connections the workflow takes, for an error text."""
    if not workflow.connections:
        return f"the workflow {workflow.name!r} takes none, as hooks.toml gives it no connections"
    return f"the workflow {workflow.name!r} takes one of {', '.join(workflow.connections)}"


def _check_labels(request: StartRequest) -> None:
    if len(request.tags) + len(request.metadata) > MAX_LABELS:
        raise RequestInvalid(f"tags: must be at most {MAX_LABELS}, with the metadata.")
    labels = [*request.tags, *request.metadata, *request.metadata.values()]
    for label in labels:
        if not 0 < len(label) <= MAX_LABEL or not label.isprintable():
            raise RequestInvalid(
                f"tags: tags, metadata keys and values must have 1 to {MAX_LABEL} printable characters each."
            )
    if sum(len(label.encode("utf-8", "surrogatepass")) for label in labels) > MAX_LABELS_BYTES:
        raise RequestInvalid(f"tags: must have at most {MAX_LABELS_BYTES} bytes, with the metadata.")
