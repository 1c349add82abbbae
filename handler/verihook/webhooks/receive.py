"""The flow of a webhook, top to bottom.

``receive(request, services) -> reply``: plain data in and out, no framework. Nothing is parsed, fetched or written
before the delivery is proven genuine: a forged one costs nothing.
"""

from __future__ import annotations

from verihook import instances
from verihook.errors import (
    BodyTooLarge,
    InstanceNotFound,
    MethodNotAllowed,
    RequestInvalid,
    SourceNotFound,
    VerihookError,
)
from verihook.model import deadline
from verihook.model.instance import Instance, iso
from verihook.model.ports import Clock, Services, Telemetry, Trace
from verihook.model.source import Source
from verihook.request import Reply, Request, json_reply, problem
from verihook.senders.body import parse
from verihook.senders.event import event_id, event_type, wanted
from verihook.webhooks.intake import Arrival, take
from verihook.webhooks.refused import note
from verihook.webhooks.welcome import is_for_a_browser, welcome

PREFIX = "/hooks/"


def is_hook(path: str) -> bool:
    """Whether :func:`receive` answers at this path."""
    return path == "/" or path.startswith(PREFIX)


def receive(request: Request, services: Services, *, with_api: bool = False) -> Reply:
    """Answer one request. Raises nothing: every error becomes problem+json. ``with_api``: it is here too."""
    trace = Trace(request.request_id, services.clock.now_ms())
    source = _source(request, services)
    with deadline.within(_patience_ms(source, services), trace.received_at, services.clock.now_ms):
        try:
            reply = _route(request, source, services, trace, with_api)
        except VerihookError as error:
            reply = _refusal(error, trace)
        except Exception as error:  # noqa: BLE001  # the last net: a defect of ours is answered, and seen
            services.telemetry.failure(f"receive {request.request_id}", error)
            reply = _refusal(VerihookError("Something went wrong on our side; deliver again."), trace)
        return _told(_as_the_sender_wants(reply, trace, services), trace, services)


def _source(request: Request, services: Services) -> Source | None:
    """The source is chosen by the path alone, never by the caller's headers."""
    if request.path == "/":
        return services.sources.get(services.default_source or "")
    return services.sources.get(request.path.removeprefix(PREFIX)) if request.path.startswith(PREFIX) else None


def _patience_ms(source: Source | None, services: Services) -> int:
    """What the answer may take. Whoever reads a status is as patient as a sender."""
    if source is None:
        return deadline.LONGEST_MS
    workflow = services.workflows.get(source.workflow)
    express = workflow is not None and workflow.express
    longest = deadline.LONGEST_EXPRESS_MS if express else deadline.LONGEST_MS
    return deadline.patience_ms(source.sender.timeout_s, longest)


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


def unready(error: VerihookError, request_id: str, telemetry: Telemetry, clock: Clock) -> Reply:
    """Answer and log a request that came while there are no services."""
    trace = Trace(request_id, clock.now_ms())
    reply = _refusal(error, trace)
    trace.status = reply.status
    telemetry.delivery(trace)
    return reply


def _refusal(error: VerihookError, trace: Trace) -> Reply:
    note(error, trace)
    return problem(error, trace.request_id)


def _told(reply: Reply, trace: Trace, services: Services) -> Reply:
    """Record what became of a request, tell the operators of it, and give the answer."""
    trace.status = reply.status
    trace.duration_ms = services.clock.now_ms() - trace.received_at
    if trace.reason is not None:
        services.observer.rejected(trace)
    if trace.changed:
        services.observer.changed(trace)
    if trace.replay_of is not None:
        services.observer.replayed(trace)
    if trace.verified_by == "previous":
        services.observer.previous(trace)
    services.telemetry.delivery(trace)
    return reply


def _route(request: Request, source: Source | None, services: Services, trace: Trace, with_api: bool) -> Reply:
    at_root = request.path == "/"
    if source and request.method in ("GET", "HEAD") and (answer := _unsigned(request, source, services, trace)):
        return answer
    if request.method in ("GET", "HEAD") and (at_root or source):
        trace.source, trace.outcome = None, "read"
        if at_root and not request.query and is_for_a_browser(request):
            return welcome(request.base, with_api=with_api)
        return _read(request, None if at_root else source, services)
    if source is None:
        raise SourceNotFound("No source is configured at this path.")
    trace.source = source.name
    if request.method != "POST":
        raise MethodNotAllowed("A source takes POST; GET with ?instanceId= tells a status.", allow="GET, POST")
    return _deliver(request, source, services, trace)


def _deliver(request: Request, source: Source, services: Services, trace: Trace) -> Reply:
    """One delivery to one source: verify, understand, take."""
    if len(request.body) > source.max_body:
        raise BodyTooLarge(f"The body is larger than the {source.max_body} bytes that this source takes.")
    if answer := _unsigned(request, source, services, trace):
        return answer
    with deadline.part(deadline.TAKING):
        # A secret that is not at hand is asked for.
        proof = services.verify[source.name](request, trace.received_at // 1000)
    trace.verified_by = proof.verified_by

    places = source.sender.places
    body = parse(request, places.form_field, places.envelope)
    handshake = services.handshakes.get(source.name)
    if handshake is not None and (answer := handshake.signed(request, body.content)) is not None:
        trace.outcome = "handshake"
        return answer
    kind = event_type(places, request, body)
    # What is not wanted need not have an id.
    number = event_id(places, request, body) if wanted(kind, source.types) else None
    taken = take(source, Arrival(body.content, body.text, number, kind, proof.signed or None), services, trace)
    if taken.instance_id is None:
        return json_reply(200, {"ignored": kind})
    return json_reply(
        202,
        {"instanceId": taken.instance_id, "status": taken.status, "duplicate": taken.duplicate},
        {"location": f"/?instanceId={taken.instance_id}"},
    )


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


def _read(request: Request, source: Source | None, services: Services) -> Reply:
    """The status of an instance, from one ledger item; ``source`` None for an instance of any."""
    asked = request.parameters()
    if source is None and any(name != "instanceId" for name, _ in asked):
        raise RequestInvalid("GET takes one query parameter, instanceId, and no other.")
    ids = [value for name, value in asked if name == "instanceId"]
    if len(ids) > 1:
        raise RequestInvalid("instanceId stands more than once in the query: ask for one instance at a time.")
    instance_id = ids[0] if ids else None
    if instance_id is None:
        if source is not None:
            raise MethodNotAllowed("A source takes POST; GET needs ?instanceId=.", allow="GET, POST")
        # That it answers is all that it knows: whether the engines do is asked by /health, and seldom.
        return json_reply(200, {"service": "verihook", "status": "running"})
    instance = instances.get(instance_id, services)
    elsewhere = source is not None and instance.source != source.name
    # An id that a caller of the API chose can be guessed.
    closed = instance.source is None and services.policy.auth == "required"
    if elsewhere or closed:
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
            content["output"] = instances.output_of(instance, services.payloads)
        if instance.error is not None or instance.cause is not None:
            content["error"] = {"code": instance.error, "message": instance.cause}
    return content
