"""The words for a state machine that is refused at load: the file, the place in it, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from verihook.errors import ConfigurationError
from verihook.local.states.errors import Refused
from verihook.strict_json import parse_written


def check_text(name: str, asl: str) -> None:
    """Raise ConfigurationError if the text is no JSON, or a Resource in it lacks its substitution."""
    try:
        definition = parse_written(asl)
    except ValueError as error:
        raise ConfigurationError(f"{name}.asl.json", "", str(error)) from error
    for place, resource in _resources(definition, ""):
        if "${" in resource:
            mend = f"{resource} is a substitution without a value; give it one"
            raise ConfigurationError(f"{name}.asl.json", place, mend)
        if resource.startswith("arn:aws:states:::http:"):
            mend = "an HTTP Task calls through an EventBridge connection, which is in AWS alone"
            raise ConfigurationError(f"{name}.asl.json", place, mend)


def refusal(name: str, refused: Refused) -> ConfigurationError:
    """Return the error for a definition that AWS would not create."""
    first, *more = refused.diagnostics
    place = ".".join(first.location.split("/")[1:]) if first.location.startswith("/") else ""
    others = f" ({len(more)} more in this file)" if more else ""
    return ConfigurationError(f"{name}.asl.json", place, f"{first.message} [{first.code}]{others}")


def _resources(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            at = f"{place}.{key}" if place else key
            if key == "Resource" and isinstance(inner, str):
                yield at, inner
            else:
                yield from _resources(inner, at)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _resources(inner, f"{place}[{number}]")
