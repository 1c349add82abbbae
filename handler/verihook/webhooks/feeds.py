"""Deliveries that come from SQS, SNS and EventBridge in place of HTTP.

They are not signed: AWS says who sends, by the ARN of the queue, the topic or the rule, and a source takes them only if
its ``feed`` is that ARN. They end in :mod:`verihook.webhooks.intake` as deliveries over HTTP do, so filter, schema,
duplicates and limits are the same.

An event of a bus does not say which rule brought it, so the rule's target has this input template:
``{"feed": <aws.events.rule-arn>, "event": <aws.events.event.json>}``
(https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from verihook.errors import Duplicate, EventMalformed, RequestInvalid, SourceNotFound, VerihookError
from verihook.instances import tasks
from verihook.model.ports import EntryFailed, Trace
from verihook.model.source import Source
from verihook.records import replace
from verihook.request import Request, json_text
from verihook.senders import cloudevents
from verihook.senders.body import parse_as
from verihook.senders.event import Body, event_action, event_id, event_type
from verihook.strict_json import parse_json
from verihook.webhooks.intake import IntakeResult, ProvenEvent, start_for_event
from verihook.webhooks.outcome import note_refusal, report

if TYPE_CHECKING:
    from verihook.model.ports.sets import FeedPorts, MessagePorts

#: What an invocation needs for one message, in milliseconds: two calls of AWS that are slow.
_ROOM_MS = 10_000

#: CloudEvents on a bus, through a topic, in a queue: more than that is a mistake.
_MAX_ENVELOPES = 4

#: https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
_SNS = ("Type", "MessageId", "TopicArn", "Message")

#: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
_EVENTBRIDGE = ("id", "detail-type", "source", "account", "region", "time", "detail")


@dataclass(frozen=True, slots=True)
class Message:
    """One message. ``id`` is the carrier's and survives redelivery.

    ``attributes`` serve as headers, names in lower case. ``group``: messages of one group are taken in their order; ""
    for a message without a group.
    """

    id: str
    feed: str
    text: str
    attributes: tuple[tuple[str, str], ...] = ()
    group: str = ""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What an envelope says of the event in it. If the same event is published again, its ``id`` is another."""

    id: str | None = None
    type: str | None = None


def handle(event: Mapping[str, Any], ports: FeedPorts, left: Callable[[], int] | None = None) -> Any:
    """Answer one invocation of the Lambda function ``Feeds``: the task of a state machine, or messages.

    For messages return ``{"batchItemFailures": [{"itemIdentifier"}]}``, the messages of SQS to deliver again. Raise as
    :func:`verihook.instances.tasks.answer` and :func:`take_messages` do.
    """
    if tasks.is_task(event):
        return tasks.answer(event, ports)
    return {"batchItemFailures": [{"itemIdentifier": each} for each in take_messages(event, ports, left)]}


def take_messages(event: Mapping[str, Any], ports: MessagePorts, left: Callable[[], int] | None = None) -> list[str]:
    """Take every message of an event. Return the ids of those of SQS that are to be delivered again.

    ``left()``: how long the invocation may still run, in milliseconds. SNS and EventBridge cannot be answered in part:
    raise the first failure after all were tried. Raises RequestInvalid for an event of no known shape.
    """
    messages, in_part = _messages(event)
    failed: list[str] = []
    groups: set[str] = set()
    first: Exception | None = None
    for number, message in enumerate(messages):
        no_time = in_part and number > 0 and left is not None and left() < _ROOM_MS
        if no_time or message.group in groups:
            failed.append(message.id)
            continue
        try:
            _take_message(message, ports)
        except Exception as error:  # noqa: BLE001  # one failure must not stop the other messages
            # In words, for the operator who finds the message in the dead-letter queue.
            ports.telemetry.failure(f"feed {message.feed} {message.id}", error)
            first = first or error
            failed.append(message.id)
            groups |= {message.group} - {""}
    if first is not None and not in_part:
        raise first
    return failed


def _take_message(message: Message, ports: MessagePorts) -> None:
    """Take a message for every source with its feed. Raises the first refusal, after all sources had it."""
    sources = [source for source in ports.sources.values() if source.feed and source.feed == message.feed]
    if not sources:
        raise SourceNotFound(f"No source has the feed {message.feed[:200]!r}.")
    refusal: VerihookError | None = None
    for source in sources:
        trace = Trace(message.id, ports.clock.now_ms(), source.name)
        try:
            trace.request = _request_of(message)
            taken = _take_for(source, message, trace.request, ports, trace)
            status = 200 if taken.reply is None else taken.reply.status
            if status >= 400:
                refusal = refusal or EntryFailed(f"it answered {status}")
        except Duplicate as error:
            # The source refuses an event that it knows; to deliver the message again would not help.
            trace.outcome, trace.reason, status = "duplicate", error.code, error.status
        except VerihookError as error:
            note_refusal(error, trace)
            status = error.status
            refusal = refusal or error
        report(trace, status, ports)
    if refusal is not None:
        raise refusal


def _take_for(source: Source, message: Message, request: Request, ports: MessagePorts, trace: Trace) -> IntakeResult:
    if source.sender.places.each is None:
        return start_for_event(source, _event_of(source, message, request), ports, trace)
    # Imported here: few sources need it.
    from verihook.webhooks.batches import take_batch

    body, _ = _body_of(source, message, request)
    return take_batch(source, body, request, None, ports, trace)


def _request_of(message: Message) -> Request:
    """The message in the form of a request; its path is the ARN of its feed."""
    sent = message.text.encode("utf-8", "surrogatepass")
    return Request("POST", message.feed, "", message.attributes, sent, message.id)


