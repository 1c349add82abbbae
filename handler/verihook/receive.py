"""The flow of a webhook, top to bottom.

``receive(request, services) -> reply``: plain data in and out, no framework. Nothing is parsed, fetched or written
before the delivery is proven genuine. An accepted delivery costs one ledger write and one engine start, a duplicate
one write, a forged one nothing.
"""

from __future__ import annotations

from verihook import manage
from verihook.errors import (
    BodyTooLarge,
    Duplicate,
    InstanceNotFound,
    MethodNotAllowed,
    NotActive,
    SignatureError,
    SourceNotFound,
    VerihookError,
)
from verihook.event import event_id, event_type, parse, parse_json, wanted
from verihook.instance import Instance, Status, derive_id, iso
from verihook.ports import Services, Trace
from verihook.request import Reply, Request, json_reply, problem
from verihook.source import Source

PREFIX = "/hooks/"


def receive(request: Request, services: Services) -> Reply:
    """Answer one request. Raises nothing: every error becomes problem+json."""
    trace = Trace(request.request_id, services.clock.now_ms())
    try:
        reply = _route(request, services, trace)
    except VerihookError as error:
        reply = _refusal(error, trace)
    except Exception as error:  # noqa: BLE001  # the last net: a defect of ours is answered, and seen
        services.telemetry.failure(f"receive {request.request_id}", error)
        reply = _refusal(VerihookError("Something went wrong on our side; deliver again."), trace)
    return _told(_as_the_sender_wants(reply, trace, services), trace, services)


def _as_the_sender_wants(reply: Reply, trace: Trace, services: Services) -> Reply:
    """Some senders count an answer with a body, or one that is not 200, as failed. ``Location`` names the instance."""
    if trace.source is None or trace.outcome == "handshake" or not services.sources[trace.source].sender.bare:
        return reply
    reply.headers.pop("content-type", None)
    return Reply(200 if reply.status < 300 else reply.status, b"", reply.headers)


def refuse(error: VerihookError, request_id: str, services: Services) -> Reply:
    """Answer, log and count what was refused before it became a Request."""
    trace = Trace(request_id, services.clock.now_ms())
    return _told(_refusal(error, trace), trace, services)


def _refusal(error: VerihookError, trace: Trace) -> Reply:
    trace.outcome = "unavailable" if error.status >= 500 else "rejected"
    trace.reason = error.reason if isinstance(error, SignatureError) else error.code
    return problem(error, trace.request_id)


def _told(reply: Reply, trace: Trace, services: Services) -> Reply:
    """Tell the operators of an answer, and give it."""
    trace.status = reply.status
    trace.duration_ms = services.clock.now_ms() - trace.received_at
    services.telemetry.delivery(trace)
    if trace.reason is not None:
        services.observer.rejected(trace)
    if trace.verified_by == "previous":
        services.observer.previous(trace)
    return reply


def _route(request: Request, services: Services, trace: Trace) -> Reply:
    """The source is chosen by the path alone, never by the caller's headers."""
    at_root = request.path == "/"
    name = services.default_source if at_root else request.path.removeprefix(PREFIX)
    source = services.sources.get(name or "") if at_root or request.path.startswith(PREFIX) else None
    if source and request.method in ("GET", "HEAD") and (answer := _unsigned(request, source, services, trace)):
        return answer
    if request.method == "GET" and (at_root or source):
        trace.source, trace.outcome = None, "read"
        return _read(request, None if at_root else source, services)
    if source is None:
        raise SourceNotFound("No source is configured at this path.")
    trace.source = source.name
    if request.method != "POST":
        raise MethodNotAllowed("A source takes POST; GET with ?instanceId= tells a status.", allow="GET, POST")
    return _deliver(request, source, services, trace)


