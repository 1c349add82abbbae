"""The flow of a webhook, top to bottom.

``receive(request, ports) -> reply``: plain data in and out, no framework. Nothing is parsed, fetched or written before
the delivery is proven genuine: a forged one costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from verihook import instances
from verihook.errors import (
    BodyTooLarge,
    EventMalformed,
    InstanceNotFound,
    MethodNotAllowed,
    RequestInvalid,
    SourceNotFound,
    VerihookError,
)
from verihook.model import deadline
from verihook.model.instance import Instance, iso
from verihook.model.ports import Clock, Telemetry, Trace
from verihook.model.source import Source
from verihook.model.workflow import Workflow
from verihook.request import Reply, Request, json_reply, problem
from verihook.senders.body import parse_as
from verihook.senders.event import event_action, event_id, event_type, is_wanted, refined
from verihook.webhooks.intake import IntakeResult, ProvenEvent, start_for_event
from verihook.webhooks.outcome import note_refusal, report
from verihook.webhooks.welcome import Beside, is_for_a_browser, welcome

if TYPE_CHECKING:
    from verihook.model.front import Arrival
    from verihook.model.lock import Lock
    from verihook.model.ports.sets import OutcomePorts, ReceivePorts
    from verihook.senders.event import Body, EventPlaces
    from verihook.senders.handshake import BoundHandshake

PREFIX = "/hooks/"


def is_hook(path: str) -> bool:
    """Whether :func:`receive` answers at this path."""
    return path == "/" or path.startswith(PREFIX)


def is_routed(request: Request, arrival: Arrival, ports: ReceivePorts) -> bool:
    """Whether :func:`receive` answers at the public URL that was called, because a route of hooks.toml names it."""
    return arrival.public_url(request.base, request.path) in ports.routes


def receive(
    request: Request,
    ports: ReceivePorts,
    *,
    beside: Beside = "",
    trace: Trace | None = None,
    arrival: Arrival | None = None,
) -> Reply:
    """Answer one request; every error becomes problem+json. ``beside``: what else is at this address.

    ``trace``: what is known of the delivery before, which gets what becomes known of it; None for nothing.
    ``arrival``: how the request came, as the front says it; None if nothing rests on that.
    """
    if trace is None:
        trace = Trace(request.request_id, ports.clock.now_ms(), request=request)
    if arrival is not None:
        trace.arrival = arrival
    source = source_of(request, ports, arrival)
    with deadline.within(_patience_ms(source, ports.workflows), trace.received_at, ports.clock.now_ms):
        try:
            reply = _route(request, source, ports, trace, beside)
        except VerihookError as error:
            reply = _refusal(error, trace)
        except Exception as error:  # noqa: BLE001  # the last net: a defect of ours is answered, and seen
            ports.telemetry.failure(f"receive {request.request_id}", error)
            reply = _refusal(VerihookError("Something went wrong on our side; deliver again."), trace)
        if source is not None and source.sender.reply is not None and trace.source and trace.outcome != "handshake":
            reply = source.sender.reply.of(reply)
        report(trace, reply.status, ports)
        return reply


def source_of(request: Request, ports: ReceivePorts, arrival: Arrival | None) -> Source | None:
    """Return the source at the public URL, else at the path of the request; None if there is none.

    The caller's headers never choose it: ``arrival`` says how the request came as the front says it.
    """
    if arrival is not None and (name := ports.routes.get(arrival.public_url(request.base, request.path))):
        return ports.sources[name]
    if request.path == "/":
        return ports.sources.get(ports.default_source or "")
    return ports.sources.get(request.path.removeprefix(PREFIX)) if request.path.startswith(PREFIX) else None


def _patience_ms(source: Source | None, workflows: Mapping[str, Workflow]) -> int:
    """How long the answer may take, in milliseconds. A reader of a status is as patient as a sender."""
    if source is None:
        return deadline.LONGEST_MS
    workflow = workflows.get(source.workflow)
    # An Express machine goes alone.
    express = workflow is not None and workflow.express
    longest = deadline.LONGEST_EXPRESS_MS if express else deadline.LONGEST_MS
    return deadline.patience_ms(source.sender.timeout_s, longest)


def refuse_request(error: VerihookError, request_id: str, ports: OutcomePorts) -> Reply:
    """Answer, log and count what was refused before it became a Request."""
    trace = Trace(request_id, ports.clock.now_ms())
    reply = _refusal(error, trace)
    report(trace, reply.status, ports)
    return reply


def answer_unready(error: VerihookError, request_id: str, telemetry: Telemetry, clock: Clock) -> Reply:
    """Answer and log a request that came while the services cannot be made."""
    trace = Trace(request_id, clock.now_ms())
    reply = _refusal(error, trace)
    trace.status = reply.status
    telemetry.delivery(trace)
    return reply


def _refusal(error: VerihookError, trace: Trace) -> Reply:
    note_refusal(error, trace)
    return problem(error, trace.request_id)


def _route(request: Request, source: Source | None, ports: ReceivePorts, trace: Trace, beside: Beside) -> Reply:
    at_root = request.path == "/"
    asks = request.method in ("GET", "HEAD", "OPTIONS")
    if source and asks and (answer := _unsigned(request, source, ports.handshakes, trace)):
        if source.lock is not None:
            _check_lock(source.lock, trace)
        return answer
    takes_queries = source is not None and not at_root and source.sender.places.body == "query"
    if request.method in ("GET", "HEAD") and (at_root or source) and not takes_queries:
        trace.source, trace.outcome = None, "read"
        if at_root and not request.query and is_for_a_browser(request):
            return welcome(request.base, beside)
        return _read(request, None if at_root else source, ports)
    if source is None:
        raise SourceNotFound("No source is configured at this path.")
    trace.source = source.name
    if takes_queries and request.method != "GET":
        raise MethodNotAllowed("This source takes GET: its query is the event.", allow="GET")
    if not takes_queries and request.method != "POST":
        raise MethodNotAllowed("A source takes POST; GET with ?instanceId= reads a status.", allow="GET, POST")
    return _deliver(request, source, ports, trace)


def _deliver(request: Request, source: Source, ports: ReceivePorts, trace: Trace) -> Reply:
    """One delivery to one source: verify it, understand it, start an instance."""
    if source.lock is not None:
        _check_lock(source.lock, trace)
    if len(request.body) > source.max_body:
        raise BodyTooLarge(f"The body is larger than the {source.max_body} bytes that this source takes.")
    if answer := _unsigned(request, source, ports.handshakes, trace):
        return answer
    with deadline.part(deadline.CLAIM_SHARE):
        # A secret that is not known yet is fetched.
        proof = ports.verify[source.name](request, trace.received_at // 1000)
    trace.verified_by = proof.verified_by

    places = source.sender.places
    body = parse_as(places, request)
    handshake = ports.handshakes.get(source.name)
    if handshake is not None and (answer := handshake.signed(request, body.content)) is not None:
        trace.outcome = "handshake"
        return answer
    if places.each is not None:
        # Imported here: few sources need it.
        from verihook.webhooks.batches import take_batch

        return _answered(take_batch(source, body, request, proof.signed, ports, trace), trace.event_type)
    kind = event_type(places, request, body)
    action = event_action(places, request, body.content) if places.action else None
    wanted = not source.types or is_wanted(kind, source.types, action)
    delivery_event_id = (event_id if wanted else _id_if_any)(places, request, body)
    event = ProvenEvent(body.content, body.text, delivery_event_id, kind, request, proof.signed or None, action)
    return _answered(start_for_event(source, event, ports, trace), refined(kind, action))


def _check_lock(lock: Lock, trace: Trace) -> None:
    """Raise SenderRefused if the source takes nothing from where the delivery came. A trial comes from ourselves."""
    if not trace.test:
        trace.detail = lock.check(trace.arrival, trace.received_at // 1000)


def _id_if_any(places: EventPlaces, request: Request, body: Body) -> str | None:
    """The id for the log of an event of a type that is not wanted, which need not have one."""
    try:
        return event_id(places, request, body)
    except EventMalformed:
        return None


def _answered(result: IntakeResult, kind: str | None) -> Reply:
    """The answer to a delivery that was taken or ignored. ``kind``: the type of its event."""
    if result.reply is not None:
        return _replied(result, result.reply)
    if result.instance_id is None:
        told = {} if result.addressee is None else result.addressee.public()
        return json_reply(200, {"ignored": kind, **told})
    return _taken(result)


def _replied(result: IntakeResult, reply: Reply) -> Reply:
    """The answer of the source's entry; ``Location`` names the instance that has started, if one has."""
    if result.instance_id is not None:
        reply.headers["location"] = f"/?instanceId={result.instance_id}"
    return reply