def _event_of(source: Source, message: Message, request: Request) -> ProvenEvent:
    """The event of a message. It is the same one whatever carries it, so its own id and type come first."""
    body, envelope = _body_of(source, message, request)
    kind = event_type(source.sender.places, request, body)
    delivery_event_id = _event_id(source, request, body, envelope)
    action = event_action(source.sender.places, request, body.content)
    return ProvenEvent(body.content, body.text, delivery_event_id, kind or envelope.type, request, action=action)


def _body_of(source: Source, message: Message, request: Request) -> tuple[Body, Envelope]:
    """The body of a message, and what the innermost envelope says of it. The detail of a bus is always JSON."""
    places = source.sender.places
    if places.body == "json":
        return unwrap(message.text, parse_json(message.text, "The message"))
    text, envelope = _innermost(message.text, Envelope())
    if _has_members(content := _json_or_none(text), _EVENTBRIDGE):
        return unwrap(text, content)
    return parse_as(places, replace(request, body=text.encode("utf-8", "surrogatepass"))), envelope


def _innermost(text: str, envelope: Envelope, depth: int = 0) -> tuple[str, Envelope]:
    """The text in the notifications of topics around it, and what the innermost of these says."""
    content = _json_or_none(text)
    if depth > _MAX_ENVELOPES or not _is_notification(content):
        return text, envelope
    return _innermost(str(content["Message"]), Envelope(str(content["MessageId"])), depth + 1)


def _json_or_none(text: str) -> Any:
    try:
        return parse_json(text, "The message")
    except EventMalformed:
        return None


def _event_id(source: Source, request: Request, body: Body, envelope: Envelope) -> str | None:
    """The event's id: a CloudEvent's own, else the sender's, else the envelope's. None if the body is the identity."""
    places = source.sender.places
    placed = places.id.read(request, body.content) if places.id is not None else None
    if body.id is not None and (placed is None or not cloudevents.has_id(body, str(placed))):
        return body.id
    if placed is not None:
        # Both say the same id, or there is no CloudEvent: it is the id that the event has over HTTP.
        return event_id(places, request, replace(body, id=None))
    return None if source.by_body else envelope.id or request.request_id


def unwrap(text: str, content: Any, depth: int = 0) -> tuple[Body, Envelope]:
    """A message without the envelopes of SNS, EventBridge and CloudEvents around it, and what the innermost says.

    ``content`` is the parsed text. Raises EventMalformed or UnsupportedMediaType.
    """
    if depth > _MAX_ENVELOPES:
        raise EventMalformed("The message is in too many envelopes.")
    if cloudevents.is_event(content):
        return cloudevents.body_of(content), Envelope()
    if _is_notification(content):
        inner = str(content["Message"])
        body, envelope = unwrap(inner, parse_json(inner, "The message of the topic"), depth + 1)
        return body, envelope if envelope.id else Envelope(str(content["MessageId"]))
    if _has_members(content, _EVENTBRIDGE):
        detail = content["detail"]
        body, envelope = unwrap(_json_of(detail), detail, depth + 1)
        return body, envelope if envelope.id else Envelope(str(content["id"]), str(content["detail-type"]))
    return Body(text, content), Envelope()


def _is_notification(content: Any) -> bool:
    return _has_members(content, _SNS) and bool(content["Type"] == "Notification")


def _json_of(content: object) -> str:
    try:
        return json_text(content)
    except RecursionError:
        raise EventMalformed("The message is nested too deep.") from None


def _has_members(content: object, members: tuple[str, ...]) -> bool:
    return isinstance(content, dict) and all(name in content for name in members)


def _messages(event: Mapping[str, Any]) -> tuple[list[Message], bool]:
    """The messages, and whether single ones of them can be asked for again."""
    match event:
        case {"Records": [{"eventSource": "aws:sqs"}, *_]}:
            return [_of_queue(record) for record in event["Records"]], True
        case {"Records": [{"EventSource": "aws:sns"}, *_]}:
            return [_of_topic(record["Sns"]) for record in event["Records"]], False
        case {"feed": str(feed), "event": dict(inner)}:
            return [_of_rule(feed, inner)], False
        case {"feed": str(feed), "event": str(text)}:
            return [_of_rule(feed, parse_json(text, "The event of the rule"))], False
        case {"detail-type": _, "source": _}:
            raise RequestInvalid(
                "The event does not say which rule brought it. Give the target of the rule the input template "
                '{"feed": <aws.events.rule-arn>, "event": <aws.events.event.json>}.'
            )
    raise RequestInvalid("The event must be one of SQS, SNS, EventBridge or a state machine.")


def _of_queue(record: Mapping[str, Any]) -> Message:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html. Of a FIFO queue, a group keeps its order."""
    group = str(record.get("attributes", {}).get("MessageGroupId", ""))
    feed = str(record["eventSourceARN"])
    attributes = tuple(_texts(record.get("messageAttributes") or {}, "stringValue"))
    return Message(
        str(record["messageId"]), feed, str(record["body"]), attributes, group if feed.endswith(".fifo") else ""
    )


def _of_topic(notification: Mapping[str, Any]) -> Message:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html."""
    attributes = tuple(_texts(notification.get("MessageAttributes") or {}, "Value"))
    topic = str(notification["TopicArn"])
    return Message(str(notification["MessageId"]), topic, _json_of(notification), attributes)


def _of_rule(feed: str, event: object) -> Message:
    if not _has_members(event, _EVENTBRIDGE) or not isinstance(event, dict):
        raise EventMalformed("The event of the rule lacks members of an EventBridge event.")
    return Message(str(event["id"]), feed, _json_of(event))


def _texts(attributes: Mapping[str, Any], member: str) -> Iterator[tuple[str, str]]:
    for name, attribute in attributes.items():
        if isinstance(attribute, dict) and isinstance(attribute.get(member), str):
            yield name.lower(), attribute[member]
