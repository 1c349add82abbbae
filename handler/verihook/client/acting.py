"""Operations that change an instance.

``terminate``, ``restart``, ``redrive`` and ``purge`` would do something else, or be refused, the second time, so they
are sent again only if the server cannot have received them.
"""

from __future__ import annotations

import uuid
from typing import Any

from verihook.client import decoding
from verihook.client.records import Instance
from verihook.client.wire import NO_BODY, Request, Work, path


def terminate(instance_id: str, reason: str = "", *, output: Any = NO_BODY) -> Work[Instance]:
    """End it; ``output``, if given, becomes its output. Raises NotFound, Conflict (it has ended), NotSupported."""
    body = {"reason": reason} if output is NO_BODY else {"reason": reason, "output": output}
    return (yield from _act(instance_id, "terminate", body, repeatable=False))


def suspend(instance_id: str, reason: str = "") -> Work[Instance]:
    """Let it start no new step; if it is suspended, it stays so. Raises NotFound, Conflict, NotSupported."""
    return (yield from _act(instance_id, "suspend", {"reason": reason}))


def resume(instance_id: str) -> Work[Instance]:
    """Let the instance go on. One that is not suspended stays as it is. Raises NotFound, Conflict, NotSupported."""
    return (yield from _act(instance_id, "resume"))


def restart(instance_id: str) -> Work[Instance]:
    """Begin a new attempt with the same input; stop a running one first. Raises NotFound, Conflict, RateLimited."""
    return (yield from _act(instance_id, "restart", repeatable=False))


def redrive(instance_id: str) -> Work[Instance]:
    """Let the instance go on from where it failed. Raises NotFound, Conflict (it has not failed), RateLimited."""
    return (yield from _act(instance_id, "redrive", repeatable=False))


def purge(instance_id: str, *, force: bool = False) -> Work[None]:
    """Delete what is kept of it. Raises NotFound, and Conflict while it runs, unless ``force`` terminates it."""
    query = {"force": "true"} if force else {}
    yield Request("DELETE", path("instances", instance_id), query, repeatable=False)


def raise_event(instance_id: str, name: str, payload: Any = None, *, event_id: str | None = None) -> Work[Instance]:
    """Raise an event for the instance: the oldest wait for this name gets it, or it is kept until one comes.

    ``event_id``: a second event with the same id changes nothing; made if absent. Raises NotFound, Conflict (it has
    ended), NotSupported.
    """
    query = {"eventId": str(uuid.uuid4()) if event_id is None else event_id}
    answer = yield Request("POST", path("instances", instance_id, "events", name), query, body=payload)
    return answer.read(decoding.instance)


def _act(instance_id: str, what: str, body: Any = NO_BODY, *, repeatable: bool = True) -> Work[Instance]:
    answer = yield Request("POST", path("instances", instance_id, what), body=body, repeatable=repeatable)
    return answer.read(decoding.instance)
