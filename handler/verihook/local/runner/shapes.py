"""JSON of a state as the parameters of a call of AWS, and the answer as JSON, by the service's own model."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from verihook.local.states.data import text_of

#: How a member's name is shown.
Names = Callable[[str], str]


def parameters(shape: Any, value: Any, names: Names, *, json_texts: bool) -> Any:
    """Return what boto3 takes. ``json_texts``: an object for a text is sent as JSON, as optimized integrations do.

    ``shape``: botocore's, None for an action without parameters. What is of another type is left to botocore. Raises
    ValueError for a member that the shape has not.
    """
    kind = "" if shape is None else shape.type_name
    if kind == "structure" and isinstance(value, dict) and not shape.is_document_type:
        return _structure(shape, value, names, json_texts=json_texts)
    if kind == "list" and isinstance(value, list):
        return [parameters(shape.member, each, names, json_texts=json_texts) for each in value]
    if kind == "map" and isinstance(value, dict):
        return {key: parameters(shape.value, each, names, json_texts=json_texts) for key, each in value.items()}
    if kind == "blob" and isinstance(value, str):
        return _bytes(value)
    if kind == "string" and json_texts and isinstance(value, dict | list):
        return text_of(value)
    return value


def _structure(shape: Any, value: dict[str, Any], names: Names, *, json_texts: bool) -> dict[str, Any]:
    members = {names(name): name for name in shape.members}
    payload, made = shape.serialization.get("payload"), {}
    for name, given in value.items():
        if name not in members:
            raise ValueError(f"The field '{name}' is not supported by Step Functions")
        member = shape.members[members[name]]
        if members[name] == payload and member.type_name == "blob":  # the body of the request: a text, or JSON
            made[members[name]] = (given if isinstance(given, str) else text_of(given)).encode()
        else:
            made[members[name]] = parameters(member, given, names, json_texts=json_texts)
    return made


def answer(shape: Any, value: Any, names: Names) -> Any:
    """Return JSON data for what boto3 gave: times as texts, bytes in base64, the body of an object as a text."""
    if shape is None:
        return {}
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict) and not shape.is_document_type:
        members = shape.members
        return {names(name): answer(members[name], each, names) for name, each in value.items() if name in members}
    if kind == "list" and isinstance(value, list):
        return [answer(shape.member, each, names) for each in value]
    if kind == "map" and isinstance(value, dict):
        return {key: answer(shape.value, each, names) for key, each in value.items()}
    if kind == "blob" and hasattr(value, "read"):
        return value.read().decode("utf-8", "replace")
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return _time(value) if isinstance(value, datetime) else value


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise ValueError("bytes must be given in base64") from None


def _time(value: datetime) -> str:
    written = value.astimezone(UTC).isoformat(timespec="milliseconds" if value.microsecond else "seconds")
    return written.replace("+00:00", "Z")
