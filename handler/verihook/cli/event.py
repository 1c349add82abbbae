"""``verihook event SOURCE FILE``: the Lambda event in which AWS would hand a delivery to a function, freshly signed."""

from __future__ import annotations

import argparse
import json
import time
import uuid
from typing import Any

from verihook.cli.lambda_shapes import FEEDS, HTTP, Carried
from verihook.cli.send import add_delivery_options, add_source_options, cannot_send, find_source, signed_request
from verihook.errors import ConfigurationError
from verihook.model.source import Source
from verihook.request import Request
from verihook.strict_json import parse

_ABOUT = """\
what AWS hands to a function, for sam local invoke, sam remote invoke and the consoles' test events:

  verihook event orders examples/order.json > event.json
  sam local invoke Receiver -e event.json

Shapes of HTTP go to Receiver and Api, those of messages to Feeds. A signature with a time is good for some minutes."""

#: A CloudEvent over HTTP, structured; its source's sender has to read it.
_CLOUDEVENTS = "cloudevents"

SHAPES = (*HTTP, *FEEDS, _CLOUDEVENTS)


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser("event", help="print the Lambda event of a signed delivery", epilog=_ABOUT)
    add_delivery_options(parser)
    parser.add_argument("--shape", choices=SHAPES, default="function-url", help="what brings it; default function-url")
    add_source_options(parser)
    parser.set_defaults(command=_print)


def _print(options: argparse.Namespace) -> int:
    source = find_source(options)
    now, id = int(time.time()), str(uuid.uuid4())
    try:
        event = _event(source, options, id, now)
    except ValueError as error:
        raise cannot_send(source, options.hooks.name, f"--shape {options.shape}: {error}") from error
    print(json.dumps(event, indent=2, ensure_ascii=False))
    return 0


def _event(source: Source, options: argparse.Namespace, id: str, now: int) -> dict[str, Any]:
    """Return the event. Raises ConfigurationError; ValueError, in words, if the shape cannot carry the delivery."""
    if options.shape in FEEDS:
        shape, begins = FEEDS[options.shape]
        if not source.feed.startswith(begins):
            mend = f"must be an ARN that begins with {begins}, as --shape {options.shape} is brought by that"
            raise ConfigurationError(options.hooks.name, f"sources.{source.name}.feed", mend)
        request = signed_request(source, options)
        return shape(Carried(request, id, now, source.feed, _about(source, request)))
    wrap = None
    if options.shape == _CLOUDEVENTS:
        if source.sender.places.envelope != _CLOUDEVENTS:
            raise ValueError(f"{source.sender.id} sends no CloudEvents; the sender cloudevents does")
        wrap = _cloud_event
    return HTTP.get(options.shape, HTTP["function-url"])(Carried(signed_request(source, options, wrap), id, now))


def _about(source: Source, request: Request) -> tuple[tuple[str, str], ...]:
    """The headers in which the sender says type and id: messages have them as attributes."""
    places = source.sender.places
    named = [each.header for place in (places.type, places.id) if place for each in place.each if each.header]
    return tuple((name, value) for name in named if (value := request.header(name)) is not None)


def _cloud_event(body: bytes, id: str, kind: str) -> tuple[bytes, str]:
    """Return the structured CloudEvent with a JSON body as its data, and its content type. Raises ValueError."""
    event = {"specversion": "1.0", "id": id, "source": "/verihook/event", "type": kind}
    return json.dumps({**event, "data": parse(body)}).encode(), "application/cloudevents+json"
