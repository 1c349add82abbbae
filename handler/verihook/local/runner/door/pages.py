"""Answers, and the pages of long ones."""

from __future__ import annotations

from typing import Any

from verihook.local.runner.door.validation import ApiError, optional_text

Answer = dict[str, Any]


def present(**values: object) -> Answer:
    """The members that have a value."""
    return {key: value for key, value in values.items() if value is not None}


def page(parameters: dict[str, Any]) -> tuple[int, int]:
    """(offset, size) from nextToken and maxResults, of which 0 or nothing means 100."""
    token = optional_text(parameters, "nextToken") or "0"
    if not (token.isascii() and token.isdigit()):
        raise ApiError("InvalidToken", f"Invalid Token: '{token}'")
    return int(token), min(int(parameters.get("maxResults") or 100), 1000)


def paged(key: str, items: list[Any], start: int, size: int) -> Answer:
    """``items`` holds one more than the page if there is a next one."""
    return {key: items[:size]} | present(nextToken=str(start + size) if len(items) > size else None)