def _deliver(request: Request, source: Source, services: Services, trace: Trace) -> Reply:
    """One delivery to one source: verify, understand, claim, start."""
    if len(request.body) > source.max_body:
        raise BodyTooLarge(f"The body is larger than the {source.max_body} bytes that this source takes.")
    if answer := _unsigned(request, source, services, trace):
        return answer
    proof = services.verify[source.name](request, trace.received_at // 1000)
    trace.verified_by = proof.verified_by

    sender = source.sender
    body = parse(request, sender.places.form_field)
    handshake = services.handshakes.get(source.name)
    if handshake is not None and (answer := handshake.signed(request, body.content)) is not None:
        trace.outcome = "handshake"
        return answer
    trace.event_type = event_type(sender.places, request, body)
    if not wanted(trace.event_type, source.types):
        trace.outcome = "ignored"
        return json_reply(200, {"ignored": trace.event_type})
    trace.event_id = event_id(sender.places, request, body)

    instance = _instance(source, body.text, services, trace)
    services.workflows[source.workflow].validate(body.content)
    existing = services.ledger.claim(instance)
    if existing is not None:
        return _redelivered(existing, instance, source, services, trace)
    trace.outcome = "accepted"
    return _accepted(instance.id, manage.start(instance, services), duplicate=False)


def _unsigned(request: Request, source: Source, services: Services, trace: Trace) -> Reply | None:
    """The answer to a handshake that nobody signs, None where it is none: nothing is dispatched on one."""
    handshake = services.handshakes.get(source.name)
    if handshake is None:
        return None
    trace.source = source.name
    answer = handshake.unsigned(request)
    if answer is not None:
        trace.outcome = "handshake"
    return answer


def _instance(source: Source, text: str, services: Services, trace: Trace) -> Instance:
    """The row to claim. Its input holds nothing of the delivery but the body, so every retry starts the same."""
    workflow = services.workflows[source.workflow]
    if workflow.status != "active":
        raise NotActive(f"Workflow {workflow.name!r} must be active to run. Current status: {workflow.status}")
    limit = services.engines[workflow.engine].max_input
    # A character has at most 4 bytes: most bodies need no look at theirs.
    if len(text) * 4 > limit and len(text.encode("utf-8", "surrogatepass")) > limit:
        raise BodyTooLarge("The body is larger than the workflow's engine takes.")
    now = trace.received_at
    # A delivery of a sender without event ids is an event of its own.
    identity = f"id {trace.event_id}" if trace.event_id is not None else f"request {trace.request_id}"
    trace.instance_id = derive_id(services.instance_key, source.name, identity)
    return Instance(
        trace.instance_id,
        workflow.name,
        text,
        created_at=now,
        updated_at=now,
        version=workflow.version,
        source=source.name,
        event_id=trace.event_id,
        event_type=trace.event_type,
        due_at=now + services.pace.first_ms,
    )


def _redelivered(existing: Instance, fresh: Instance, source: Source, services: Services, trace: Trace) -> Reply:
    """The event is known already: the source's duplicate policy decides."""
    trace.outcome = "duplicate"
    if source.duplicates == "reject":
        raise Duplicate(f"The event was delivered before; its instance is {existing.id}.")
    if source.duplicates == "restart" and (attempt := manage.restart(existing, fresh, services)):
        return _accepted(attempt.id, manage.start(attempt, services), duplicate=True)
    return _accepted(existing.id, existing.status, duplicate=True)


def _accepted(instance_id: str, status: Status, *, duplicate: bool) -> Reply:
    return json_reply(
        202,
        {"instanceId": instance_id, "status": status, "duplicate": duplicate},
        {"location": f"/?instanceId={instance_id}"},
    )


def _read(request: Request, source: Source | None, services: Services) -> Reply:
    """The status of an instance, from one ledger item; ``source`` None for an instance of any."""
    instance_id = request.parameter("instanceId")
    if instance_id is None:
        if source is not None:
            raise MethodNotAllowed("A source takes POST; GET needs ?instanceId=.", allow="GET, POST")
        return json_reply(200, {"service": "verihook", "status": "running"})
    instance = manage.get(instance_id, services)
    if source is not None and instance.source != source.name:
        raise InstanceNotFound("There is no instance with this id.")
    headers = {"etag": f'"{instance.attempt}-{instance.status}-{instance.updated_at}"'}
    if not instance.final:
        headers["retry-after"] = "1"
    if request.header("if-none-match") == headers["etag"]:
        return Reply(304, b"", headers)
    return json_reply(200, _public(instance, services), headers)


def _public(instance: Instance, services: Services) -> dict[str, object]:
    """What whoever knows the id may see: output and error only where the workflow says so."""
    content: dict[str, object] = {
        "instanceId": instance.id,
        "workflow": instance.workflow,
        "status": instance.status,
        "createdAt": iso(instance.created_at),
        "updatedAt": iso(instance.updated_at),
    }
    workflow = services.workflows.get(instance.workflow)
    if workflow is not None and workflow.public_output:
        if instance.output is not None:
            content["output"] = parse_json(instance.output, "The output")
        if instance.error is not None or instance.cause is not None:
            content["error"] = {"code": instance.error, "message": instance.cause}
    return content
