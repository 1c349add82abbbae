"""JSON, read strictly (RFC 8259): no NaN, nothing infinite.

What was sent is verified before it is parsed. Where a signature stands in the body, or covers members of it,
:func:`read_object` reads it before: no member twice, no lone surrogate, because two readers would choose differently
between two members of one name: https://www.rfc-editor.org/rfc/rfc8259#section-4
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any, TypeVar

from verihook.errors import BodyTooLarge, EventMalformed, RecordDamaged, SignatureError

T = TypeVar("T")

#: More values, an array or object counting as one, are not taken. Made whole they stay below 150 MB.
MAX_VALUES = 500_000

# A text, or the beginning of one, which is passed over (possessive: it costs no memory, and no second look), or what is
# followed by one more value: a comma, and the beginning of an array or object that is not empty.
_NEXT = re.compile(r'"(?:[^"\\]++|\\.?)*+"?|(,|[\[{](?!\s*[\]}]))', re.DOTALL)

#: Longer texts are not parsed, in bytes. No sender's comes near it.
MAX_JSON = 1_048_576


def parse_sent(text: str, what: str) -> Any:
    """What :func:`parse_json` gives, of a text that was sent. Raises BodyTooLarge before it makes too many values."""
    check_size(text, what)
    return parse_json(text, what)


def parse_json(text: str, what: str) -> Any:
    """Strict JSON (RFC 8259): no NaN, nothing infinite. Raises EventMalformed that begins with ``what``."""
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise EventMalformed(f"{what} is not JSON: {error.msg} at character {error.pos}.") from None
    except ValueError as error:
        raise EventMalformed(f"{what} is not JSON: {str(error)[:100]}.") from None
    except RecursionError:
        raise EventMalformed(f"{what} is nested too deep.") from None


def parse_kept(text: str, what: str, shape: Callable[[Any], T]) -> T:
    """``shape`` of JSON that we had kept ourselves. Raises RecordDamaged that begins with ``what``, never a refusal."""
    try:
        return shape(parse_json(text, what))
    except (EventMalformed, TypeError, ValueError, LookupError, AttributeError) as error:
        raise RecordDamaged(f"{what} cannot be read, it is damaged: {type(error).__name__}: {error}") from error


def decoded(body: bytes) -> str:
    """A body as text. Raises EventMalformed if it is not UTF-8."""
    try:
        # A byte order mark may be ignored rather than refused: RFC 8259 section 8.1.
        return body.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise EventMalformed(f"The body is not UTF-8: byte {error.start}.") from None


def check_size(text: str, what: str) -> None:
    """Raises BodyTooLarge, which begins with ``what``, if ``text`` has more values than :data:`MAX_VALUES`."""
    # Enough for nearly every body: a value has a character at least, and with what stands inside of texts there are
    # never fewer.
    if len(text) < MAX_VALUES or text.count(",") + text.count("[") + text.count("{") < MAX_VALUES:
        return
    values = 1
    for found in _NEXT.finditer(text):
        values += found.lastindex is not None
        if values > MAX_VALUES:
            raise BodyTooLarge(f"{what} has more than {MAX_VALUES:,} values; deliver less, or in several.")


def read_object(text: bytes, reason: str = "body-is-not-json") -> dict[str, Any]:
    """The JSON object in UTF-8 ``text``. Raises SignatureError ``reason``, for any bytes."""
    if len(text) > MAX_JSON:
        raise SignatureError("body-too-long-for-its-scheme")
    try:
        content = _UNPROVEN.decode(text.decode())
        if not isinstance(content, dict):
            raise SignatureError(reason)
        # A lone surrogate is spelled with an escape and has no bytes to verify.
        if b"\\u" in text:
            json.dumps(content, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        # ValueError: not UTF-8, not JSON, a number with thousands of digits, or one of ours below.
        raise SignatureError(reason) from None
    return content


def member(content: object, path: tuple[str, ...]) -> object:
    """The value at a path of member names, None where there is none."""
    for name in path:
        if not isinstance(content, dict):
            return None
        content = content.get(name)
    return content


def text_member(content: object, path: tuple[str, ...], reason: str) -> str:
    """The ASCII text at a path; a whole number as its decimal digits. Raises SignatureError ``reason``."""
    value = member(content, path)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18:
        value = str(value)
    if not isinstance(value, str) or not value.isascii():
        raise SignatureError(reason)
    return value


def split_path(path: str) -> tuple[str, ...]:
    """A path as a sender's TOML writes it, ``signature.token``; () for ""."""
    return tuple(path.split(".")) if path else ()


def finite(text: str) -> float:
    """A number from its JSON text. Raises ValueError for 1e999: it is JSON, but what we made of it would be none."""
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"the number {text[:20]} is too large")
    return number


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def _no_member_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError("a member stands twice")
    return content


_DECODER = json.JSONDecoder(parse_constant=_no_constant, parse_float=finite)
_UNPROVEN = json.JSONDecoder(parse_constant=_no_constant, object_pairs_hook=_no_member_twice)
