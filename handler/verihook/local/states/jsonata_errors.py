"""What AWS says of a JSONata expression that fails: code and words of the reference, whose inserts are JSON.

https://docs.jsonata.org ; the sentence around them was seen at AWS: ``. CODE: words`` or, without a code, ``: words``.
"""

from __future__ import annotations

import re
from typing import Any

from verihook.local.states.data import text_of

#: What a bound of ours, in place of AWS's, says.
TOO_DEEP = "Stack overflow error: Check for non-terminating recursive function. Consider rewriting as tail-recursive"
TOO_LONG = "Expression evaluation timeout: Check for infinite loop"
TOO_LARGE = "Expression evaluation memory limit exceeded: Check for excessive memory usage"

_INSERT = re.compile(r"\{\{(\{?)\w+\}\}\}?")
_SUBTYPES = {"a": "arrays", "b": "booleans", "f": "functions", "n": "numbers", "o": "objects", "s": "strings"}


class Bounded(Exception):
    """An expression takes more than it may."""


def raised(code: str, *inserts: Any) -> Exception:
    """Return the library's error of a code; the inserts are those of its words, in their order."""
    from jsonata.jexception import JException  # type: ignore[import-untyped]  # the package has no types

    return JException(code, -1, *inserts)  # type: ignore[no-any-return]


def said(error: Exception) -> tuple[str | None, str]:
    """Return the code, None if there is none, and the words of what an evaluation or the parser has raised."""
    from jsonata.jexception import JException

    if isinstance(error, RecursionError):
        return None, TOO_DEEP
    code: str | None = getattr(error, "error", None) if isinstance(error, JException) else None
    template = JException.error_codes.get(code)
    if template is not None:
        return code, _filled(template, _inserts(error))
    words = code or str(error) or type(error).__name__
    # Some of the library's errors have the words of a code, but not the code.
    return next((code for code, text in JException.error_codes.items() if _words(text) == words), None), words


def _inserts(error: Any) -> list[Any]:
    given = [error.current, error.expected, error.extra]
    if error.error == "T0412":
        return [*given[:2], _SUBTYPES.get(given[2], given[2])]
    if error.error in {"T0411", "D1002"}:  # the library has these after something else
        return given[1:]
    return [error.location] if error.error == "D3100" else given


def _words(template: str) -> str:
    """The reference's: the library has Object for function, and other quotation marks."""
    return template.replace("Object", "function").replace('"', "'")


def _filled(template: str, inserts: list[Any]) -> str:
    """The words with each insert as JSON, or as it is in three braces."""
    left = iter(inserts)

    def written(place: re.Match[str]) -> str:
        insert = next(left, None)
        if place[1] and isinstance(insert, str):
            return insert
        try:
            return text_of(insert)
        except (TypeError, ValueError):
            return text_of(str(insert))

    return _INSERT.sub(written, _words(template))
