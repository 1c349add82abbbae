"""How Dapr's clients ask: which of the two grammars, the body, the event's name, the metadata headers."""

from __future__ import annotations

from typing import Any

from fastapi import Request

from verihook.dialects import calling
from verihook.errors import RequestInvalid
from verihook.model.ports import Services
from verihook.request import media_type

NAME_MISSING = "eventName: missing workflow event name"


def is_draft(request: Request, services: Services) -> bool:
    """Whether the path is the first draft's, ``{workflowType}/{instanceId}``; the name of a component is no type's."""
    built = request.path_params.get("kind") in services.policy.dapr_components
    return not built and "instanceID" not in request.query_params


def content_of(request: Request, text: str) -> Any:
    """The body: JSON if it is some, else the text itself, as Dapr takes any bytes. None for an empty one.

    Raises EventMalformed if the body is declared to be JSON and is none.
    """
    kind = media_type(request.headers.get("content-type"))
    if kind.endswith(("/json", "+json")):
        return calling.parse_body(text)
    return calling.json_or_text(text)


def draft_event(request: Request, content: Any) -> tuple[str, Any]:
    """Name and payload of an event whose path has no name: from ``?eventName=``, the body, or a CloudEvent's type.

    Raises RequestInvalid if there is none.
    """
    name = request.query_params.get("eventName")
    if name:
        return name, content
    if isinstance(content, dict) and isinstance(content.get("eventName"), str):
        return content["eventName"], content.get("eventData")
    name = request.headers.get("ce-type")
    if name:
        return name, content
    raise RequestInvalid(NAME_MISSING)


def metadata_of(request: Request) -> dict[str, str]:
    """The pairs in the ``dapr-workflow-metadata`` headers, written as cookies are: ``key=value; key2=value2``.

    A comma parts them too: it is how repeated headers are joined on the way. Raises RequestInvalid for what is no pair.
    """
    pairs: dict[str, str] = {}
    for header in request.headers.getlist("dapr-workflow-metadata"):
        for part in header.replace(",", ";").split(";"):
            key, equals, value = (text.strip() for text in part.partition("="))
            if not part.strip():
                continue
            if not (key and equals):
                raise RequestInvalid("dapr-workflow-metadata: write key=value; key2=value2.")
            pairs[key] = value
    return pairs
