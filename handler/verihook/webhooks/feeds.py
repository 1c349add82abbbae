"""Deliveries that come from SQS, SNS and EventBridge in place of HTTP.

Nobody signs them: AWS says who sends, by the ARN of the queue, the topic or the rule, and a source takes them only
where its ``feed`` is that ARN. They meet the deliveries over HTTP in :mod:`verihook.webhooks.intake`, so filter,
schema, duplicates and limits are the same.

An event bus does not say in an event which rule brought it, so the rule's target has this input template:
``{"feed": <aws.events.rule-arn>, "event": <aws.events.event.json>}``
(https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from verihook.errors import Duplicate, EventMalformed, RequestInvalid, SourceNotFound, VerihookError
from verihook.instances import tasks
from verihook.model.ports import Services, Trace
from verihook.model.source import Source
from verihook.records import replace
from verihook.request import Request, json_text
from verihook.senders import cloudevents
from verihook.senders.event import Body, event_id, event_type
from verihook.strict_json import parse_json
from verihook.webhooks.intake import Arrival, take
from verihook.webhooks.refused import note

#: What an invocation needs for one message, in milliseconds: two calls of AWS that are slow.
_ROOM_MS = 10_000

#: CloudEvents on a bus, through a topic, in a queue: more is nobody's intent.
_MAX_ENVELOPES = 4

#: https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
_SNS = ("Type", "MessageId", "TopicArn", "Message")

#: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
_EVENTBRIDGE = ("id", "detail-type", "source", "account", "region", "time", "detail")


@dataclass(frozen=True, slots=True)
class Message:
    """One message. ``id`` is the carrier's and survives redelivery.

    ``attributes`` stand for headers, names in lower case. ``group``: messages of one are taken in their order, "" for
    none.
    """

    id: str
    feed: str
    text: str
    attributes: tuple[tuple[str, str], ...] = ()
    group: str = ""


@dataclass(frozen=True, slots=True)
class Carrier:
    """What an envelope says of the event in it. Another publishing of the same event has another ``id``."""

    id: str | None = None
    type: str | None = None


def handle(event: Mapping[str, Any], services: Services, left: Callable[[], int] | None = None) -> Any:
    """One invocation of the Lambda function ``Feeds``: what a state machine asks, or messages.

    Of messages ``{"batchItemFailures": [{"itemIdentifier"}]}``: those of SQS that are to be brought again. Raises as
    :func:`verihook.instances.tasks.answer` and :func:`take_all` do.
    """
    if tasks.is_task(event):
        return tasks.answer(event, services)
    return {"batchItemFailures": [{"itemIdentifier": each} for each in take_all(event, services, left)]}


def take_all(event: Mapping[str, Any], services: Services, left: Callable[[], int] | None = None) -> list[str]:
    """Take every message of an event; the ids of those of SQS that are to be brought again.

    ``left``: how long the invocation may still go on, in milliseconds. SNS and EventBridge cannot be answered in part:
    raises the first failure after all were tried. Raises RequestInvalid for an event of no known shape.
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
            _take(message, services)
        except Exception as error:  # noqa: BLE001  # it must not keep the others from their turn
            # In words, for whoever finds the message in the dead-letter queue.
            services.telemetry.failure(f"feed {message.feed} {message.id}", error)
            first = first or error
            failed.append(message.id)
            groups |= {message.group} - {""}
    if first is not None and not in_part:
        raise first
    return failed


def _take(message: Message, services: Services) -> None:
    """Hand a message to every source that is fed by its carrier. Raises the first refusal, after all had it."""
    sources = [source for source in services.sources.values() if source.feed and source.feed == message.feed]
    if not sources:
        raise SourceNotFound(f"No source has the feed {message.feed[:200]!r}.")
    refusal: VerihookError | None = None
    for source in sources:
        trace = Trace(message.id, services.clock.now_ms(), source.name)
        try:
            take(source, _arrival(source, message), services, trace)
            trace.status = 202
        except Duplicate as error:
            # The source refuses what was there before; to bring it again would not help.
            trace.outcome, trace.reason, trace.status = "duplicate", error.code, error.status
        except VerihookError as error:
            note(error, trace)
            trace.status = error.status
            refusal = refusal or error
        _tell(trace, services)
    if refusal is not None:
        raise refusal


