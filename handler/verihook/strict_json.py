"""The one place that reads JSON, strictly (RFC 8259). Each reader is named after the author of the text.

========================  ================================================  ====================================
reader                    who wrote the text                                what it raises
========================  ================================================  ====================================
:func:`parse_unverified`  a stranger: no signature is checked yet (*)       SignatureError
:func:`parse_sent`        a sender, whose signature is right                EventMalformed, BodyTooLarge
:func:`parse_request`     a caller of the API (*)                           RequestInvalid, BodyTooLarge
:func:`parse_json`        an engine, a queue or a workflow                  EventMalformed
:func:`parse_written`     an operator: a file, the command line (*)         ValueError, with line and column
:func:`parse_kept`        ourselves: a row, a document, a payload           RecordDamaged: no caller is to blame
:func:`parse`             a service that we call, or one that we emulate    ValueError
========================  ================================================  ====================================

None of them accepts NaN, or a text that is nested too deep. Those with (*) refuse an object with two members of one
name, because programs differ in which of the two they read (https://www.rfc-editor.org/rfc/rfc8259#section-4).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from verihook.errors import BodyTooLarge, EventMalformed, RecordDamaged, RequestInvalid, SignatureError

T = TypeVar("T")

#: Turns each object that was read into something else: ``object_hook`` of :class:`json.JSONDecoder`.
Hook = Callable[[dict[str, Any]], Any]

#: A text with more values than this is refused; an array or an object counts as one. So many take up to 150 MB.
MAX_VALUES = 500_000

# Matches a JSON string, or the beginning of one, to skip it (possessive quantifiers: no memory, no backtracking); or,
# as group 1, what comes before one more value: a comma, or the beginning of an array or object that is not empty.
_NEXT = re.compile(r'"(?:[^"\\]++|\\.?)*+"?|(,|[\[{](?!\s*[\]}]))', re.DOTALL)

#: Longer texts are not parsed, in bytes. No sender's comes near it.
MAX_JSON = 1_048_576


def parse(text: str | bytes, hook: Hook | None = None) -> Any:
    """Return the JSON of a text, or of its UTF-8. Raises ValueError, with a message such as "is not JSON: ..."."""
    return _read(text, _DECODER if hook is None else _decoder(object_hook=hook))


def parse_written(text: str) -> Any:
    """Return the JSON that an operator wrote. Raises ValueError as :func:`parse` does, with line and column."""
    return _read(text, _NO_MEMBER_TWICE, by_line=True)


def parse_sent(text: str, what: str) -> Any:
    """Return the JSON that a sender sent. Raises EventMalformed; BodyTooLarge if it has more than :data:`MAX_VALUES`.

    The message of either begins with ``what``.
    """
    check_size(text, what)
    return parse_json(text, what)


def parse_request(body: bytes) -> Any:
    """Return the JSON of the body of a request to the API. Raises RequestInvalid, BodyTooLarge."""
    try:
        text = _text(body)
        check_size(text, "The body")
        return _read(text, _NO_MEMBER_TWICE)
    except ValueError as error:
        raise RequestInvalid(f"The body {error}.") from None


def parse_json(text: str, what: str) -> Any:
    """Return JSON of an engine, a queue or a workflow. Raises EventMalformed, whose message begins with ``what``."""
    try:
        return _read(text, _DECODER)
    except ValueError as error:
        raise EventMalformed(f"{what} {error}.") from None


def parse_kept(text: str | bytes, what: str, shape: Callable[[Any], T]) -> T:
    """Return what ``shape`` makes of JSON that we stored. Raises RecordDamaged, whose message begins with ``what``."""
    try:
        return shape(parse(text))
    except (TypeError, ValueError, LookupError, AttributeError) as error:
        raise RecordDamaged(f"{what} cannot be read, it is damaged: {type(error).__name__}: {error}") from error


def decoded(body: bytes) -> str:
    """Return the body as text. Raises EventMalformed if it is not UTF-8."""
    try:
        return _text(body)
    except ValueError as error:
        raise EventMalformed(f"The body {error}.") from None


def check_size(text: str, what: str) -> None:
    """Raise BodyTooLarge, whose message begins with ``what``, if ``text`` has more than :data:`MAX_VALUES` values."""
    # Two cheap upper bounds, enough for nearly every body: a value has at least one character, and each but the first
    # comes after one of , [ and { (those inside of strings are counted too).
    if len(text) < MAX_VALUES or text.count(",") + text.count("[") + text.count("{") < MAX_VALUES:
        return
    values = 1
    for found in _NEXT.finditer(text):
        values += found.lastindex is not None
        if values > MAX_VALUES:
            raise BodyTooLarge(f"{what} has more than {MAX_VALUES:,} values; deliver less, or in several.")


def parse_unverified(text: bytes, reason: str = "body-is-not-json", *, ascii_alone: bool = False) -> dict[str, Any]:
    """Return the JSON object in ``text``, any bytes. Raises SignatureError ``reason`` if they are none in UTF-8.

    ``ascii_alone``: the caller signs no member that is not ASCII, so that a text cut inside an emoji does no harm.
    """
    if len(text) > MAX_JSON:
        raise SignatureError("body-too-long-for-its-scheme")
    try:
        content = _UNVERIFIED.decode(text.decode())
        if not isinstance(content, dict):
            raise SignatureError(reason)
        # A lone surrogate, which only an escape can write, has no UTF-8 that a signature could cover.
        if b"\\u" in text and not ascii_alone:
            json.dumps(content, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        # ValueError: not UTF-8, not JSON, a number with thousands of digits, or raised by a function below.
        raise SignatureError(reason) from None
    return content


def member(content: object, path: tuple[str, ...]) -> object:
    """Return the value at a path of member names, or None if there is none."""
    for name in path:
        if not isinstance(content, dict):
            return None
        content = content.get(name)
    return content


def set_member(content: dict[str, Any], path: str, value: object) -> None:
    """Put the value at a path as a sender's TOML writes it, through objects that are made if they are not there."""
    *parents, last = split_path(path)
    for name in parents:
        if not isinstance(content.get(name), dict):
            content[name] = {}
        content = content[name]
    content[last] = value