def _taken(result: IntakeResult) -> Reply:
    """The answer that names the instance; if there are several, the first one and then all."""
    content: dict[str, object] = {
        "instanceId": result.instance_id,
        "status": result.status,
        "duplicate": result.duplicate,
    }
    if result.addressee is not None:
        content |= result.addressee.public(result.status)
    location = f"/?instanceId={result.instance_id}"
    if not result.others:
        return json_reply(200, content, {"location": location})
    named = (result, *result.others)
    content["instances"] = [
        {"workflow": each.workflow, "instanceId": each.instance_id, "status": each.status, "duplicate": each.duplicate}
        for each in named
    ]
    links = ", ".join(f'</?instanceId={each.instance_id}>; rel="item"' for each in named)
    return json_reply(200, content, {"location": location, "link": links})


def _unsigned(request: Request, source: Source, handshakes: Mapping[str, BoundHandshake], trace: Trace) -> Reply | None:
    """The answer to a handshake that its sender does not sign, None if the request is none. It starts nothing."""
    handshake = handshakes.get(source.name)
    if handshake is None:
        return None
    trace.source = source.name
    answer = handshake.unsigned(request)
    if answer is not None:
        trace.outcome = "handshake"
    return answer


def _read(request: Request, source: Source | None, ports: ReceivePorts) -> Reply:
    """The status of an instance, from one ledger item. ``source``: the one that started it; None for any."""
    asked = request.parameters()
    if source is None and any(name != "instanceId" for name, _ in asked):
        raise RequestInvalid("GET takes one query parameter, instanceId, and no other.")
    ids = [value for name, value in asked if name == "instanceId"]
    if len(ids) > 1:
        raise RequestInvalid("instanceId is in the query more than once; ask for one instance at a time.")
    instance_id = ids[0] if ids else None
    if instance_id is None:
        if source is not None:
            raise MethodNotAllowed("A source takes POST; GET needs ?instanceId=.", allow="GET, POST")
        # It only says that it answers. Whether the engines do is for /health to find out, and not often.
        return json_reply(200, {"service": "verihook", "status": "running"})
    instance = instances.get(instance_id, ports)
    elsewhere = source is not None and instance.source != source.name
    # An id that a caller of the API chose can be guessed.
    closed = instance.source is None and ports.policy.auth == "required"
    if elsewhere or closed:
        raise InstanceNotFound("There is no instance with this id.")
    headers = {"etag": f'"{instance.attempt}-{instance.status}-{instance.updated_at}"'}
    if not instance.final:
        headers["retry-after"] = "1"
    if request.header("if-none-match") == headers["etag"]:
        return Reply(304, b"", headers)
    return json_reply(200, _public(instance, ports), headers)


def _public(instance: Instance, ports: ReceivePorts) -> dict[str, object]:
    """What a caller who knows the id may see. Output and error only if the workflow has ``public_output``.

    Of a delivery that starts or resumes others, neither: there they name those others, which have ids of their own.
    """
    content: dict[str, object] = {
        "instanceId": instance.id,
        "workflow": instance.workflow,
        "status": instance.status,
        "createdAt": iso(instance.created_at),
        "updatedAt": iso(instance.updated_at),
    }
    workflow = ports.workflows.get(instance.workflow)
    if workflow is not None and workflow.public_output and not instance.runs_nothing:
        if instance.output is not None:
            content["output"] = instances.output_of(instance, ports.payloads)
        if instance.error is not None or instance.cause is not None:
            content["error"] = {"code": instance.error, "message": instance.cause}
    return content
