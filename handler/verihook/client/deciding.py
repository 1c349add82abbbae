"""Operations about what people decide: who sent an event, and what of the failures is done with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from verihook.client import decoding
from verihook.client.records import Content, Instance
from verihook.client.wire import Request, Work, path


@dataclass(frozen=True, slots=True)
class SentEvent:
    """An event that was sent through the API. ``by``: the id of the key, or the way in of a caller without one."""

    name: str
    id: str | None
    at: datetime
    by: str
    raw: Content = field(repr=False, compare=False, default_factory=dict)


def sent_events(instance_id: str) -> Work[tuple[SentEvent, ...]]:
    """Return who sent the last 50 events of the attempt through the API, the oldest first. Raises NotFound."""
    answer = yield Request("GET", path("instances", instance_id, "events"))
    return answer.read(lambda content: tuple(_sent_event(each) for each in content.get("sent", [])))


def dismiss_failures(
    workflow: str | None = None, error: str | None = None, *, instance_id: str | None = None, note: str = ""
) -> Work[Content]:
    """Set aside the failures of a workflow with an error, or the callback of an instance that was given up.

    Return who has dismissed it, and when. It is listed again when it fails again. Raises NotFound, Forbidden.
    """
    which = {"workflow": workflow, "error": error} if instance_id is None else {"instanceId": instance_id}
    answer = yield Request("POST", path("failures", "dismiss"), body={**which, "note": note})
    return answer.read(lambda content: dict(content["dismissed"]))


def send_callback(instance_id: str) -> Work[Instance]:
    """Have the callback of an instance that has ended sent again. Raises NotFound, Conflict (it has none)."""
    answer = yield Request("POST", path("instances", instance_id, "callback"))
    return answer.read(decoding.instance)


def _sent_event(content: Content) -> SentEvent:
    by = content["by"].get("keyId") or content["by"]["entry"]
    return SentEvent(content["name"], content.get("id"), datetime.fromisoformat(content["at"]), by, content)
