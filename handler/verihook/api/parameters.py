"""What callers send, checked by pydantic: no type is bent into another, and an unknown member is refused."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from verihook.api.problems import invalid
from verihook.errors import RequestInvalid
from verihook.instances.dismissals import MAX_NOTE
from verihook.instances.start_request import MAX_LABEL
from verihook.model.instance import Status
from verihook.model.job import MAX_RATE, RATE, Action
from verihook.model.ports.ledger import MAX_ERROR
from verihook.webhooks.trials import Kind

_ID = "order-1042"

InstanceId = Annotated[
    str, Path(alias="instanceId", description="1 to 64 letters, digits, - and _", examples=["order-1042"])
]

KeyId = Annotated[str, Path(alias="keyId", description="the key's public id", examples=["0f2a9c41b7d35e68"])]

JobId = Annotated[str, Path(alias="jobId", description="of a job", examples=["0e5b2c8d4f13a9c2e77"])]

WorkflowName = Annotated[str, Path(description="a workflow of hooks.toml", examples=["order-created"])]


def camel(name: str) -> str:
    """``start_at`` as ``startAt``."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


class _RequestBody(BaseModel):
    """What a caller sends: no type is bent into another, and an unknown member is refused."""

    model_config = ConfigDict(alias_generator=camel, populate_by_name=False, extra="forbid", strict=True)


class Start(_RequestBody):
    """A start. ``delay``: seconds, or such as ``90s``, ``15m``, ``2h``, ``7d``; not together with ``startAt``."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"input": {"orderId": "1042"}, "id": _ID, "tags": ["vip"]}]},
    )

    input: Any = Field(None, description="what the workflow gets; checked against its schema")
    id: str | None = Field(None, description="the instance's id: 1 to 64 letters, digits, - and _; made if absent")
    idempotency_key: str | None = Field(None, description="the same as the header Idempotency-Key")
    on_conflict: Literal["fail", "return", "restart"] = Field("fail", description="what an id that is taken does")
    tags: list[str] = Field(default_factory=list, max_length=20)
    metadata: dict[str, str] = Field(default_factory=dict, max_length=20)
    start_at: str | None = Field(None, description="ISO 8601 with an offset; at most a year from now")
    delay: int | str | None = Field(None, description="seconds, or such as 90s, 15m, 2h, 7d; instead of startAt")
    version: int | None = Field(None, description="refused if the workflow has another")
    connection: str | None = Field(None, description="one of those that the workflow takes")
    callback_url: str | None = Field(None, description="gets a signed POST when the instance ends")
    clear_on_failure: bool = Field(
        default=False, description="the idempotency key is free again if the instance that it began has failed"
    )


class Batch(_RequestBody):
    """Up to 100 starts of one workflow."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"instances": [{"input": {"orderId": "1"}}, {"input": {"orderId": "2"}}]}]},
    )

    instances: list[Any] = Field(min_length=1, max_length=100, description="each as the body of a single start")


class Dismiss(_RequestBody):
    """What nothing is to be done about: failures of a workflow with an error, or a callback that was given up."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"workflow": "order-created", "error": "NoStock", "note": "sold out; refunded"}]
        }
    )

    workflow: str | None = Field(None, max_length=64)
    error: str | None = Field(None, max_length=MAX_ERROR, description="as the group has it; null for none")
    instance_id: str | None = Field(None, max_length=64, description="whose callback it is; instead of workflow")
    note: str = Field("", max_length=MAX_NOTE, description="why; kept with it")


class Terminate(_RequestBody):
    """Why, and what the instance is to have for an output."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "ordered twice"}]})

    reason: str = Field("", max_length=1000)
    output: Any = None


class Suspend(_RequestBody):
    """Why."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "stock count"}]})

    reason: str = Field("", max_length=1000)


class Replay(_RequestBody):
    """How a delivery is replayed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"asNew": True}]})

    as_new: bool = Field(
        default=False, description="as an instance of its own; else as the next attempt of its instance"
    )