def _tell(trace: Trace, services: Services) -> None:
    trace.duration_ms = services.clock.now_ms() - trace.received_at
    if trace.reason is not None:
        services.observer.rejected(trace)
    if trace.changed:
        services.observer.changed(trace)
    services.telemetry.delivery(trace)


def _arrival(source: Source, message: Message) -> Arrival:
    """The event of a message; a sender's event is the same one whatever carries it, so its own words come first."""
    body, carrier = opened(message.text, parse_json(message.text, "The message"))
    request = Request("POST", "/", "", message.attributes, b"", message.id)
    kind = event_type(source.sender.places, request, body)
    return Arrival(body.content, body.text, _number(source, request, body, carrier), kind or carrier.type)


def _number(source: Source, request: Request, body: Body, carrier: Carrier) -> str | None:
    """The event's id: a CloudEvent's own, else the sender's, else the carrier's. None if the body is the identity."""
    places = source.sender.places
    placed = places.id.read(request, body.content) if places.id is not None else None
    if body.id is not None and (placed is None or not cloudevents.has_id(body, str(placed))):
        return body.id
    if placed is not None:
        # Both say the same id, or there is no CloudEvent: it is the id that the event has over HTTP.
        return event_id(places, request, replace(body, id=None))
    return None if source.by_body else carrier.id or request.request_id


def opened(text: str, content: Any, depth: int = 0) -> tuple[Body, Carrier]:
    """A message without the envelopes of SNS, EventBridge and CloudEvents around it, and what the innermost says.

    ``content`` is the parsed text. Raises EventMalformed and UnsupportedMediaType.
    """
    if depth > _MAX_ENVELOPES:
        raise EventMalformed("The message is in too many envelopes.")
    if cloudevents.is_event(content):
        return cloudevents.body_of(content), Carrier()
    if _has(content, _SNS) and content["Type"] == "Notification":
        inner = str(content["Message"])
        body, carrier = opened(inner, parse_json(inner, "The message of the topic"), depth + 1)
        return body, carrier if carrier.id else Carrier(str(content["MessageId"]))
    if _has(content, _EVENTBRIDGE):
        detail = content["detail"]
        body, carrier = opened(_written(detail), detail, depth + 1)
        return body, carrier if carrier.id else Carrier(str(content["id"]), str(content["detail-type"]))
    return Body(text, content), Carrier()


def _written(content: object) -> str:
    try:
        return json_text(content)
    except RecursionError:
        raise EventMalformed("The message is nested too deep.") from None


def _has(content: object, members: tuple[str, ...]) -> bool:
    return isinstance(content, dict) and all(name in content for name in members)


def _messages(event: Mapping[str, Any]) -> tuple[list[Message], bool]:
    """The messages, and whether some of them alone can be asked for again."""
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
                'The rule does not say which it is: give its target the input template {"feed": <aws.events.rule-arn>, '
                '"event": <aws.events.event.json>}.'
            )
    raise RequestInvalid("The event is none of SQS, SNS, EventBridge or a state machine.")


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
    return Message(str(notification["MessageId"]), topic, _written(notification), attributes)


def _of_rule(feed: str, event: object) -> Message:
    if not _has(event, _EVENTBRIDGE) or not isinstance(event, dict):
        raise EventMalformed("The event of the rule has not the members of an EventBridge event.")
    return Message(str(event["id"]), feed, _written(event))


def _texts(attributes: Mapping[str, Any], member: str) -> Iterator[tuple[str, str]]:
    for name, attribute in attributes.items():
        if isinstance(attribute, dict) and isinstance(attribute.get(member), str):
            yield name.lower(), attribute[member]
