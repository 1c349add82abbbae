"""Parses the body of a delivery, after it was verified and never before."""

from __future__ import annotations

import json

from verihook.errors import EventMalformed, UnsupportedMediaType
from verihook.request import FORM, Request, json_text, media_type
from verihook.senders.event import Body, EventPlaces
from verihook.senders.form import form_fields
from verihook.strict_json import decoded, parse_sent

# The body may be JSON all the same: curl declares everything that it sends as a form.
_NEITHER = f"The body is neither JSON nor a URL-encoded form: send JSON as application/json, or a form as {FORM}."


def parse_as(places: EventPlaces, request: Request) -> Body:
    """The body of a verified delivery, read as its sender or its source says. Raises as :func:`parse` does."""
    if places.body == "json":
        return parse(request, places.form_field, places.envelope)
    # Imported here, too: few sources need them.
    if places.token:
        from verihook.senders.token_body import parse_token

        return parse_token(request, places.token)
    from verihook.senders import formats

    if places.body != "raw":
        _check_coding(request)
    content = formats.read(places.body, request)
    if places.body == "form" and isinstance(content.get(places.form_field), str):
        text = content[places.form_field]
        return Body(text, parse_sent(text, f"The field {places.form_field}"))
    return Body(json_text(content), content)


def parse(request: Request, form_field: str = "", envelope: str = "") -> Body:
    """The JSON body of a verified delivery; of ``envelope`` see :class:`~verihook.senders.event.EventPlaces`.

    Raises EventMalformed (not UTF-8, not JSON, too deep), BodyTooLarge (too many values) and UnsupportedMediaType.
    """
    kind = media_type(request.header("content-type"))
    _check_coding(request)
    if kind.startswith("multipart/"):
        raise UnsupportedMediaType("Content-Type multipart: send JSON, or a URL-encoded form.")
    if envelope:
        # Imported here: few sources need it.
        from verihook.senders.cloudevents import read

        return read(request)
    text = decoded(request.body)
    if kind == FORM and not text.lstrip().startswith(("{", "[")):
        text = _json_of_form(text, form_field)
    return Body(text, parse_sent(text, "The body"))


def _check_coding(request: Request) -> None:
    coding = (request.header("content-encoding") or "identity").strip().lower()
    if coding != "identity":
        raise UnsupportedMediaType(f"Content-Encoding {coding[:40]!r}: send the body as it is, not compressed.")


def _json_of_form(text: str, form_field: str) -> str:
    """The JSON in the sender's form field, else the fields as an object (a repeated field as an array)."""
    try:
        pairs = form_fields(text, 1000, strict=True)
    except ValueError:
        raise EventMalformed(_NEITHER) from None
    fields: dict[str, str | list[str]] = {}
    for name, value in pairs:
        before = fields.get(name)
        fields[name] = value if before is None else [*([before] if isinstance(before, str) else before), value]
    inner = fields.get(form_field) if form_field else None
    return inner if isinstance(inner, str) else json.dumps(fields)