class JobFilter(_RequestBody):
    """What an instance has to be, all of it; one member at least."""

    workflow: str | None = None
    status: Status | None = None
    source: str | None = Field(None, description="whose deliveries began them")
    tag: str | None = None
    metadata: dict[str, str] = Field(default_factory=dict, max_length=20, description="pairs, all of which it has")
    since: str | None = Field(None, description="created then or later")
    until: str | None = Field(None, description="created before; the job's own beginning at the latest")


class NewJob(_RequestBody):
    """One action on every instance that the filter matches. ``dryRun``: count them, and do nothing."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"action": "redrive", "filter": {"workflow": "order-created", "status": "failed"}, "dryRun": True}
            ]
        },
    )

    action: Action
    filter: JobFilter
    dry_run: bool = False
    as_new: bool = Field(
        default=False, description="`replay` alone: as instances of their own; else as the next attempt of each"
    )
    rate: int = Field(RATE, ge=1, le=MAX_RATE, description="actions a second, at most")


class Capture(_RequestBody):
    """For how long refused requests are kept, how many, and of which reasons; none: of all."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"minutes": 10, "reasons": ["signature-mismatch"]}]})

    minutes: int = Field(10, ge=1, le=60)
    samples: int = Field(20, ge=1, le=20)
    reasons: list[Annotated[str, Field(pattern="^[a-z0-9-]{1,100}$")]] = Field(default_factory=list, max_length=20)


class NewTrial(_RequestBody):
    """A delivery that the server sends to the source, as its sender would. ``body`` absent: an example event."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"kind": "tampered"}]})

    kind: Kind = "signed"
    body: str | None = Field(None, description="the very text of the body")
    type: str | None = Field(None, max_length=256, description="of the event, if the sender has it in a header")
    content_type: str | None = Field(None, max_length=256, pattern="^[!-~ ]+$")
    confirm: str | None = Field(None, description="in AWS: the name of the workflow that the source starts")


class NewKey(_RequestBody):
    """A key to be made. ``expires``: such as ``90d``, or a time; null for no end."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "ci", "scopes": ["workflows:execute"], "workflows": ["order-*"], "expires": "90d"}]
        },
    )

    name: str
    scopes: list[str] = Field(min_length=1, max_length=20)
    workflows: list[str] = Field(default_factory=list, max_length=100)
    expires: str | None = None


class Rotate(_RequestBody):
    """How long the old key goes on beside the new one, and when the new one ends."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"overlap": "24h"}]})

    overlap: int | str = Field("24h", description="seconds, or such as 90s, 15m, 2h, 7d")
    expires: str | None = Field(None, description="such as 90d, or a time; absent: lasts as long as the old one")


T = TypeVar("T", bound=_RequestBody)


def check_filter(name: str, *texts: str | None) -> None:
    """Raise RequestInvalid, which names the filter, for a text that no instance can have."""
    for text in texts:
        if text is not None and not (0 < len(text) <= MAX_LABEL and text.isprintable()):
            raise RequestInvalid(f"{name}: must be 1 to {MAX_LABEL} printable characters.")


def validated(model: type[T], content: object) -> T:
    """The content as what the model says. Raises InputInvalid with every violation."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise invalid(error) from None


#: A header as OpenAPI tells it: those that are read from the request where they are used.
PREFER = {
    "name": "Prefer",
    "in": "header",
    "description": "wait up to N seconds for the end: `respond-async, wait=N`",
    "schema": {"type": "string", "examples": ["respond-async, wait=10"]},
}
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "the same key again gives the same instance, for 24 hours if the deployment says nothing else",
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$", "examples": ["order-1042-created"]},
}


def takes_model(model: type[BaseModel], *headers: dict[str, Any], required: bool = True) -> dict[str, Any]:
    """The ``openapi_extra`` of an operation that reads this model from its body."""
    return {**_body(model.model_json_schema(), required), **_headers(headers)}


def takes_json(description: str, example: object, *headers: dict[str, Any]) -> dict[str, Any]:
    """The ``openapi_extra`` of an operation whose body is any JSON, or nothing."""
    return {**_body({"description": description, "examples": [example]}, required=False), **_headers(headers)}


def _headers(headers: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    return {"parameters": list(headers)} if headers else {}


def _body(schema: dict[str, Any], required: bool) -> dict[str, Any]:
    return {"requestBody": {"required": required, "content": {"application/json": {"schema": schema}}}}
