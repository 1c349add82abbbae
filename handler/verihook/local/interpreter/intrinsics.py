"""The intrinsic functions of state machines, each with AWS's limits and none larger than a state's data may be.

moto's ``States.Format`` is Python's ``str.format``, by which an input reads our objects and takes a gigabyte, and its
``States.ArrayRange`` is built before it is counted.
https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import random
import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from verihook.local.interpreter.validation import MAX_INPUT
from verihook.strict_json import parse

#: AWS's limits: of items that ArrayRange makes, of characters that Base64* and Hash take, of MathAdd's numbers.
MAX_ITEMS = 1000
MAX_CHARACTERS = 10_000
MAX_NUMBER = 2**31

_HASHES = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}

#: An escaped brace or backslash, or the place of an argument.
_PLACE = re.compile(r"\\([{}\\'])|\{\}")


class IntrinsicError(Exception):
    """States.IntrinsicFailure: the arguments are none that the function takes."""


def call(name: str, arguments: list[Any]) -> Any:
    """The value of ``States.<name>``. Raises IntrinsicError."""
    try:
        return _FUNCTIONS[name](*arguments)
    except (TypeError, ValueError, KeyError, LookupError, OverflowError, RecursionError, binascii.Error) as error:
        raise IntrinsicError(f"Invalid arguments in States.{name}: {str(error)[:200]}") from None


def _kind(value: Any, kind: type, what: str) -> Any:
    if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
        raise ValueError(f"{what} is not a {kind.__name__}")
    return value


def _whole(value: Any) -> int:
    """A number, rounded as AWS does, and within its bounds."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not -MAX_NUMBER <= value < MAX_NUMBER:
        raise ValueError(f"a number from {-MAX_NUMBER} to {MAX_NUMBER - 1} is wanted")
    return round(value)


def _short(text: Any) -> str:
    if len(_kind(text, str, "the argument")) > MAX_CHARACTERS:
        raise ValueError(f"more than {MAX_CHARACTERS} characters")
    return str(text)


def _joined(parts: Iterator[str]) -> str:
    """The parts as one text, of which no more is made than a state's data may have."""
    kept, size = [], 0
    for part in parts:
        kept.append(part)
        size += len(part)
        if size > MAX_INPUT:
            raise ValueError(f"the text has more than {MAX_INPUT} characters")
    return "".join(kept)


def _format(template: Any, *values: Any) -> str:
    rest = iter(values)

    def parts() -> Iterator[str]:
        end = 0
        for place in _PLACE.finditer(_kind(template, str, "the template")):
            yield template[end : place.start()]
            end = place.end()
            if place[1]:
                yield place[1]
            else:
                yield from _written(next(rest, _MISSING))
        yield template[end:]

    text = _joined(parts())
    if next(rest, _MISSING) is not _MISSING:
        raise ValueError("more arguments than {}")
    return text


_MISSING: Any = object()


def _written(value: Any) -> Iterator[str]:
    """A value within a text: ``{Arg1=1, Arg2=[]}``."""
    if value is _MISSING:
        raise ValueError("fewer arguments than {}")
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield "["
        for number, item in enumerate(value):
            yield ", " if number else ""
            yield from _written(item)
        yield "]"
    elif isinstance(value, dict):
        yield "{"
        for number, (name, item) in enumerate(value.items()):
            yield f"{', ' if number else ''}{name}="
            yield from _written(item)
        yield "}"
    else:
        yield json.dumps(value)


def _string_to_json(text: Any) -> Any:
    return parse(_kind(text, str, "the argument")) if text is not None and str(text).strip() else None


def _json_to_string(value: Any) -> str:
    return _joined(json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).iterencode(value))


def _array(*values: Any) -> list[Any]:
    return list(values)


def _array_partition(array: Any, size: Any) -> list[list[Any]]:
    if (step := _whole(size)) < 1:
        raise ValueError("the size is at least 1")
    return [array[start : start + step] for start in range(0, len(_kind(array, list, "the array")), step)]


def _array_contains(array: Any, value: Any) -> bool:
    wanted = _json_to_string(value)
    return any(_json_to_string(item) == wanted for item in _kind(array, list, "the array"))


def _array_range(first: Any, last: Any, step: Any) -> list[int]:
    if not (by := _whole(step)):
        raise ValueError("the step is not 0")
    found = range(_whole(first), _whole(last) + (1 if by > 0 else -1), by)
    if len(found) > MAX_ITEMS:
        raise ValueError(f"more than {MAX_ITEMS} items")
    return list(found)


def _array_get_item(array: Any, index: Any) -> Any:
    if not 0 <= (at := _whole(index)) < len(_kind(array, list, "the array")):
        raise ValueError(f"the array has no item {at}")
    return array[at]


def _array_length(array: Any) -> int:
    return len(_kind(array, list, "the array"))


def _array_unique(array: Any) -> list[Any]:
    found: dict[str, Any] = {}
    for item in _kind(array, list, "the array"):
        found.setdefault(_json_to_string(item), item)
    return list(found.values())


def _base64_encode(text: Any) -> str:
    return base64.b64encode(_short(text).encode()).decode()


def _base64_decode(text: Any) -> str:
    return base64.b64decode(_short(text), validate=True).decode()


def _hash(text: Any, algorithm: Any) -> str:
    return hashlib.new(_HASHES[algorithm], _short(text).encode(), usedforsecurity=False).hexdigest()


def _json_merge(first: Any, second: Any, deep: Any) -> dict[str, Any]:
    if _kind(deep, bool, "the third argument"):
        raise ValueError("only shallow merging is supported: the third argument is false")
    return {**_kind(first, dict, "the first argument"), **_kind(second, dict, "the second argument")}


def _math_random(start: Any, end: Any, seed: Any = None) -> int:
    source = random.Random(None if seed is None else _whole(seed))  # noqa: S311  # as AWS's: not for secrets
    return source.randrange(_whole(start), _whole(end))


def _math_add(first: Any, second: Any) -> int:
    return _whole(first) + _whole(second)


def _string_split(text: Any, delimiters: Any) -> list[str]:
    wanted = "".join(map(re.escape, _kind(delimiters, str, "the delimiters")))
    parts = re.split(f"[{wanted}]", _kind(text, str, "the text")) if wanted else [text]
    return [part for part in parts if part]


def _uuid() -> str:
    return str(uuid.uuid4())


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "Format": _format,
    "StringToJson": _string_to_json,
    "JsonToString": _json_to_string,
    "Array": _array,
    "ArrayPartition": _array_partition,
    "ArrayContains": _array_contains,
    "ArrayRange": _array_range,
    "ArrayGetItem": _array_get_item,
    "ArrayLength": _array_length,
    "ArrayUnique": _array_unique,
    "Base64Encode": _base64_encode,
    "Base64Decode": _base64_decode,
    "Hash": _hash,
    "JsonMerge": _json_merge,
    "MathRandom": _math_random,
    "MathAdd": _math_add,
    "StringSplit": _string_split,
    "UUID": _uuid,
}