def text_member(content: object, path: tuple[str, ...], reason: str) -> str:
    """Return the ASCII text at a path, or a whole number as its digits. Raises SignatureError ``reason``."""
    value = member(content, path)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18:
        value = str(value)
    if not isinstance(value, str) or not value.isascii():
        raise SignatureError(reason)
    return value


def split_path(path: str) -> tuple[str, ...]:
    """Return the member names of a path as a sender's TOML writes it, such as ``signature.token``; () for ""."""
    return tuple(path.split(".")) if path else ()


def _read(text: str | bytes, decoder: json.JSONDecoder, *, by_line: bool = False) -> Any:
    """Return what the decoder makes of the text. Raises ValueError; with line and column if ``by_line``."""
    try:
        return decoder.decode(text if isinstance(text, str) else text.decode())
    except json.JSONDecodeError as error:
        why = f"is not JSON: {error.msg} at character {error.pos}"
        if by_line:
            why = f"line {error.lineno}, column {error.colno} is not JSON: {error.msg}"
    except UnicodeDecodeError as error:
        why = f"is not UTF-8: byte {error.start}"
    except ValueError as error:
        why = f"{'' if by_line else 'is not JSON: '}{str(error)[:100]}"
    except RecursionError:
        why = "is nested too deep"
    raise ValueError(why)


def _text(body: bytes) -> str:
    """Return the body as text. Raises ValueError, with a message, if it is not UTF-8."""
    try:
        # A byte order mark may be ignored rather than refused: RFC 8259 section 8.1.
        return body.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise ValueError(f"is not UTF-8: byte {error.start}") from None


def _finite(text: str) -> float:
    """Return a number from its JSON text. Raises ValueError for 1e999, which we could not write as JSON again."""
    number = float(text)
    # Called for each number with a fraction: two comparisons take half as long as a call of `math.isinf`.
    if not -math.inf < number < math.inf:
        raise ValueError(f"the number {text[:20]} is too large")
    return number


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def _no_member_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError(f"the member {_first_twice(pairs)[:60]!r} stands twice")
    return content


# Apart from the function above, which is called for each object: a name that a comprehension shares slows every call.
def _first_twice(pairs: list[tuple[str, Any]]) -> str:
    names = [name for name, _ in pairs]
    return next(name for at, name in enumerate(names) if name in names[:at])


_decoder = partial(json.JSONDecoder, parse_constant=_no_constant, parse_float=_finite)
_DECODER = _decoder()
_NO_MEMBER_TWICE = _decoder(object_pairs_hook=_no_member_twice)
# It reads 1e999: the signature may be right, and then parse_sent refuses the number with a message.
_UNVERIFIED = json.JSONDecoder(parse_constant=_no_constant, object_pairs_hook=_no_member_twice)
